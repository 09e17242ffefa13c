"""`ploeg demo`: the main job from a queued task to a pushed branch, in a throw-away home."""

from __future__ import annotations

import asyncio
from typing import Any

import click

from ploeg.cli import render


@click.command()
@click.option(
    "--runtime", type=click.Choice(["patch", "claude"]), default="patch", show_default=True, help="The agent."
)
@click.option("--keep", is_flag=True, help="Keep the throw-away home, to look around in.")
def demo(runtime: str, keep: bool) -> int:
    """See the main job run once, in a throw-away home: from a queued task to a pushed branch.

    Two tasks of one story: the first is done and pushed, the second is refused by a gate. It exits 0 if exactly that
    happened. Nothing outside a temporary folder is touched.

    \b
    Example:
      ploeg demo --keep
    """
    return asyncio.run(_demo(runtime, keep=keep))


async def _demo(runtime: str, *, keep: bool) -> int:
    from ploeg.cli.demo.stage import set_stage
    from ploeg.cli.session import current_settings
    from ploeg.domain.errors import Unauthenticated

    settings = current_settings()
    signed_in = settings.claude_token_file or settings.claude_accounts or settings.claude_base_url
    if runtime == "claude" and not signed_in:
        raise Unauthenticated(
            "Claude Code needs a sign-in: put what `claude setup-token` prints into a file, and name that file in "
            "PLOEG_CLAUDE_TOKEN_FILE"
        )
    sandbox = await _sandbox()
    render.say("Starting a server and a worker in a throw-away home …")
    async with set_stage(settings, runtime, sandbox, keep=keep) as stage:
        jobs = await asyncio.to_thread(_play, stage.client, str(stage.remote))
        passed = await _tell(stage, jobs)
        if keep:
            render.say(f"\nKept: {stage.home}; look around with `ploeg --home {stage.home} up`")
    return 0 if passed else 1


async def _sandbox() -> str:
    """Bubblewrap where it holds. Without it the demo's own two plans, which are trusted, run unisolated."""
    from ploeg.domain.errors import Unavailable
    from ploeg.workspace.sandbox import probe

    try:
        return (await probe()).name
    except Unavailable as error:
        why = str(error).partition("; ")[0]
        warning = f"NO SANDBOX: {why}. The demo runs its own two plans without one; `ploeg up` would refuse."
        render.say(click.style(render.harmless(warning), fg="yellow", bold=True), err=True)
        return "none"


def _play(client: Any, remote: str) -> list[dict[str, Any]]:
    """The backlog, then both jobs to their ends; their details."""
    from ploeg.cli.demo.rota import NIGHT_SHIFTS, STORY, VERIFY_COMMANDS, WHOLE_HOURS
    from ploeg.cli.follow import PhaseLines, until_ended

    config = {"verify_commands": list(VERIFY_COMMANDS)}
    product = client.post("/products", {"name": "Rota", "repo_url": remote, "config": config})
    pbi = client.post(f"/products/{product['code']}/pbis", {"title": "Pay a crew by its hours"})
    story = client.post(f"/pbis/{pbi['id']}/stories", {"title": STORY})
    render.say(f"\nproduct {product['code']}   {remote}")
    for command in VERIFY_COMMANDS:
        render.say(f"  must pass   {command}")
    render.say(f"story   {story['code']} {STORY}")
    ended = []
    for title, plan in (NIGHT_SHIFTS, WHOLE_HOURS):
        task = client.post(f"/stories/{story['id']}/tasks", {"title": title, "implementation_plan": plan})
        job = client.post("/jobs", {"task": task["id"]})
        render.say(f"\n{job['code']}  {task['code']} {title}")
        ended.append(until_ended(client, job["code"], _Impatient(PhaseLines())))
    return ended


class _Impatient:
    """Shows a job, and gives up on one that waits for a person or for a quota: nobody stays with a demo for that."""

    def __init__(self, show: Any) -> None:
        self._show = show

    def __call__(self, detail: dict[str, Any]) -> None:
        from ploeg.domain.errors import Unavailable

        self._show(detail)
        last = (detail["attempts"] or [{}])[-1]
        if detail["status"] == "queued" and last.get("outcome") in {"auth_expired", "quota_exhausted"}:
            raise Unavailable(f"{detail['code']} is parked ({last['outcome']}): {last['reason']}")


async def _tell(stage: Any, jobs: list[dict[str, Any]]) -> bool:
    """Branch, changes and receipts; whether it went as it should."""
    from ploeg.cli.demo.stage import git
    from ploeg.cli.job_view import show_receipt, stat_lines

    done, refused = jobs
    last = (done["attempts"] or [{}])[-1]
    render.say(f"\n{refused['code']} was not let through:")
    for line in str(refused["reason"]).strip().splitlines():
        render.say(f"    {render.harmless(line, lines=True)}".rstrip())
    render.say(f"\n{done['code']} has a receipt:")
    if last.get("receipt"):
        show_receipt(last["receipt"])
    branch, head = done["branch"], last.get("head_sha")
    on_remote = await git(stage.remote, "for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}")
    render.say(f"\npushed  {branch} at {on_remote[:12] or 'nothing'}")
    if on_remote:
        changes = await asyncio.to_thread(stage.client.get, f"/jobs/{done['code']}/diff")
        for line in stat_lines(changes["files"]):
            render.say(line)
    passed = bool(
        done["status"] == "done"
        and on_remote
        and on_remote == head
        and refused["status"] == "failed"
        and refused["outcome"] == "gate_refused"
    )
    render.say("\nOne job done and pushed, one refused by its gate." if passed else "\nThis is not how it should go.")
    return passed
