"""`ploeg forge issues`: a repository's issues, as `ploeg import` takes them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from ploeg.cli import render
from ploeg.cli.session import current_settings
from ploeg.domain.errors import Invalid

if TYPE_CHECKING:
    from ploeg.domain.forge import Issue
    from ploeg.forges.base import Forge

_PAGES_MAX = 100


@click.command()
@click.argument("url")
@click.option("--label", metavar="NAME", help="Only those with that label.")
@click.option("--since", type=click.DateTime(("%Y-%m-%d",)), help="Only those that changed since that day.")
def issues(url: str, label: str | None, since: datetime | None) -> None:
    """Print the issues of a repository on a connected forge as JSON, as `ploeg import` takes them.

    What was imported before is known again, so the same two commands bring in what is new.

    \b
    Example:
      ploeg forge issues https://git.example.org/crew/greeter.git --label ploeg > issues.json
      ploeg import issues.json -p greeter
    """
    from ploeg.forges.base import ForgeError
    from ploeg.forges.registry import Forges

    forges = Forges.load(current_settings().forge_tokens_path, may_be_missing=True)

    async def ask() -> list[Issue]:
        async with forges.on(url) as forge:
            return await _all(forge, since.replace(tzinfo=UTC) if since else None)

    try:
        found = asyncio.run(ask())
    except ForgeError as error:
        raise Invalid("url", url, error.reason) from None
    render.emit_json([_told(issue) for issue in found if label is None or label in issue.labels])


async def _all(forge: Forge, since: datetime | None) -> list[Issue]:
    found: list[Issue] = []
    for number in range(1, _PAGES_MAX + 1):
        page = await forge.issues(since, number)
        found += page.issues
        if not page.more:
            break
    return found


def _told(issue: Issue) -> dict[str, Any]:
    return {
        "number": issue.number,
        "title": issue.title,
        "body": issue.text,
        "state": "open" if issue.open else "closed",
        "labels": [{"name": name} for name in issue.labels],
        "html_url": issue.url,
    }
