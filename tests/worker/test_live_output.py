"""What set-up and verify commands say is seen while they run, within bounds."""

from __future__ import annotations

import asyncio

import pytest

from ploeg.worker.live_output import BURST
from tests.worker.rig import Rig

pytestmark = pytest.mark.anyio

DONE = "start(); commit(); report(summary='Wrote the greeting that was asked for.'); finish()"


def shown(rig: Rig) -> str:
    return "\n".join(note["text"] for note in rig.notes("command_output"))


async def test_a_verify_command_is_heard_while_it_runs(rig: Rig) -> None:
    stop = asyncio.Event()
    job = rig.job(verify_commands=[f"echo half way; {rig.nap}"])
    running = asyncio.create_task(rig.once(DONE, job, stop))
    await rig.far_end.until(lambda: "half way" in shown(rig))
    assert rig.notes("command_ended") == []
    stop.set()
    await running
    assert [note["command"] for note in rig.notes("command_started")] == job.config.verify_commands


async def test_a_flood_is_cut_for_those_who_follow_and_whole_in_the_run_log(rig: Rig) -> None:
    report = await rig.run(DONE, rig.job(verify_commands=["seq 1 100000"]))
    assert report.outcome == "done", report.reason
    assert len(shown(rig)) < 2 * BURST
    assert "lines are left out here" in shown(rig)
    assert [line["command"] for line in rig.run_log() if "command" in line and "tail" not in line][-1] == "100000"
    (ended,) = rig.notes("command_ended")
    assert ended["exit_code"] == 0


async def test_a_secret_is_redacted_for_those_who_follow(rig: Rig) -> None:
    token = "ploeg_wrk_the-workers-own-token"
    await rig.run(DONE, rig.job(verify_commands=[f"echo {token[:20]}''{token[20:]}"]))
    assert "«redacted»" in shown(rig)
    assert token not in shown(rig)
