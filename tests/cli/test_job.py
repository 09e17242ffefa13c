"""Jobs by command: queue, wait, look, cancel, retry. The runtime is `patch`, the remote is real."""

from __future__ import annotations

import json
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.conftest import Ploeg, git

HELLO = """\
## Greet the world

```diff
--- a/hello.txt
+++ b/hello.txt
@@ -1 +1 @@
-hello
+hello world
```
"""
NO_MATCH = HELLO.replace("-hello\n", "-goodbye\n")
SLOW = "## Wait\n\n```sh\necho waiting\nsleep 600\n```\n"


@dataclass(frozen=True, slots=True)
class Bench:
    """A product with a story; each test has its own, so that codes and lanes are too."""

    ploeg: Ploeg
    product: str
    story: str

    def task(self, plan: str, *options: str) -> str:
        """The new task's code, with its product's."""
        added = self.ploeg(
            *("backlog", "task", "add", self.story, "Greet"), *options, "--plan-file", "-", "--json", stdin=plan
        )
        return f"{self.product}:{added.json['code']}"


@pytest.fixture
def bench(crew: Ploeg, repository: Path) -> Bench:
    code = f"b-{uuid.uuid4().hex[:8]}"
    crew("product", "add", code, "--code", code, "--repo", str(repository), "--verify", "grep world hello.txt")
    pbi = crew("backlog", "pbi", "add", "Greetings", "-p", code, "--json").json
    story = crew("backlog", "story", "add", pbi["id"], "Greet everybody", "--json").json
    return Bench(crew, code, story["id"])


def test_a_job_is_followed_to_its_end_and_leaves_a_branch(bench: Bench, repository: Path) -> None:
    ran = bench.ploeg("job", "run", bench.task(HELLO), "--wait")
    assert ran.code == 0, ran.out + ran.err
    code = ran.out.split()[0]
    steps = [line.split()[1] for line in ran.out.splitlines()]
    assert steps == ["queued", "prepare", "agent", "verify", "push", "report", "done"]
    job = bench.ploeg("job", "show", code, "--json").json
    assert git("-C", str(repository), "rev-parse", job["branch"]) == job["attempts"][-1]["head_sha"]
    shown = bench.ploeg("job", "show", code)
    assert "✓ $ grep world hello.txt" in shown.out
    assert "receipt  commit" in shown.out
    assert bench.ploeg("job", "receipt", code).out.startswith("receipt  commit")
    assert bench.ploeg("job", "receipt", code, "--json").json == job["attempts"][-1]["receipt"]
    diff = bench.ploeg("job", "diff", code)
    assert "+hello world" in diff.out.splitlines()
    assert bench.ploeg("job", "diff", code, "--stat").out.splitlines()[0] == "  hello.txt  +1 -1"
    logs = bench.ploeg("job", "logs", code)
    assert "applied to hello.txt" in logs.out
    assert "\n$ grep world hello.txt\nhello world\n· exit 0 after" in logs.out
    events = [json.loads(line) for line in bench.ploeg("job", "logs", code, "-f", "--json").out.splitlines()]
    assert events
    assert all("type" in event for event in events)


def test_a_job_that_is_refused_exits_1_with_the_reason_and_its_work_is_salvaged(
    bench: Bench, repository: Path, tmp_path: Path
) -> None:
    ran = bench.ploeg("job", "run", bench.task(HELLO, "--verify", "grep -q moon hello.txt"), "--wait")
    assert ran.code == 1
    assert "failed after" in ran.out
    shown = bench.ploeg("job", "show", ran.out.split()[0])
    assert shown.out.count("`grep -q moon hello.txt` ended with 1") == 1

    code, clone = ran.out.split()[0], str(tmp_path / "clone")
    assert f"ploeg/wip/{code} of the repository" in shown.out
    git("clone", "-q", str(repository), clone)
    salvaged = bench.ploeg("job", "salvage", code, "--into", clone)
    assert f"branch salvage/{code}" in salvaged.out, salvaged.err
    assert git("-C", clone, "show", f"salvage/{code}:hello.txt") == "hello world"
    assert "+hello world" in bench.ploeg("job", "salvage", code, "--patch", "-").out
    assert bench.ploeg("job", "salvage", code, "--into", clone, "--json").json["files"] == ["hello.txt"]
    assert bench.ploeg("job", "salvage", code, "--attempt", "9").code == 1


def test_waiting_for_programs_prints_the_job_alone(bench: Bench) -> None:
    ran = bench.ploeg("job", "run", bench.task(NO_MATCH), "--wait", "--json")
    assert ran.code == 1
    job = json.loads(ran.out)
    assert (job["status"], job["outcome"]) == ("failed", "reported_failed")


def test_the_same_key_gives_the_same_job(bench: Bench) -> None:
    task = bench.task(SLOW, "--verify-only")
    key = uuid.uuid4().hex
    first = bench.ploeg("job", "run", task, "--key", key, "--label", "nowhere", "--json").json
    again = bench.ploeg("job", "run", task, "--key", key, "--label", "nowhere", "--json").json
    assert again["code"] == first["code"]
    assert bench.ploeg("job", "show", first["code"]).out.count("nowhere") >= 1
    refused = bench.ploeg("job", "run", task)
    assert refused.code == 1
    assert first["code"] in refused.err
    assert (
        bench.ploeg("job", "cancel", first["code"], "--reason", "no such label").out == f"{first['code']} cancelled\n"
    )


def test_a_running_job_is_cancelled_and_retried(bench: Bench) -> None:
    queued = bench.ploeg("job", "run", bench.task(SLOW), "--json").json
    followed = bench.ploeg.command("job", "logs", queued["code"], "-f")
    wait_for_line(followed, bench.ploeg.env(), "sleep 600")
    cancelled = bench.ploeg("job", "cancel", queued["code"], "--wait", "--json").json
    assert cancelled["status"] == "cancelled"
    assert bench.ploeg("job", "cancel", queued["code"]).code == 1
    retried = bench.ploeg("job", "retry", queued["code"], "--instruction", "be quick", "--json").json
    assert retried["retry_of"] == queued["code"]
    assert bench.ploeg("job", "cancel", retried["code"], "--wait").code == 0


def test_jobs_are_listed_the_newest_first(bench: Bench) -> None:
    task = bench.task(SLOW)
    jobs = []
    for _ in range(3):
        jobs.append(bench.ploeg("job", "run", task, "--label", "nowhere", "--json").json["code"])
        bench.ploeg("job", "cancel", jobs[-1])
    listed = bench.ploeg("job", "list", "-p", bench.product, "--json").json
    assert [job["code"] for job in listed] == jobs[::-1]
    older = bench.ploeg("job", "list", "-p", bench.product, "--before", jobs[1], "-n", "1")
    assert jobs[0] in older.out
    assert older.out.splitlines()[0].split() == ["JOB", "STATUS", "PHASE", "PRODUCT", "ABOUT", "QUEUED", "WHAT"]
    assert bench.ploeg("job", "list", "-p", bench.product, "--status", "done", "--json").json == []
    assert bench.ploeg("job", "list", "-p", bench.product, "--task", task, "--status", "cancelled").code == 0


def test_a_task_without_a_plan_is_not_queued(bench: Bench) -> None:
    bare = bench.ploeg("backlog", "task", "add", bench.story, "No plan", "--json").json
    refused = bench.ploeg("job", "run", bare["id"])
    assert refused.code == 1
    assert "has no implementation plan" in refused.err


def test_a_product_out_of_use_takes_no_jobs(bench: Bench) -> None:
    task = bench.task(HELLO)
    bench.ploeg("product", "archive", bench.product)
    refused = bench.ploeg("job", "run", task)
    assert refused.code == 1
    assert "is archived" in refused.err


def test_workers_are_listed(crew: Ploeg) -> None:
    listed = crew("worker", "list")
    assert listed.out.splitlines()[0].split()[:3] == ["WORKER", "STATE", "SLOTS"]
    (worker,) = crew("worker", "list", "--json").json
    assert worker["online"]
    assert "patch" in worker["runtimes"]


def test_a_worker_is_shown_and_told_what_to_leave_of_the_quota(crew: Ploeg) -> None:
    (worker,) = crew("worker", "list", "--json").json
    assert crew("worker", "floor").out == "your workers leave you 20 % of every quota window\n"
    try:
        assert crew("worker", "floor", "35", "--json").json["min_quota_pct"] == 35
        shown = crew("worker", "show", worker["hostname"]).out
        assert "kept of its quota  35 %" in shown
        assert crew("worker", "show", worker["id"], "--json").json["id"] == worker["id"]
    finally:
        crew("worker", "floor", "20")
    assert crew("worker", "floor", "101").code == 2
    assert "worker list" in crew("worker", "show", "nobody").err


def wait_for_line(command: list[str], env: dict[str, str], words: str) -> None:
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as follower:
        assert follower.stdout is not None
        assert any(words in line for line in follower.stdout), f"it ended without {words!r}"
        follower.terminate()


def test_the_queue_is_ordered_and_put_off_by_command(bench: Bench) -> None:
    first = bench.ploeg("job", "run", bench.task(HELLO), "--not-before", "+2h", "--json")
    assert first.err.startswith("not before ")
    second = bench.ploeg("job", "run", bench.task(HELLO), "--not-before", "+3h", "--json").json
    moved = bench.ploeg("job", "move", second["code"], "--before", first.json["code"])
    assert moved.out == f"{second['code']} moved; `ploeg queue` shows the order\n"
    queue = bench.ploeg("queue", "-p", bench.product, "--json").json
    assert [place["job"]["code"] for place in queue["queued"]] == [second["code"], first.json["code"]]
    assert (queue["total"]["later"], queue["total"]["due"]) == (2, 0)
    shown = bench.ploeg("queue", "-p", bench.product)
    assert "WAITS FOR" in shown.out
    assert "2 later" in shown.err
    assert bench.ploeg("job", "move", second["code"]).code == 2
    assert bench.ploeg("job", "move", second["code"], "--not-before", "soon").code == 2
    for job in (first.json, second):
        bench.ploeg("job", "cancel", job["code"])
