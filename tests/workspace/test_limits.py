"""A tree of processes that takes more of the machine than it may is ended whole, and it is said why."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path

import pytest

from ploeg.workspace.limits import Allowance, TreeLimits
from ploeg.workspace.process import MARKER, Finished, run
from ploeg.workspace.sandbox import Backend, NoIsolation, SandboxSpec
from tests.workspace.living import marked

pytestmark = pytest.mark.anyio

MIB = 1024 * 1024
#: Neither of its two processes takes that much alone.
GREEDY = "import os, time; os.fork(); held = b'x' * (80 * 1024 * 1024); print('held', flush=True); time.sleep(1000)"
#: Four processes that have the same memory.
SHARING = """
import mmap, os, sys, time
held = mmap.mmap(-1, int(sys.argv[1]))
os.fork(), os.fork()
for place in range(0, len(held), 4096):
    held[place] = 1
time.sleep(float(sys.argv[2]))
"""
MANY = "for n in $(seq 30); do (setsid sleep 1000 &); done; sleep 1000"


async def limited(backend: Backend, workspace: Path, argv: list[str], limits: TreeLimits, mark: str = "") -> Finished:
    python = tuple(Path(place) for place in sorted({sys.prefix, sys.base_prefix}) if place != "/usr")
    sandbox = backend.around(SandboxSpec(workspace=workspace, readable=python, limits=limits))
    env = {"PATH": sandbox.search_path, MARKER: mark or secrets.token_hex(8)}
    return await run(argv, cwd=sandbox.workspace, env=env, timeout=10, sandbox=sandbox, keep="tail")


async def test_memory_is_that_of_the_whole_tree(backend: Backend, tmp_path: Path) -> None:
    mark = secrets.token_hex(8)
    argv = [sys.executable, "-S", "-c", GREEDY]
    done = await limited(backend, tmp_path, argv, TreeLimits(memory_bytes=120 * MIB), mark)
    assert (done.code, done.timed_out, done.excess) == (None, False, "it took more than 120 MiB of memory")
    assert marked(f"{MARKER}={mark}") == []


@pytest.mark.parametrize(
    ("mib", "for_", "excess"), [(60, 0.8, None), (150, 1000, "it took more than 120 MiB of memory")]
)
async def test_shared_memory_counts_once(tmp_path: Path, mib: int, for_: float, excess: str | None) -> None:
    argv = [sys.executable, "-S", "-c", SHARING, str(mib * MIB), str(for_)]
    done = await limited(NoIsolation(), tmp_path, argv, TreeLimits(memory_bytes=120 * MIB))
    assert (done.code, done.excess) == (0 if excess is None else None, excess)


async def test_what_is_written_to_memory_is_held_to_the_limit_as_well(tmp_path: Path, bubblewrap: Backend) -> None:
    script = "for place in /tmp /dev/shm; do head -c 50000000 /dev/zero > $place/big || df -k $place | tail -1; done"
    limits = TreeLimits(memory_bytes=20 * MIB)
    done = await limited(bubblewrap, tmp_path, ["/bin/sh", "-c", script], limits)
    assert done.stderr.count(b"No space left") == 2


async def test_more_processes_than_there_may_be_are_ended(backend: Backend, tmp_path: Path) -> None:
    mark = secrets.token_hex(8)
    done = await limited(backend, tmp_path, ["/bin/bash", "-c", MANY], TreeLimits(processes=25), mark)
    assert (done.code, done.excess) == (None, "it had more than 25 processes at a time")
    assert marked(f"{MARKER}={mark}") == []


@pytest.mark.parametrize("script", ["yes", "yes >&2", "head -c 300000000 /dev/zero"])
async def test_endless_output_ends_its_tree(backend: Backend, tmp_path: Path, script: str) -> None:
    limits = TreeLimits(output_bytes_per_minute=4 * MIB)
    done = await limited(backend, tmp_path, ["/bin/sh", "-c", script], limits)
    assert (done.code, done.timed_out, done.excess) == (None, False, "it printed more than 4 MiB a minute")


async def test_output_within_the_limit_is_left_alone(backend: Backend, tmp_path: Path) -> None:
    limits = TreeLimits(output_bytes_per_minute=8 * MIB)
    done = await limited(backend, tmp_path, ["/bin/sh", "-c", "head -c 7000000 /dev/zero"], limits)
    assert (done.code, done.excess) == (0, None)


async def test_the_system_ends_agents_first_when_its_memory_runs_out(backend: Backend, tmp_path: Path) -> None:
    done = await limited(backend, tmp_path, ["cat", "/proc/self/oom_score_adj"], TreeLimits())
    assert done.stdout == b"500\n"


def test_an_allowance_comes_back_with_time() -> None:
    now = [0.0]
    allowance = Allowance(100, 10, lambda: now[0])
    assert allowance.take(100)
    assert not allowance.take(1)
    now[0] = 5.0
    assert allowance.take(50)
    assert not allowance.take(1)
    now[0] = 1000.0
    assert not allowance.take(101)
