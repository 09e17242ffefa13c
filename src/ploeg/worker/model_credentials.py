"""What a runtime's agent may know of its model's account: the one credential that is meant for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile

from ploeg.domain.account import ACCOUNT_NAME, Account, Purse, Seat
from ploeg.domain.errors import Invalid
from ploeg.settings import Settings

CLAUDE = "claude"
API_KEY_PREFIX = "sk-ant-api"
API_KEY = "ANTHROPIC_API_KEY"
SUBSCRIPTION = "CLAUDE_CODE_OAUTH_TOKEN"


def accounts(settings: Settings, runtimes: Iterable[str]) -> tuple[Account, ...]:
    """Those that the settings name, in their order. `Invalid` for a setting that cannot be read as accounts."""
    if CLAUDE not in set(runtimes):
        return ()
    return tuple(_account(settings, name) for name in _files(settings))


def for_seat(settings: Settings, seat: Seat) -> dict[str, str]:
    """Environment variables for that account, read anew each time, so that a new sign-in counts at once."""
    if seat.runtime != CLAUDE:
        return {}
    given = {}
    if settings.claude_base_url:
        given["ANTHROPIC_BASE_URL"] = settings.claude_base_url
    path = _files(settings).get(seat.account)
    if path is not None:
        token = _secret(path)
        given[API_KEY if token.startswith(API_KEY_PREFIX) else SUBSCRIPTION] = token
    elif seat.account:
        raise Invalid("claude_accounts", seat.account, "there is no such account any more")
    return given


def purse(credentials: Mapping[str, str]) -> Purse | None:
    """What pays for a job with these; None: something behind the base URL that does not say."""
    if API_KEY in credentials:
        return Purse.API_KEY
    return Purse.SUBSCRIPTION if SUBSCRIPTION in credentials else None


def secrets(credentials: Mapping[str, str]) -> list[str]:
    """Those of the values that must never be shown."""
    return [value for name, value in credentials.items() if not name.endswith("_URL")]


def token_file(settings: Settings, account: str) -> Path:
    """Where that account's token belongs; `Invalid` where the settings name no such account."""
    files = _files(settings)
    if account not in files:
        known = ", ".join(name for name in files if name)
        remedy = f"use one of {known}" if known else "name a file in claude_token_file first"
        raise Invalid("account", account, remedy)
    return files[account]


def keep(path: Path, token: str) -> None:
    """Puts a new token in its file at once and whole, for its owner alone to read."""
    token = token.strip()
    if not token or not token.isprintable() or " " in token:
        raise Invalid("token", "…", "give one token and nothing else")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            file.write(token + "\n")
        Path(file.name).replace(path)
    except OSError as error:
        raise Invalid("token", str(path), f"it cannot be written: {error.strerror}") from None


def how_to_sign_in(settings: Settings, seat: Seat) -> str | None:
    """The commands that mend a sign-in that ran out, to be typed on the worker's machine; None: nobody knows any."""
    if seat.runtime != CLAUDE:
        return None
    if seat.account not in _files(settings):
        return "name a file in the setting claude_token_file, and run `ploeg worker sign-in`"
    command = " ".join(filter(None, ("ploeg worker sign-in", seat.account)))
    if _account(settings, seat.account).purse is Purse.API_KEY:
        return f"run `{command}` on {settings.effective_worker_name} with a new API key"
    return f"run `claude setup-token`, then `{command}` on {settings.effective_worker_name} with the token it prints"


def _files(settings: Settings) -> dict[str, Path]:
    """Where each account's token is, by its name."""
    if not settings.claude_accounts:
        return {"": _path(settings.claude_token_file)} if settings.claude_token_file else {}
    if settings.claude_token_file:
        raise Invalid("claude_token_file", settings.claude_token_file, "give it a name in claude_accounts instead")
    files: dict[str, Path] = {}
    for said in settings.claude_accounts:
        name, separator, path = said.partition("=")
        if not (separator and path and ACCOUNT_NAME.fullmatch(name)) or name in files:
            raise Invalid("claude_accounts", said, "write a name of its own and a file, e.g. main=/run/secrets/claude")
        files[name] = _path(path)
    return files


def _path(text: str) -> Path:
    return Path(text).expanduser()


def _account(settings: Settings, name: str) -> Account:
    try:
        pays = purse(for_seat(settings, Seat(CLAUDE, name)))
    except Invalid:
        pays = None
    return Account(runtime=CLAUDE, name=name, purse=pays)


def _secret(path: Path) -> str:
    try:
        token = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid("token", str(path), f"it cannot be read: {error}") from None
    if not token or "\n" in token:
        raise Invalid("token", str(path), "it must hold one token and nothing else")
    return token
