"""What a command runs with: the settings, the sign-in, the server, the product that is meant."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click

from ploeg.cli.client import Client, path
from ploeg.domain.errors import Invalid, Unauthenticated
from ploeg.settings import Settings, load


def current_settings(**overrides: Any) -> Settings:
    """The settings in force for this command; `overrides` are its own flags, and win where they are not None."""
    given = click.get_current_context().find_root().params
    return load(overrides={"home": given.get("home"), "server_url": given.get("server")} | overrides)


def signed_in() -> Client:
    """The server, with this person's token. `Unauthenticated` when there is none for it."""
    settings = current_settings()
    credentials = read_credentials(settings.credentials_path)
    url = settings.server_url.rstrip("/") or credentials.get("server_url") or settings.effective_server_url
    return Client(url, _token_for(url, settings, credentials))


def read_credentials(file: Path) -> dict[str, str]:
    """`server_url`, `token` and, on a server's own machine, `worker_token`; empty when nobody has signed in."""
    try:
        content = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise Invalid(str(file), str(error), "mend it, or move it away and sign in again: `ploeg login`") from None
    return {str(k): str(v) for k, v in content.items()} if isinstance(content, dict) else {}


def write_credentials(file: Path, credentials: dict[str, str]) -> None:
    """Readable by this user alone from its first byte on."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        json.dump(credentials, out, indent=2)
    beside.replace(file)


def the_product(client: Client, given: str | None) -> str:
    """The product named, or the only one there is."""
    if given:
        return given
    codes = [product["code"] for product in client.get("/products")["items"]]
    if len(codes) == 1:
        return str(codes[0])
    remedy = f"say which one: {', '.join(codes)}" if codes else "there is none yet; add one with `ploeg product add`"
    raise click.BadParameter(remedy, param_hint="-p/--product")


def item(kind: str, reference: str, product: str | None) -> str:
    """The path of a backlog item, story or task; `product` tells its code apart from another product's."""
    qualified = f"{product}:{reference}" if product and ":" not in reference and "_" not in reference else reference
    return path(kind, qualified)


def _token_for(url: str, settings: Settings, credentials: dict[str, str]) -> str:
    if settings.token_file:
        try:
            return Path(settings.token_file).expanduser().read_text("utf-8").strip()
        except OSError as error:
            raise Invalid("token_file", settings.token_file, f"it cannot be read: {error.strerror}") from None
    token = credentials.get("token")
    if not token:
        raise Unauthenticated(
            f"not signed in to {url}; `ploeg up` signs its own machine in, elsewhere use `ploeg login --server URL`"
        )
    # A token goes only to the server that gave it.
    if credentials.get("server_url", url).rstrip("/") != url:
        raise Unauthenticated(
            f"signed in to {credentials['server_url']}, not to {url}; use `ploeg login --server {url}`"
        )
    return token
