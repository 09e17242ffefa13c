"""Ends attempts that write known content in the middle of it, and counts what salvage does not bring back.

    python -m chaos.loss [ROUNDS] [--seed 1]

Each round a real worker runs an agent that writes files, commits some of them, and notes each on a disk that nothing
happens to. Then the worker is killed, or stopped; the job is cancelled; the disk is full; or the plug is pulled: worker
and agent die at once, and every file that was not committed and changed lately is found empty. The worker is started
again, as a machine would, and the work is salvaged. All that was noted as committed must be there, and all that was
noted as written; after a pulled plug, all of it that the last snapshot before had.

A full disk needs the right to mount a small one; without it the other faults take its place.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path

from chaos.loss_attempt import FAULTS, Attempt
from chaos.loss_disk import SmallDisk

#: Rounds that share a worker's home, and so its mirror.
ROUNDS_PER_HOME = 25


def main() -> int:
    parser = argparse.ArgumentParser(description="Ends attempts in the middle, and counts what is lost.")
    parser.add_argument("rounds", nargs="?", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    lanes = min(os.cpu_count() or 1, arguments.rounds)
    shares = [range(lane, arguments.rounds, lanes) for lane in range(lanes)]
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ploeg-loss-") as folder:
        jobs = [(Path(folder) / str(lane), arguments.seed, share) for lane, share in enumerate(shares)]
        # A process for each, started and not forked: the rounds fork by themselves.
        with get_context("spawn").Pool(lanes) as pool:
            totals = sum(pool.starmap(_lane, jobs), Counter())
    return _verdict(arguments.rounds, totals, time.monotonic() - began)


def _lane(folder: Path, seed: int, rounds: range) -> Counter[str]:
    # What each worker would load with its first job, loaded once.
    for name in ("ploeg.worker.agent", "ploeg.worker.toolbox", "uvicorn", "mcp.server.lowlevel", "h11"):
        import_module(name)
    totals: Counter[str] = Counter()
    faults = FAULTS if SmallDisk.possible(folder) else tuple(fault for fault in FAULTS if fault != "full disk")
    for turn, number in enumerate(rounds):
        dice = random.Random(f"{seed} {number}")
        fault = faults[number % len(faults)]
        home = folder / (f"small-{number}" if fault == "full disk" else f"home-{turn // ROUNDS_PER_HOME}")
        totals += Attempt(folder, home, number + 1, fault, dice).run()
    return totals


def _verdict(rounds: int, totals: Counter[str], seconds: float) -> int:
    print(", ".join(f"{fault} {totals[fault]}" for fault in FAULTS))
    for what in ("committed", "uncommitted"):
        found = totals[what] - totals[f"{what} lost"]
        print(f"{what} files {totals[what]} found again {found} lost {totals[f'{what} lost']}")
    print(f"on the remote as well {totals['shared']}, all of it in {totals['shared whole']}")
    lost = totals["committed lost"] + totals["uncommitted lost"] + totals["shared"] - totals["shared whole"]
    print(f"rounds {rounds} lost {lost} in {seconds:.0f} s", flush=True)
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
