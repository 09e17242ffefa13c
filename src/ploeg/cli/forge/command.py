"""`ploeg forge`: where repositories live, and what Ploeg may do there."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from ploeg.cli import options, render
from ploeg.cli.doctor.command import show
from ploeg.cli.forge.issues import issues
from ploeg.cli.session import current_settings, signed_in
from ploeg.domain.errors import Invalid

if TYPE_CHECKING:
    from ploeg.cli.doctor.check import Check
    from ploeg.cli.forge.rounds import Case
    from ploeg.forges.place import Place
    from ploeg.forges.registry import Entry
    from ploeg.settings import Settings

_url = click.argument("url")
_push = click.option("--push/--no-push", default=True, help="Push a branch and delete it again.  [default: push]")
_pull_request = click.option("--pull-request", is_flag=True, help="Open a pull request and close it again, too.")


@click.group()
def forge() -> None:
    """Forges: where repositories live, and what Ploeg may do there.

    Those that ask a forge use the server's own file of tokens, so they run on the server's machine.

    \b
    Example:
      ploeg forge connect https://git.example.org/crew/greeter.git
    """


@forge.command()
@_url
@click.option(
    "--kind",
    type=click.Choice(("forgejo", "gitea", "github", "gitlab")),
    help="What it is, where it does not show that by itself.",
)
@click.option("--new-token", is_flag=True, help="Ask for a token although there is one.")
@click.option("--set-up/--no-set-up", default=True, help="Make the webhook and the label.  [default: set-up]")
@_push
@_pull_request
@options.as_json
def connect(url: str, kind: str | None, new_token: bool, set_up: bool, as_json: bool, **tries: bool) -> int:
    """Connect Ploeg to the forge of a repository, and say what is missing there.

    The token is asked for, or read from standard input when that is not a terminal; it is never an argument. It is
    written into the server's file of tokens once it opens the repository, and a running server takes it from there.

    \b
    Example:
      ploeg forge connect https://git.example.org/crew/greeter.git --pull-request
    """
    from ploeg.forges.registry import Entry, Forges
    from ploeg.forges.tokens import remember

    settings, place = current_settings(), _place(url)
    path = settings.forge_tokens_path
    entry = None if new_token else Forges.load(path, may_be_missing=True).entry(place.origin)
    if entry is None:
        entry = Entry(place.origin, kind or _kind_at(place), _token(place))
    settings.home_path.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = _rounds(_case(url, place, entry, settings, set_up=set_up, **tries), as_json)
    connected = not any(check.state == "failed" for check in found if check.name in {"account", "repository"})
    if connected:
        remember(path, entry)
    if as_json:
        told = {"origin": entry.origin, "kind": entry.kind, "connected": connected, "file": str(path)}
        render.emit_json(told | {"checks": [asdict(check) for check in found]})
    elif connected:
        render.say(f"{entry.origin} ({entry.kind}) is in {path}; `ploeg product edit CODE --auto-pr` has Ploeg use it")
    else:
        render.say(f"{entry.origin} is not connected", err=True)
    return 1 if any(check.state == "failed" for check in found) else 0


@forge.command()
@_url
@_push
@_pull_request
@options.as_json
def check(url: str, as_json: bool, **tries: bool) -> int:
    """Look whether a repository's forge still lets Ploeg do what it is to do. Nothing there is changed for good.

    It exits 0 when nothing is broken (warnings allowed), else 1.

    \b
    Example:
      ploeg forge check https://git.example.org/crew/greeter.git --no-push
    """
    from ploeg.forges.registry import Forges

    settings, place = current_settings(), _place(url)
    entry = Forges.load(settings.forge_tokens_path, may_be_missing=True).entry(place.origin)
    if entry is None:
        raise Invalid("url", url, f"there is no token for {place.origin}; `ploeg forge connect {url}` asks for one")
    found = _rounds(_case(url, place, entry, settings, **tries), as_json)
    if as_json:
        render.emit_json([asdict(check) for check in found])
    return 1 if any(check.state == "failed" for check in found) else 0


@forge.command("list")
@options.as_json
def list_(as_json: bool) -> None:
    """List the forges that there is a token for, and whose products are there.

    \b
    Example:
      ploeg forge list
    """
    from ploeg.forges.place import place_of

    client = signed_in()
    products: dict[str, list[str]] = {}
    for product in client.get("/products")["items"]:
        place = place_of(product["repo_url"]) if product["repo_url"] else None
        if place is not None:
            products.setdefault(place.origin, []).append(str(product["code"]))
    listed = client.get("/forges")["items"]
    found = [{**each, "products": products.get(each["origin"], [])} for each in listed]
    if as_json:
        render.emit_json(found)
        return
    rows = [(each["origin"], each["kind"], " ".join(each["products"])) for each in found]
    render.table(("forge", "kind", "products"), rows, empty="no forge; `ploeg forge connect URL` connects one")


forge.add_command(issues)


def _rounds(case: Case, as_json: bool) -> list[Check]:
    """Every check, shown as it comes; the rest is left out when the first ones fail."""
    from ploeg.cli.forge import rounds
    from ploeg.forges.base import ForgeError
    from ploeg.forges.registry import Forges

    found: list[Check] = []

    def keep(check: Check) -> None:
        found.append(check)
        if not as_json:
            show(check)

    async def ask() -> None:
        async with Forges((case.entry,)).on(case.repo_url) as there:
            async for check in rounds.essentials(case, there):
                keep(check)
            if any(check.state == "failed" for check in found):
                return
            parts = [rounds.rights, *([rounds.set_up] if case.set_up else []), *([rounds.trials] if case.push else [])]
            for part in parts:
                async for check in part(case, there):
                    keep(check)

    try:
        asyncio.run(ask())
    except ForgeError as error:
        raise Invalid("url", case.repo_url, error.reason) from None
    return found


def _case(url: str, place: Place, entry: Entry, settings: Settings, **wishes: bool) -> Case:
    from ploeg.cli.forge.rounds import Case

    return Case(entry=entry, place=place, repo_url=url, settings=settings, **wishes)


def _place(url: str) -> Place:
    from ploeg.forges.place import place_of

    place = place_of(url)
    if place is None:
        raise Invalid("url", url, "name a repository by its URL, e.g. https://git.example.org/crew/it.git")
    return place


def _kind_at(place: Place) -> str:
    from ploeg.forges.base import ForgeError
    from ploeg.forges.which import kind_at

    try:
        kind = asyncio.run(kind_at(place.origin))
    except ForgeError as error:
        raise Invalid("url", place.origin, error.reason) from None
    if kind is None:
        raise Invalid("url", place.origin, "it does not show what kind of forge it is; say so with --kind")
    return kind


def _token(place: Place) -> str:
    asked = f"Token for {place.origin}"
    token = (click.prompt(asked, hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.readline()).strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise Invalid("token", "…", "give one token, on one line")
    return str(token)
