"""What a command runs with: the settings, the sign-in, the server, the product that is meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from ploeg.cli.client import Client, path
from ploeg.credentials import sign_in
from ploeg.settings import Settings, load


def current_settings(**overrides: Any) -> Settings:
    """The settings in force for this command; `overrides` are its own flags, and win where they are not None."""
    given = click.get_current_context().find_root().params
    return load(overrides={"home": given.get("home"), "server_url": given.get("server")} | overrides)


def signed_in() -> Client:
    """The server, with this person's token. `Unauthenticated` when there is none for it."""
    who = sign_in(current_settings(), "token")
    return Client(who.url, who.token)


def the_product(client: Client, given: str | None) -> str:
    """The product named, or the only one there is."""
    if given:
        return given
    codes = [str(product["code"]) for product in client.get("/products")["items"]]
    if len(codes) == 1:
        return codes[0]
    remedy = f"say which one: {', '.join(codes)}" if codes else "there is none yet; add one with `ploeg product add`"
    raise click.BadParameter(remedy, param_hint="-p/--product")


def only_product(client: Client) -> str | None:
    """The product, if there is just one to work on."""
    codes = [str(product["code"]) for product in client.get("/products")["items"] if product["role"] != "viewer"]
    return codes[0] if len(codes) == 1 else None


def item(kind: str, reference: str, product: str | None) -> str:
    """The path of a backlog item, story or task; `product` tells its code apart from another product's."""
    qualified = f"{product}:{reference}" if product and ":" not in reference and "_" not in reference else reference
    return path(kind, qualified)


def archival(where: str, restore: bool) -> Any:
    """Archives the item of that path, or brings it back; the item as it is then."""
    client = signed_in()
    return client.delete(where + "/archival") if restore else client.put(where + "/archival")


def dependency(where: str, prerequisites: Sequence[str], remove: bool) -> dict[str, Any]:
    """Names what the item of that path needs, or takes it back; what it needs then."""
    client = signed_in()
    found: dict[str, Any] = client.get(where + "/dependencies") if not prerequisites else {}
    for prerequisite in prerequisites:
        one = where + path("dependencies", prerequisite)
        found = client.delete(one) if remove else client.put(one)
    return found
