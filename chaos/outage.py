"""Takes the server away while jobs run, for shorter and longer than their leases, and counts what was lost.

    python -m chaos.outage [OUTAGES] [--seed 1] [--sandbox none]

Real processes: a server that dies by kill -9 and comes back, and a worker that works on, that is sometimes restarted
while the server is away, and sometimes killed. In the end every job must be done, no attempt may have been counted but
those of killed workers, and every line that a worker heard (its run logs) must be in the server's transcripts, once.
Only a worker that is killed may take the lines of its last moments with it; they are counted by themselves.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.e2e.installation import Installation
from tests.e2e.repository import make_remote

from ploeg.domain.retry import MAX_COUNTED

#: Seconds. A worker gives a lease up a third before its end, counted from the renewal before the outage.
LEASE, RENEWAL = 8.0, 4.0
SHORTEST, LONGEST = 0.3, 8.0
#: What a job says while it is set up, for about two seconds.
LINES = 40
TALK = f'for n in $(seq {LINES}); do echo "word $n"; sleep 0.05; done'
PLAN = "```file=job.txt\njob {number}\n```\n"
#: What becomes of the worker while the server is away, as often as it is named.
FATES = ("goes on", "goes on", "goes on", "restarted", "restarted", "killed")
PATIENCE = 240.0


def main() -> int:
    parser = argparse.ArgumentParser(description="Takes the server away and counts what was lost.")
    parser.add_argument("outages", nargs="?", type=int, default=10)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--sandbox", choices=["auto", "bubblewrap", "none"], default="auto")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    random.seed(arguments.seed)
    with tempfile.TemporaryDirectory(prefix="ploeg-outage-") as folder:
        outages = Outages(Path(folder), arguments.sandbox)
        try:
            return outages.run(arguments.outages)
        finally:
            outages.installation.close()


class Outages:
    def __init__(self, folder: Path, sandbox: str) -> None:
        settings = {
            "sandbox": sandbox,
            "lease_seconds": str(LEASE),
            "renew_seconds": str(RENEWAL),
            "slots": "2",
            "drain_grace": "0",
        }
        self.installation = Installation(folder / "ploeg", settings)
        self._remote = make_remote(folder / "origin")
        self._jobs: list[str] = []
        self._fates: Counter[str] = Counter()
        #: How often their worker was killed at work on them.
        self._killed: Counter[str] = Counter()

    def run(self, outages: int) -> int:
        """Exit code: 0 when nothing was violated."""
        self.installation.start_server()
        self.installation.add_product(self._remote.path, config={"setup_commands": [TALK]})
        self.installation.ask("POST", "/products/demo/pbis", {"title": "Everything"})
        self.installation.start_worker()
        for _ in range(outages):
            self._queue()
            self._queue()
            self._until_one_talks()
            self._take_the_server_away()
        self._let_them_finish()
        return self._verdict(outages)

    def _queue(self) -> None:
        """One more job, in a story and so on a branch of its own."""
        number, ask = len(self._jobs) + 1, self.installation.ask
        story = ask("POST", "/pbis/PBI-1/stories", {"title": f"Story {number}"})
        body = {"title": f"Task {number}", "implementation_plan": PLAN.format(number=number)}
        task = ask("POST", f"/stories/{story['code']}/tasks", body)
        self._jobs.append(self.installation.run_task(task["code"]))

    def _until_one_talks(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while not self._at_work() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(random.uniform(0.0, 1.5))

    def _take_the_server_away(self) -> None:
        fate = random.choice(FATES)
        self._fates[fate] += 1
        self.installation.stop("server", signal.SIGKILL)
        seconds = random.uniform(SHORTEST, LONGEST)
        time.sleep(seconds / 2)
        if fate == "killed":
            self._killed.update(self._held())
        if fate != "goes on":
            self.installation.stop("worker", signal.SIGKILL if fate == "killed" else signal.SIGTERM)
            self.installation.start_worker()
        time.sleep(seconds / 2)
        self.installation.start_server()

    def _at_work(self) -> set[str]:
        found = self.installation.ask("GET", "/jobs", status=["claimed", "running"])["items"]
        return {job["code"] for job in found}

    def _held(self) -> list[str]:
        """The jobs that the worker has at hand, by its own records; it may have ended one that nobody knows of yet."""
        records = (self.installation.home / "worker" / "attempts").glob("att_*")
        return [json.loads(record.read_bytes())["assignment"]["job_code"] for record in records]

    def _let_them_finish(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            jobs = self.installation.ask("GET", "/jobs", status=["queued", "claimed", "running"])["items"]
            if not jobs:
                return
            time.sleep(0.2)

    def _verdict(self, outages: int) -> int:
        findings: list[str] = []
        heard = lost = lost_with_killed = attempts = 0
        for code in self._jobs:
            job = self.installation.job(code)
            attempts += len(job["attempts"])
            findings += self._held_against(job)
            for number, said in enumerate(self._run_logs(code), 1):
                stored = Counter(_words(self.installation.transcript(code, number)))
                missing, twice = said - stored, [word for word, times in stored.items() if times > 1]
                heard += said.total()
                if code in self._killed:
                    lost_with_killed += missing.total()
                else:
                    lost += missing.total()
                    findings += [f"{code} attempt {number}: lost {', '.join(missing)}"] if missing else []
                findings += [f"{code} attempt {number}: twice {', '.join(twice)}"] if twice else []
        for finding in findings:
            print(finding)
        print("the worker " + ", ".join(f"{fate} {count}" for fate, count in self._fates.items()))
        print(
            f"outages {outages} jobs {len(self._jobs)} attempts {attempts} lines {heard} lost {lost} "
            f"(with killed workers {lost_with_killed}) violations {len(findings)}",
            flush=True,
        )
        return 1 if findings else 0

    def _held_against(self, job: dict[str, Any]) -> list[str]:
        """What is wrong with a job's end: done, or its worker was killed under it as often as it may be."""
        code, counted, killed = job["code"], job["counted_attempts"], self._killed[job["code"]]
        if counted > killed:
            return [f"{code}: {counted} attempts were counted, and its worker was killed {killed} times"]
        if job["status"] != "done" and counted < MAX_COUNTED:
            return [f"{code}: {job['status']} as {job['outcome']}"]
        return []

    def _run_logs(self, code: str) -> list[Counter[str]]:
        """What the worker heard in each attempt of a job."""
        logs = sorted((self.installation.home / "runs").glob(f"*-{code}.jsonl"))
        return [_heard(log) for log in logs]


def _heard(log: Path) -> Counter[str]:
    found: Counter[str] = Counter()
    for line in log.read_bytes().splitlines():
        try:
            found[json.loads(line)["command"]] += 1
        except (ValueError, KeyError):
            continue
    return Counter({word: count for word, count in found.items() if word.startswith("word ")})


def _words(events: list[dict[str, Any]]) -> list[str]:
    told = [str(event["text"]) for event in events if event.get("action") == "command_output"]
    return [line for text in told for line in text.splitlines() if line.startswith("word ")]


if __name__ == "__main__":
    sys.exit(main())
