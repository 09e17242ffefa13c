"""The sign-in of this machine's command and worker: one file with their tokens, readable by its owner alone."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, urlsplit

import msgspec

from ploeg.domain.errors import Invalid, Unauthenticated
from ploeg.settings import Settings

_REMEDIES = {
    "token": "`ploeg up` signs its own machine in, elsewhere use `ploeg login --server URL`",
    "worker_token": "on the server `ploeg token create NAME --kind worker` makes a token; name its file in "
    "PLOEG_TOKEN_FILE, and the server in PLOEG_SERVER_URL",
}


@dataclass(frozen=True, slots=True)
class SignIn:
    url: str
    token: str = field(repr=False)


def address(url: str) -> SplitResult:
    """The parts of a server's URL; `Invalid` unless it is one."""
    try:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0 and not parts.query:
            return parts
    except ValueError:
        pass
    raise Invalid("server_url", url, "give an http:// or https:// URL")


def sign_in(settings: Settings, which: Literal["token", "worker_token"]) -> SignIn:
    """The server to talk to, and the token for it: of `token_file`, else of the credentials. `Unauthenticated`."""
    kept = read(settings.credentials_path)
    url = settings.server_url.rstrip("/") or kept.get("server_url", "").rstrip("/") or settings.effective_server_url
    address(url)
    if settings.token_file:
        return SignIn(url, _from_file(settings.token_file))
    token = kept.get(which)
    if not token:
        raise Unauthenticated(f"there is no token for {url}; {_REMEDIES[which]}")
    # A token goes to no other server than the one that gave it.
    home = kept.get("server_url", url).rstrip("/")
    if home != url:
        raise Unauthenticated(f"the token at hand is for {home}, not for {url}; {_REMEDIES[which]}")
    return SignIn(url, token)


def read(path: Path) -> dict[str, str]:
    """`server_url`, `token` and, where a server runs, `worker_token`; empty when nobody has signed in."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Invalid(str(path), str(error), "mend it, or move it away and sign in again") from None


def write(path: Path, credentials: dict[str, str]) -> None:
    """Never there half, and from its first byte on readable by its owner alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(credentials), indent=2))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def secret_text(setting: str, path: Path) -> str:
    """The text of a file that nobody but its owner can read. Raises `Invalid` that names the setting."""
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            text = file.read().decode()
    except OSError as error:
        raise Invalid(setting, str(path), f"it cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise Invalid(setting, str(path), "it cannot be read (it is not text)") from None
    if open_to_others(status):
        raise Invalid(setting, str(path), "others may read it; run `chmod 600` on it")
    return text


def open_to_others(status: os.stat_result) -> bool:
    """Kubernetes mounts a secret as root's, readable by the pod's own group: that is as good as the owner's alone."""
    mounted = status.st_uid == 0 != os.geteuid()
    return bool(stat.S_IMODE(status.st_mode) & (0o037 if mounted else 0o077))


def _from_file(name: str) -> str:
    try:
        token = Path(name).expanduser().read_text("ascii").strip()
    except OSError as error:
        raise Invalid("token_file", name, f"it cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        token = ""
    if not token.isprintable() or not token:
        raise Invalid("token_file", name, "it must hold one token and nothing else")
    return token
