"""`ploeg import`: items of other tools."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import click

from ploeg.cli import options, render
from ploeg.cli.client import path
from ploeg.cli.session import signed_in, the_product
from ploeg.domain.errors import Invalid

_FORMATS = ("plan", "backlog.md", "issues")
#: What a Backlog.md folder keeps that is imported.
_FOLDERS = ("tasks", "completed", "milestones")
_WORDS = {
    "new": "new",
    "known": "known already",
    "changed": "changed at the source",
    "updated": "updated",
    "left_out": "left out",
}


@click.command("import")
@click.argument("source", nargs=-1, required=True, type=click.Path(exists=True))
@click.option("--format", "format_", type=click.Choice(_FORMATS), help="What it is, if its name does not tell.")
@click.option("--name", metavar="NAME", help="Tells this source apart from others of its form.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--update", is_flag=True, help="Let what changed at its source since then change here.")
@click.option("--finished", is_flag=True, help="What is finished at its source, too.")
@options.of_product
@options.as_json
def import_(
    source: tuple[str, ...], format_: str | None, name: str | None, product: str | None, as_json: bool, **wish: bool
) -> None:
    """Bring in plans, a Backlog.md folder, or a forge's issues.

    A plan is Markdown (.md), issues are a forge's JSON (.json). What came before is known again, and not made twice.

    \b
    Example:
      ploeg import plan.md --dry-run
      gh issue list --limit 500 --json number,title,body,labels,state,milestone,url,assignees > issues.json
      ploeg import issues.json -p shop
      ploeg import ./backlog -p shop
    """
    found = [Path(each) for each in source]
    kind = format_ or _told_by(found[0])
    asked = {"format": kind, "files": _texts(kind, found), "name": name, **wish}
    client = signed_in()
    report = client.post("/products" + path(the_product(client, product), "imports"), options.given(asked))
    if as_json:
        render.emit_json(report)
    else:
        _show(report)


def _told_by(source: Path) -> str:
    if source.is_dir():
        return "backlog.md"
    return "issues" if source.suffix == ".json" else "plan"


def _texts(kind: str, sources: list[Path]) -> dict[str, str]:
    if kind == "backlog.md":
        if len(sources) > 1:
            raise Invalid("SOURCE", f"{len(sources)} folders", "import one Backlog.md folder at a time")
        return _folder(sources[0])
    return {source.name: options.text_from("SOURCE", str(source)) for source in sources}


def _folder(source: Path) -> dict[str, str]:
    """The texts of a Backlog.md folder by their paths in it; the project's own folder will do, too.

    No link leads out of it: the folder may be that of somebody else's repository.
    """
    root = next((at for at in (source, source / "backlog", source / ".backlog") if (at / "tasks").is_dir()), None)
    if root is None:
        raise Invalid("SOURCE", str(source), "give a folder that has tasks/, as Backlog.md keeps it")
    files = [file for folder in _FOLDERS for file in sorted((root / folder).glob("*.md"))] + [root / "config.yml"]
    within = (file for file in files if file.is_file() and file.resolve().is_relative_to(root.resolve()))
    return {file.relative_to(root).as_posix(): options.text_from("SOURCE", str(file)) for file in within}


def _show(report: dict[str, Any]) -> None:
    rows = [(_WORDS[i["action"]], i["kind"], i["code"], i["title"], i["note"]) for i in report["items"]]
    render.table(("what", "kind", "code", "title", "note"), rows, empty="nothing to import")
    for note in report["notes"]:
        render.say(render.harmless(note))
    counts = Counter(item["action"] for item in report["items"])
    said = ", ".join(f"{counts[action]} {words}" for action, words in _WORDS.items() if counts[action])
    if said:
        render.say(f"{said}{'; nothing was done' if report['dry_run'] else ''}")
