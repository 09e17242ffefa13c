"""A sprint worked off by real workers: three stories of two tasks each, two workers at the same time."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest

from tests.e2e.installation import Installation, wait_for
from tests.e2e.repository import Remote

#: Each task writes a line behind what the one before it on its branch wrote.
PLAN = """
```sh
echo {task} >> {file}
```

Only `{file}` is changed.
"""


def groom(ploeg: Installation, *, one_file: bool) -> None:
    """Stories ST-001 to ST-003 with tasks T-1 to T-6; each story has a file of its own unless there is one for all."""
    ploeg.ask("POST", "/products/demo/pbis", {"title": "An item"})
    for story in range(1, 4):
        ploeg.ask("POST", "/pbis/PBI-1/stories", {"title": f"Story {story}"})
        for task in (story * 2 - 1, story * 2):
            file = "sprint.txt" if one_file else f"story-{story}.txt"
            body = {"title": f"Task {task}", "implementation_plan": PLAN.format(task=f"T-{task}", file=file)}
            ploeg.ask("POST", f"/stories/ST-00{story}/tasks", body)


def work_off(ploeg: Installation, strategy: str) -> dict[str, Any]:
    """The page of the sprint once its run has ended."""
    body = {"goal": "All of it", "stories": ["ST-001", "ST-002", "ST-003"]}
    code = ploeg.ask("POST", "/products/demo/sprints", body)["code"]
    assert ploeg.ask("GET", f"/sprints/{code}/preflight", pr_strategy=strategy)["ready"]
    ploeg.ask("POST", f"/sprints/{code}/runs", {"pr_strategy": strategy})
    for name in ("one", "two"):
        ploeg.start_worker_apart(name)
    page: dict[str, Any] = {}

    def ended() -> bool:
        page.update(ploeg.ask("GET", f"/sprints/{code}"))
        return page["run"]["ended_at"] is not None

    wait_for(ended, "the run to end", lambda: f"{page}\n{ploeg.log('one')}\n{ploeg.log('two')}")
    return page


def check_done(ploeg: Installation, page: dict[str, Any]) -> None:
    assert (page["run"]["status"], page["run"]["jobs"]) == ("DONE", {"done": 6}), page["why"]
    assert page["status"] == "CLOSED"
    assert {story["status"] for story in page["plan"]} == {"DONE"}
    assert {task["status"] for story in page["plan"] for task in story["tasks"]} == {"DONE"}
    assert ploeg.ask("GET", "/pbis/PBI-1")["status"] == "DONE"


def spans(ploeg: Installation) -> list[tuple[datetime, datetime]]:
    """When each job was at work, in the order of their codes."""
    jobs = [ploeg.job(f"J-{number}") for number in range(1, 7)]
    return [(datetime.fromisoformat(job["claimed_at"]), datetime.fromisoformat(job["ended_at"])) for job in jobs]


@pytest.fixture
def ploeg(install: Callable[..., Installation], remote: Remote) -> Installation:
    made = install(runtimes="patch", tool_paths=f"{sys.base_prefix}/bin")
    made.add_product(remote.path)
    return made


def test_under_story_each_story_gets_its_branch_with_its_tasks_in_order(ploeg: Installation, remote: Remote) -> None:
    groom(ploeg, one_file=False)
    page = work_off(ploeg, "STORY")
    check_done(ploeg, page)
    branches = [{task["job"]["branch"] for task in story["tasks"]} for story in page["plan"]]
    for number, (story, (branch,)) in enumerate(zip(page["plan"], branches, strict=True), start=1):
        assert branch == f"ploeg/st-00{number}-{story['id'][-6:]}"
        assert remote.content(branch, f"story-{number}.txt") == f"T-{number * 2 - 1}\nT-{number * 2}\n"
    assert len(set.union(*branches)) == 3
    work = spans(ploeg)
    assert all(work[first][1] <= work[first + 1][0] for first in (0, 2, 4)), "one after another within a story"


def test_under_sprint_one_branch_gets_all_tasks_in_order_one_at_a_time(ploeg: Installation, remote: Remote) -> None:
    groom(ploeg, one_file=True)
    page = work_off(ploeg, "SPRINT")
    check_done(ploeg, page)
    branch = page["run"]["branch"]
    assert branch == f"ploeg/sprint-{page['code'].lower()}-{page['run']['id'][-6:]}"
    assert [name for name in remote.branches() if name.startswith("ploeg/")] == [branch]
    assert remote.content(branch, "sprint.txt") == "".join(f"T-{number}\n" for number in range(1, 7))
    work = spans(ploeg)
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(work))
