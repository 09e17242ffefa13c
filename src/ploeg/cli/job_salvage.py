"""`ploeg job salvage`: what an attempt left, brought back as a branch or a patch."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ploeg.cli import options, render
from ploeg.cli.client import path
from ploeg.cli.session import current_settings, signed_in
from ploeg.domain.errors import Conflict

if TYPE_CHECKING:
    from ploeg.workspace.salvage import Left, Salvage, Source


@click.command()
@click.argument("job")
@click.option("--branch", metavar="NAME", help="The branch to make; `salvage/` and the job's code unless given.")
@click.option(
    "--into",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    default=".",
    help="The clone that gets the branch; the current folder unless given.",
)
@click.option("--patch", metavar="FILE", help="Write one patch instead; `-` prints it.")
@click.option("--attempt", type=click.IntRange(1), metavar="N", help="This attempt; the latest that left something.")
@options.as_json
def salvage(job: str, branch: str | None, into: Path, patch: str | None, attempt: int | None, as_json: bool) -> None:
    """Bring back what a job's agent left, committed or not, whatever became of the job.

    It is taken from the worker's mirror if that is on this machine, else from the repository, with your access to it.

    \b
    Example:
      ploeg job salvage J-128
    """
    import asyncio

    detail = signed_in().get("/jobs" + path(job))
    left = _left(detail["attempts"], attempt)
    if patch == "-":
        with tempfile.NamedTemporaryFile() as spool:
            asyncio.run(_as_patch(detail, left, Path(spool.name)))
            sys.stdout.buffer.write(spool.read())
        return
    name = branch or f"salvage/{detail['code']}"
    files: list[str] = []
    branches: list[str] = []
    if patch is not None:
        source = asyncio.run(_as_patch(detail, left, Path(patch).absolute()))
    else:
        source, files, branches = asyncio.run(_as_branch(detail, left, into, name))
    brought = {
        "job": detail["code"],
        "attempt": source.attempt,
        "source": "mirror" if source.in_mirror else "repository",
        "repository": source.repository,
        "base_sha": source.base,
        "head_sha": source.head,
        "snapshot": source.snapshot,
        "files": files,
        **({"patch": patch} if patch else {"branch": name, "branches": branches, "into": str(into.absolute())}),
    }
    if as_json:
        render.emit_json(brought)
    else:
        _tell(brought)


async def _as_branch(
    detail: dict[str, Any], left: list[Left], into: Path, name: str
) -> tuple[Source, list[str], list[str]]:
    salvage, source = await _found(detail, left)
    branches = await salvage.branch(source, into, name)
    return source, await salvage.files(source, into), branches


async def _as_patch(detail: dict[str, Any], left: list[Left], file: Path) -> Source:
    salvage, source = await _found(detail, left)
    await salvage.patch(source, file)
    return source


async def _found(detail: dict[str, Any], left: list[Left]) -> tuple[Salvage, Source]:
    from ploeg.workspace.git import Git
    from ploeg.workspace.salvage import Salvage, locate

    git = Git()
    source = await locate(current_settings().home_path / "mirrors", git, detail["code"], left)
    if source is None:
        raise Conflict(_elsewhere(detail, {each.attempt for each in left}))
    return Salvage(git, os.environ), source


def _left(attempts: list[dict[str, Any]], wanted: int | None) -> list[Left]:
    """The newest first."""
    from ploeg.workspace.salvage import Left

    return [
        Left(
            attempt=each["number"],
            repo_url=each["repo_url"],
            base=each["base_sha"],
            head=each["head_sha"],
            snapshot=None if each["pushed_at"] else each["snapshot"],
            branch=each["branch"] if each["pushed_at"] else each["wip_branch"],
        )
        for each in reversed(attempts)
        if each["repo_url"] and wanted in {None, each["number"]}
    ]


def _elsewhere(detail: dict[str, Any], wanted: set[int]) -> str:
    """Where people have to look for it."""
    kept = [each for each in detail["attempts"] if each["kept_ref"] and each["number"] in wanted]
    places = sorted({each["hostname"] for each in kept})
    if places:
        return f"only the worker on {' and '.join(places)} keeps the work of {detail['code']}; run this command there"
    if not detail["attempts"]:
        return f"no agent has worked on {detail['code']} yet"
    return f"nothing is kept of {detail['code']}: its agent changed nothing, or its worker was not heard of since"


def _tell(brought: dict[str, Any]) -> None:
    where = "the worker's mirror on this machine" if brought["source"] == "mirror" else brought["repository"]
    render.say(f"attempt {brought['attempt']} of {brought['job']}, from {where}")
    if "patch" in brought:
        render.say(f"patch written to {brought['patch']}; apply it with `git apply --index`")
        return
    if brought["snapshot"]:
        render.say("its last commit holds the files that the agent had not committed")
    count = len(brought["files"])
    noun = "file" if count == 1 else "files"
    render.say(f"branch {brought['branch']} in {brought['into']}: {count} {noun} changed")
    for beside in brought["branches"][1:]:
        render.say(f"branch {beside}: kept beside it")
