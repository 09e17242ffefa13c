"""Kills worker processes over all phases of their attempts, and counts what was lost, doubled or left behind.

    python -m chaos.kill_worker [KILLS] [--seed 1] [--workers 2] [--sandbox none]

A real server hands jobs to real workers, whose agents do a little real work and start a process that would run on.
Each round one worker dies by kill -9 in a phase that is drawn at random, and is started anew. In the end every job
must have ended; the branch of each done one holds its work, once; nothing that a killed worker had started lives on.
A job whose worker died under it three times fails for good: that is its rule, and is counted by itself.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from chaos.crew import Crew
from ploeg.domain.retry import MAX_COUNTED

PHASES = ("prepare", "agent", "verify", "push", "report")
#: Jobs that should be waiting, so that no worker is idle for long.
WAITING = 4
#: How an attempt ends whose worker died: before its push was begun, and after.
WORKER_DIED = ("worker_lost", "push_failed")
#: Seconds to wait for a worker to be in the phase that was drawn; then any will do.
DRAWN_WITHIN = 8.0
#: The report is over too soon to be seen from outside: it comes about this many seconds after the push began.
AFTER_THE_PUSH = 0.65
#: Seconds for all jobs to end when the killing is over.
PATIENCE = 300.0


def main() -> int:
    parser = argparse.ArgumentParser(description="Kills workers and counts what was lost.")
    parser.add_argument("kills", nargs="?", type=int, default=20)
    parser.add_argument("--kills", dest="kills_too", type=int, help="the same, by name")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--sandbox", choices=["auto", "bubblewrap", "none"], default="auto")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    random.seed(arguments.seed)
    with tempfile.TemporaryDirectory(prefix="ploeg-chaos-") as folder:
        crew = Crew(Path(folder), arguments.workers, arguments.sandbox)
        try:
            crew.start()
            return Torment(crew).run(arguments.kills_too or arguments.kills)
        finally:
            crew.stop()


class Torment:
    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self._killed_in: Counter[str] = Counter()
        self._findings: list[str] = []
        self._orphans = 0

    def run(self, kills: int) -> int:
        """Exit code: 0 when nothing was violated."""
        for _ in range(kills):
            self._keep_busy()
            self._kill_one()
        print("killed in " + ", ".join(f"{phase} {self._killed_in[phase]}" for phase in (*PHASES, "none")), flush=True)
        self._let_them_finish()
        return self._verdict(kills)

    def _keep_busy(self) -> None:
        """Jobs that wait out a pause after a kill keep nobody busy."""
        ready = [job for job in self._crew.jobs("queued") if job["not_before"] is None]
        for _ in range(WAITING - len(ready)):
            self._crew.queue()

    def _kill_one(self) -> None:
        name, phase = self._victim(random.choice(PHASES))
        orphans = self._crew.kill(name)
        self._killed_in[phase] += 1
        self._orphans += len(orphans)
        self._findings += [f"outlived its worker, killed in {phase}: {orphan}" for orphan in orphans]
        self._crew.start_worker(name)

    def _victim(self, drawn: str) -> tuple[str, str]:
        """The first worker that is in the phase that was drawn, or in any if none gets there in time."""
        wanted, moments = ("push", AFTER_THE_PUSH) if drawn == "report" else (drawn, 0.0)
        deadline = time.monotonic() + DRAWN_WITHIN
        while True:
            phases = self._crew.phases()
            for name, found in phases.items():
                if wanted in found:
                    time.sleep(moments)
                    return name, drawn
            if time.monotonic() > deadline:
                busy = {name: found[0] for name, found in phases.items() if found}
                return random.choice(list(busy.items())) if busy else (random.choice(self._crew.names), "none")
            time.sleep(0.02)

    def _let_them_finish(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while self._crew.jobs("queued", "claimed", "running", "waiting") and time.monotonic() < deadline:
            time.sleep(0.2)

    def _verdict(self, kills: int) -> int:
        jobs = [self._crew.detail(job["code"]) for job in self._crew.jobs()]
        lost = [job["code"] for job in jobs if job["ended_at"] is None]
        twice = [job["code"] for job in jobs if _done(job) > 1]
        self._findings += [f"never ended: {code}" for code in lost]
        self._findings += [f"finished twice: {code}" for code in twice]
        for job in jobs:
            self._findings += self._held_against_the_remote(job)
        ended = Counter(str(job["outcome"]) for job in jobs)
        for finding in self._findings:
            print(finding)
        print(f"ended as {', '.join(f'{outcome} {count}' for outcome, count in ended.most_common())}")
        print(
            f"kills {kills} jobs {len(jobs)} lost {len(lost)} finished twice {len(twice)} orphans {self._orphans}",
            flush=True,
        )
        return 1 if self._findings else 0

    def _held_against_the_remote(self, job: dict[str, Any]) -> list[str]:
        """What is wrong with a job's end: done is on the remote, once; anything else died with its workers thrice."""
        remote, code, branch = self._crew.remote, job["code"], job["branch"]
        if job["status"] == "done":
            commits = remote.git("rev-list", f"main..{branch}").split()
            heads = [attempt["head_sha"] for attempt in job["attempts"] if attempt["outcome"] == "done"]
            if len(commits) != 1 or heads != commits:
                return [f"{code}: done at {heads}, the remote has {commits}"]
            return []
        ends = Counter(attempt["outcome"] for attempt in job["attempts"])
        if job["status"] == "failed" and sum(ends[died] for died in WORKER_DIED) == MAX_COUNTED:
            return []
        return [] if job["ended_at"] is None else [f"{code}: {job['status']} as {job['outcome']}: {job['reason']}"]


def _done(job: dict[str, Any]) -> int:
    return sum(attempt["outcome"] == "done" for attempt in job["attempts"])


if __name__ == "__main__":
    sys.exit(main())
