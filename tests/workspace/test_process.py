from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ploeg.workspace import process
from ploeg.workspace.process import MARKER, Process, StartFailed, end_leftovers, run, start
from ploeg.workspace.sandbox import Backend, NoIsolation, Sandbox, SandboxSpec
from tests.workspace.living import alive, marked, until

pytestmark = pytest.mark.anyio

#: Everything that a process can do to outlive its parent, at once.
RUNAWAY = r"""
trap '' TERM INT HUP
(trap '' TERM INT HUP; sleep 1000) &                      # a child that ignores signals
(setsid sh -c 'trap "" TERM INT HUP; sleep 1001' &) &     # forked twice, in a session of its own
(setsid setsid nohup sh -c 'sleep 1002 >&2' &) &
(sh -c '(sh -c "(sleep 1003 & exec sleep 1004) &" &)' &)
echo ready
exec 3<&1
while :; do sleep 1005; done
"""

Enter = Callable[[Backend], Sandbox]


@pytest.fixture
def enter(tmp_path: Path) -> Enter:
    def around(backend: Backend) -> Sandbox:
        workspace = tmp_path / "workspace"
        workspace.mkdir(exist_ok=True)
        return backend.around(SandboxSpec(workspace=workspace))

    return around


async def begin(sandbox: Sandbox, *argv: str, mark: str = "") -> Process:
    env = {"PATH": sandbox.search_path, MARKER: mark or secrets.token_hex(8)}
    return await start(argv, cwd=sandbox.workspace, env=env, sandbox=sandbox)


async def first_line(running: Process) -> bytes:
    said = b""
    async for chunk in running.chunks():
        said += chunk
        if b"\n" in said:
            break
    return said.partition(b"\n")[0]


async def test_a_command_says_what_it_said_and_how_it_ended(tmp_path: Path) -> None:
    done = await run(["/bin/sh", "-c", "echo out; echo err >&2; exit 7"], cwd=tmp_path, env={}, timeout=10)
    assert (done.code, done.stdout, done.stderr, done.timed_out) == (7, b"out\n", b"err\n", False)


async def test_a_process_gets_exactly_the_environment_it_is_given(tmp_path: Path) -> None:
    done = await run(["/usr/bin/env"], cwd=tmp_path, env={"ONLY": "this"}, timeout=10)
    assert done.stdout == b"ONLY=this\n"


async def test_standard_input_is_closed_or_what_was_given(tmp_path: Path) -> None:
    assert (await run(["cat"], cwd=tmp_path, env={}, timeout=10)).stdout == b""
    assert (await run(["cat"], cwd=tmp_path, env={}, timeout=10, input=b"x" * 500_000)).stdout == b"x" * 500_000


async def test_a_program_that_does_not_exist_is_named(backend: Backend, enter: Enter) -> None:
    with pytest.raises(StartFailed, match="no-such-program"):
        await run(["no-such-program"], cwd=Path("/"), env={}, timeout=10)
    if backend.name == "none":
        with pytest.raises(StartFailed, match="No such file"):
            await begin(enter(backend), "no-such-program")
    else:
        async with await begin(enter(backend), "no-such-program") as running:
            assert await running.wait(10) != 0
            assert b"no-such-program" in running.stderr_tail


@pytest.mark.parametrize(("script", "code"), [("exit 0", 0), ("exit 3", 3), ("kill -9 $$", -9), ("kill $$", -15)])
async def test_the_exit_code_comes_out_of_the_sandbox(backend: Backend, enter: Enter, script: str, code: int) -> None:
    async with await begin(enter(backend), "/bin/sh", "-c", script) as running:
        assert await running.wait(10) == code


async def test_output_beyond_the_limit_is_dropped_from_the_side_that_is_not_wanted(tmp_path: Path) -> None:
    count = ["seq", "1", "100000"]
    tail = await run(count, cwd=tmp_path, env={}, timeout=10, max_output=12, keep="tail")
    assert (tail.stdout, tail.truncated, tail.code) == (b"9999\n100000\n", True, 0)
    head = await run(["yes"], cwd=tmp_path, env={}, timeout=10, max_output=4)
    assert (head.stdout, head.truncated, head.code, head.timed_out) == (b"y\ny\n", True, None, False)


async def test_a_command_over_its_time_is_stopped_and_its_output_kept(tmp_path: Path) -> None:
    done = await run(["/bin/sh", "-c", "echo begun; sleep 1000"], cwd=tmp_path, env={}, timeout=0.3, grace=0.2)
    assert (done.code, done.timed_out, done.stdout) == (None, True, b"begun\n")


async def test_a_child_that_holds_standard_output_open_is_not_waited_for(tmp_path: Path) -> None:
    script = "echo done; setsid sleep 1000 & exit 0"
    async with asyncio.timeout(10):
        done = await run(["/bin/sh", "-c", script], cwd=tmp_path, env={"MARK": "holds-it-open"}, timeout=30)
    assert (done.code, done.stdout) == (0, b"done\n")
    for pid in marked("MARK=holds-it-open"):
        os.kill(pid, signal.SIGKILL)


async def test_the_end_of_the_leader_is_the_end_of_its_tree(backend: Backend, enter: Enter) -> None:
    mark = secrets.token_hex(8)
    script = "(setsid sleep 1000 &) ; sleep 1001 & echo ready; exit 4"
    async with await begin(enter(backend), "/bin/sh", "-c", script, mark=mark) as running:
        said = b"".join([chunk async for chunk in running.chunks()])
        assert (said, await running.wait(10)) == (b"ready\n", 4)
        assert marked(f"{MARKER}={mark}") == []


@pytest.mark.parametrize("grace", [0.0, 0.2])
async def test_stopping_leaves_nothing_of_a_tree_that_resists(backend: Backend, enter: Enter, grace: float) -> None:
    mark = secrets.token_hex(8)
    async with await begin(enter(backend), "/bin/bash", "-c", RUNAWAY, mark=mark) as running:
        assert await first_line(running) == b"ready"
        await until(lambda: len(marked(f"{MARKER}={mark}")) >= 6, "the tree did not come up")
        await running.stop(grace)
        assert marked(f"{MARKER}={mark}") == []
        assert not alive(running.pid)


async def test_fifty_cancels_leave_no_process(backend: Backend, enter: Enter) -> None:
    left = 0
    for _ in range(25):
        mark = secrets.token_hex(8)
        async with await begin(enter(backend), "/bin/bash", "-c", RUNAWAY, mark=mark) as running:
            await first_line(running)
        left += len(marked(f"{MARKER}={mark}"))
    assert left == 0


async def test_an_agent_may_end_itself_when_it_is_interrupted(backend: Backend, enter: Enter) -> None:
    script = "trap 'echo goodbye; exit 9' INT; echo ready; while :; do sleep 0.01; done"
    async with await begin(enter(backend), "/bin/bash", "-c", script) as running:
        assert await first_line(running) == b"ready"
        assert await running.stop(10) == 9
        assert b"".join([chunk async for chunk in running.chunks()]) == b"goodbye\n"


async def test_an_agent_that_ignores_the_interrupt_is_asked_to_terminate(backend: Backend, enter: Enter) -> None:
    script = "trap '' INT; trap 'exit 8' TERM; echo ready; while :; do sleep 0.01; done"
    async with await begin(enter(backend), "/bin/bash", "-c", script) as running:
        assert await first_line(running) == b"ready"
        assert await running.stop(1) == 8


async def test_stopping_twice_and_after_the_end_is_harmless(backend: Backend, enter: Enter) -> None:
    async with await begin(enter(backend), "/bin/sh", "-c", "exit 5") as running:
        assert await running.wait(10) == 5
        assert await running.stop(1) == 5
        assert await asyncio.gather(running.stop(0), running.stop(0)) == [5, 5]


async def test_waiting_has_a_limit_and_leaves_the_process_alone(backend: Backend, enter: Enter) -> None:
    async with await begin(enter(backend), "sleep", "1000") as running:
        with pytest.raises(TimeoutError):
            await running.wait(0.05)
        assert running.returncode is None


async def test_a_writer_ahead_of_its_reader_waits_and_memory_stays_flat(backend: Backend, enter: Enter) -> None:
    async with await begin(enter(backend), "head", "-c", "200000000", "/dev/zero") as running:
        sizes = [len(chunk) async for chunk in running.chunks()]
        assert (sum(sizes), max(sizes) <= 256 * 1024, await running.wait(10)) == (200_000_000, True, 0)


async def test_only_the_tail_of_standard_error_is_kept(backend: Backend, enter: Enter) -> None:
    async with await begin(enter(backend), "/bin/sh", "-c", "head -c 3000000 /dev/zero >&2; echo last >&2") as running:
        await running.wait(10)
        assert (len(running.stderr_tail), running.stderr_tail[-5:]) == (64 * 1024, b"last\n")


async def test_the_loop_serves_others_while_a_process_floods_it(backend: Backend, enter: Enter) -> None:
    async with await begin(enter(backend), "yes") as running:

        async def drain() -> None:
            async for _ in running.chunks():
                pass

        reading = asyncio.create_task(drain())
        for _ in range(100):
            await asyncio.sleep(0)
        assert not reading.done()
        await running.stop(0)
        await asyncio.wait_for(reading, 10)


async def test_no_descriptor_is_left_open(backend: Backend, enter: Enter) -> None:
    async def once(script: str) -> None:
        async with await begin(enter(backend), "/bin/sh", "-c", script) as running:
            await running.wait(10)

    await once("exit 0")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for script in ("exit 0", "kill -9 $$", "echo x >&2", "sleep 1000 & exit 3"):
        await once(script)
    with pytest.raises(StartFailed):
        await start(["no-such-program"], cwd=Path("/"), env={})
    async with await begin(enter(backend), "sleep", "1000"):
        pass
    assert len(list(Path("/proc/self/fd").iterdir())) == before


async def test_a_start_that_is_called_off_leaves_nothing(backend: Backend, enter: Enter) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for delay in (0.0, 0.001, 0.005, 0.01, 0.02, 0.04):
        mark = secrets.token_hex(8)
        starting = asyncio.create_task(begin(enter(backend), "sleep", "1000", mark=mark))
        await asyncio.sleep(delay)  # at various moments of the start
        starting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            async with await starting:
                pass
        await until(lambda mark=mark: marked(f"{MARKER}={mark}") == [], "an orphan is left")
    await until(lambda: len(list(Path("/proc/self/fd").iterdir())) <= before, "a descriptor is left open")


async def test_a_tree_whose_guardian_was_killed_is_found_by_its_mark(enter: Enter) -> None:
    mark = secrets.token_hex(8)
    script = 'setsid sleep 1000 & echo "$PPID"; sleep 1001'
    async with await begin(enter(NoIsolation()), "/bin/bash", "-c", script, mark=mark) as running:
        os.kill(int(await first_line(running)), signal.SIGKILL)
        assert await running.wait(10) == -signal.SIGKILL
        assert marked(f"{MARKER}={mark}") == []


async def test_a_guardian_that_is_killed_at_once_is_a_failed_start_that_leaves_nothing(enter: Enter) -> None:
    for _ in range(5):
        mark = secrets.token_hex(8)
        with contextlib.suppress(StartFailed):
            script = 'setsid sleep 1000 & kill -9 "$PPID"; sleep 1001'
            async with await begin(enter(NoIsolation()), "/bin/bash", "-c", script, mark=mark) as running:
                assert await running.wait(10) == -signal.SIGKILL
        assert marked(f"{MARKER}={mark}") == []


async def test_leftovers_of_an_attempt_are_ended_and_no_others(tmp_path: Path) -> None:
    mine, other = secrets.token_hex(8), secrets.token_hex(8)
    async with (
        await start(["sleep", "1000"], cwd=tmp_path, env={MARKER: mine}) as first,
        await start(["sleep", "1000"], cwd=tmp_path, env={MARKER: other}) as second,
    ):
        ended = await asyncio.to_thread(end_leftovers, mine)
        assert ended == [first.pid]
        assert await first.wait(10) == -signal.SIGKILL
        assert second.returncode is None
        assert await asyncio.to_thread(end_leftovers, mine) == []


WORKER = """
import asyncio, sys
from pathlib import Path
from ploeg.workspace.process import start
from ploeg.workspace.sandbox import SandboxSpec, choose

async def main(setting, workspace, mark):
    backend = await choose(setting)
    sandbox = backend.around(SandboxSpec(workspace=Path(workspace)))
    env = {"PATH": sandbox.search_path, "PLOEG_ATTEMPT": mark}
    agent = await start(["/bin/bash", "-c", sys.stdin.read()], cwd=sandbox.workspace, env=env, sandbox=sandbox)
    async for chunk in agent.chunks():
        print(chunk.decode(), end="", flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


async def test_no_process_outlives_a_worker_that_is_killed(backend: Backend, tmp_path: Path) -> None:
    for _ in range(5):
        mark = secrets.token_hex(8)
        worker: Sequence[str] = [sys.executable, "-c", WORKER, backend.name, str(tmp_path), mark]
        source = str(Path(process.__file__).parents[2])
        async with await start(worker, cwd=tmp_path, env={"PYTHONPATH": source}, stdin=RUNAWAY.encode()) as running:
            assert await first_line(running) == b"ready", running.stderr_tail.decode()
            await until(lambda mark=mark: len(marked(f"{MARKER}={mark}")) >= 6, "the tree did not come up")
            os.kill(running.pid, signal.SIGKILL)
            await until(lambda mark=mark: marked(f"{MARKER}={mark}") == [], "an orphan is left")
