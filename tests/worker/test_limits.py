"""Every limit ends the agent, names its outcome, and keeps the work."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from ploeg.domain.attempt import Outcome, Usage
from ploeg.domain.event import Said, ToolCalled, ToolReturned
from ploeg.domain.limits import Limits
from ploeg.worker import attendant
from ploeg.worker.watch import Watch
from tests.worker.rig import Rig

pytestmark = pytest.mark.anyio


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_an_agent_that_prints_nothing_is_ended_by_the_silence_limit(sandboxed_rig: Rig) -> None:
    report = await sandboxed_rig.run(
        "write('half.txt', 'half'); forever()", sandboxed_rig.job(max_silence_minutes=0.02)
    )
    assert report.outcome == "silent"
    assert sandboxed_rig.kept("half.txt", "refs/ploeg/J-1/1-snapshot") == "half"
    assert sandboxed_rig.workspaces() == []


async def test_an_agent_that_closes_its_output_and_goes_on_is_ended_too(rig: Rig) -> None:
    report = await rig.run("os.close(1); os.close(2); forever()", rig.job(max_silence_minutes=0.02))
    assert report.outcome == "silent"


async def test_an_agent_that_talks_for_ever_is_ended_by_the_wall_clock(rig: Rig) -> None:
    job = rig.job(max_minutes=0.02, max_silence_minutes=None)
    report = await rig.run("start()\nwhile True: say('on and on'); time.sleep(0.01)", job)
    assert report.outcome == "timed_out"


async def test_too_many_turns_end_it(rig: Rig) -> None:
    report = await rig.run("start(); meter(turns=4); forever()", rig.job(max_turns=3))
    assert (report.outcome, report.usage.turns) == ("too_many_turns", 4)


async def test_too_much_money_ends_it(rig: Rig) -> None:
    report = await rig.run("start(); meter(cost=0.51); forever()", rig.job(max_cost_usd=0.5))
    assert (report.outcome, report.usage.cost_usd) == ("over_budget", 0.51)


async def test_the_same_call_again_and_again_ends_it(new_rig: Callable[..., Rig]) -> None:
    rig = new_rig(max_repeats=5)
    script = """
start()
for _ in range(6):
    emit(type='tool_called', id='c', tool='Bash', arguments={'command': 'ls'})
forever()
"""
    report = await rig.run(script)
    assert report.outcome == "runaway"
    assert "the same calls more than 5 times in a row, last Bash" in str(report.reason)


async def test_memory_that_runs_away_ends_the_agent_and_keeps_its_work(new_rig: Callable[..., Rig]) -> None:
    rig = new_rig(max_memory_bytes=200 * 1024 * 1024)
    report = await rig.run("start(); commit(); held = b'x' * 400_000_000; forever()")
    assert (report.outcome, report.reason) == ("runaway", "the agent was ended: it took more than 200 MiB of memory")
    assert rig.kept("hello.txt") == "hello\n"
    assert rig.alive() == []


async def test_endless_output_ends_the_agent(new_rig: Callable[..., Rig]) -> None:
    rig = new_rig(max_output_bytes_per_minute=4 * 1024 * 1024)
    report = await rig.run("start()\nwhile True: sys.stdout.write('z' * 65536)")
    assert (report.outcome, report.reason) == ("runaway", "the agent was ended: it printed more than 4 MiB a minute")


async def test_what_an_agent_does_after_its_accepted_report_does_not_undo_it(new_rig: Callable[..., Rig]) -> None:
    rig = new_rig(max_output_bytes_per_minute=4 * 1024 * 1024)
    report = await rig.run("start(); commit(); report()\nwhile True: sys.stdout.write('z' * 65536)")
    assert report.outcome == "done"
    assert report.pushed


async def test_a_verify_command_that_prints_for_ever_is_stopped_and_says_why(new_rig: Callable[..., Rig]) -> None:
    rig = new_rig(max_output_bytes_per_minute=4 * 1024 * 1024)
    await rig.run(
        "start(); commit(); print(report()['refused'], flush=True); finish()", rig.job(verify_commands=["yes"])
    )
    report = rig.report()
    assert report.outcome == "gate_refused"
    assert "[ploeg: it printed more than 4 MiB a minute]" in str(report.reason)


async def test_a_limit_that_is_passed_after_an_accepted_report_does_not_undo_it(rig: Rig) -> None:
    report = await rig.run("start(); commit(); report(); meter(turns=9); forever()", rig.job(max_turns=3))
    assert report.outcome == "done"


async def test_a_job_without_limits_runs(rig: Rig) -> None:
    job = rig.job(max_minutes=None, max_silence_minutes=None, max_turns=None)
    assert (await rig.run("start(); commit(); report(); finish()", job)).outcome == "done"


def test_an_agent_is_not_silent_while_a_tool_of_its_own_works() -> None:
    clock = Clock()
    watch = Watch(Limits(max_silence_minutes=1), clock)
    watch.heard([ToolCalled(call_id="c", tool="Bash", arguments={})])
    clock.now = 600
    assert watch.breach(Usage()) is None
    watch.heard([ToolReturned(call_id="c", text="")])
    clock.now = 661
    breach = watch.breach(Usage())
    assert breach is not None
    assert breach.outcome is Outcome.SILENT


def test_the_gates_own_time_does_not_count() -> None:
    clock = Clock()
    watch = Watch(Limits(max_minutes=1, max_silence_minutes=1), clock)
    with watch.serving(waiting=True):
        clock.now = 3600
        assert watch.breach(Usage()) is None
    assert watch.breach(Usage()) is None
    clock.now += 59
    watch.heard([Said(text="still here")])
    assert watch.breach(Usage()) is None
    clock.now += 2
    breach = watch.breach(Usage())
    assert breach is not None
    assert breach.outcome is Outcome.TIMED_OUT


def test_waits_that_overlap_are_counted_once() -> None:
    clock = Clock()
    watch = Watch(Limits(max_minutes=1, max_silence_minutes=1), clock)
    with watch.serving(waiting=True):
        clock.now = 10
        with watch.serving(waiting=True):
            clock.now = 20
        clock.now = 30
    clock.now = 40
    assert watch.elapsed == 10


def test_the_next_look_is_when_a_limit_could_be_passed() -> None:
    clock = Clock()
    watch = Watch(Limits(max_minutes=1, max_silence_minutes=0.5), clock)
    assert watch.next_look() == pytest.approx(30, abs=0.1)
    clock.now = 29
    watch.heard([])
    clock.now = 50
    assert watch.next_look() == pytest.approx(9, abs=0.1)


async def test_an_agent_that_stays_alive_after_its_last_event_is_ended_and_counts_as_finished(
    sandboxed_rig: Rig,
) -> None:
    began = time.monotonic()
    report = await sandboxed_rig.run("start(); commit(); report(); finish(); forever()")
    assert report.outcome == "done"
    assert time.monotonic() - began < 10
    (ended,) = sandboxed_rig.notes("agent_ended")
    assert ended["shown_out"]


async def test_an_agent_that_reports_and_never_finishes_is_shown_out(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attendant, "LAST_WORDS", 0.2)
    assert (await rig.run("start(); commit(); report(); forever()")).outcome == "done"


async def test_an_agent_that_ignores_every_polite_signal_is_killed(sandboxed_rig: Rig) -> None:
    script = """
import signal
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
start()
forever()
"""
    report = await sandboxed_rig.run(script, sandboxed_rig.job(max_silence_minutes=0.02))
    assert report.outcome == "silent"


async def test_what_an_agent_double_forks_dies_with_it(sandboxed_rig: Rig) -> None:
    nap = sandboxed_rig.nap
    script = f"""
start()
subprocess.Popen(["/bin/sh", "-c", "(setsid {nap} &) ; setsid nohup {nap} & exec {nap}"])
sh("(setsid sh -c 'trap \\"\\" TERM INT HUP; while :; do {nap}; done' >/dev/null 2>&1 &)")
commit()
report()
finish()
"""
    assert (await sandboxed_rig.run(script)).outcome == "done"
    assert sandboxed_rig.alive() == []


async def test_work_is_kept_while_the_agent_runs(new_rig: Callable[..., Rig]) -> None:
    rig = new_rig(keep_every_seconds=0.1)
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(rig.once("start(); commit(); forever()", stop=stop))
        await rig.until(lambda: bool(rig.kept_refs()))
        stop.set()
    assert rig.report().outcome == "worker_stopped"
