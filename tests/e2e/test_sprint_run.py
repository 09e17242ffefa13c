"""A sprint worked off by real workers: three stories of two tasks each, two workers at the same time."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest

from tests.e2e.installation import Installation, wait_for
from tests.e2e.repository import Remote, make_remote

#: Each task writes a line behind what the one before it on its branch wrote.
PLAN = """
```sh
echo {task} >> {file}
```

Only `{file}` is changed.
"""


@pytest.fixture(scope="module")
def crew(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A server, and two workers on homes of their own."""
    home = tmp_path_factory.mktemp("crew") / "ploeg"
    made = Installation(home, {"runtimes": "patch", "tool_paths": f"{sys.base_prefix}/bin"})
    try:
        made.start_server()
        for name in ("one", "two"):
            made.start_worker_apart(name)
        yield made
    finally:
        made.close()


@dataclass
class Sprint:
    """A product with PBI-1, ST-001 to ST-003 and T-1 to T-6, and a sprint of all of it."""

    crew: Installation
    product: str
    remote: Remote

    @classmethod
    def of(cls, crew: Installation, product: str, remote: Remote, *, one_file: bool) -> Sprint:
        """Each story has a file of its own, unless there is one for all."""
        crew.ask("POST", "/products", {"name": product, "code": product, "repo_url": str(remote.path)})
        crew.ask("POST", f"/products/{product}/pbis", {"title": "An item"})
        for story in (1, 2, 3):
            crew.ask("POST", f"/pbis/{product}:PBI-1/stories", {"title": f"Story {story}"})
            file = "sprint.txt" if one_file else f"story-{story}.txt"
            for task in (story * 2 - 1, story * 2):
                body = {"title": f"Task {task}", "implementation_plan": PLAN.format(task=f"T-{task}", file=file)}
                crew.ask("POST", f"/stories/{product}:ST-00{story}/tasks", body)
        body = {"goal": "All of it", "code": f"all-of-{product}", "stories": ["ST-001", "ST-002", "ST-003"]}
        crew.ask("POST", f"/products/{product}/sprints", body)
        return cls(crew, product, remote)

    def work_off(self, strategy: str) -> dict[str, Any]:
        """The sprint's page once its run has ended, with everything done."""
        where = f"/sprints/all-of-{self.product}"
        assert self.crew.ask("GET", f"{where}/preflight", pr_strategy=strategy)["ready"]
        self.crew.ask("POST", f"{where}/runs", {"pr_strategy": strategy})
        page: dict[str, Any] = {}

        def ended() -> bool:
            page.update(self.crew.ask("GET", where))
            return page["run"]["ended_at"] is not None

        wait_for(ended, "the run to end", lambda: f"{page}\n{self.crew.log('one')}\n{self.crew.log('two')}")
        assert (page["run"]["status"], page["run"]["jobs"]) == ("DONE", {"done": 6}), page["why"]
        assert page["status"] == "CLOSED"
        assert {story["status"] for story in page["plan"]} == {"DONE"}
        assert {task["status"] for story in page["plan"] for task in story["tasks"]} == {"DONE"}
        assert self.crew.ask("GET", f"/pbis/{self.product}:PBI-1")["status"] == "DONE"
        return page

    def spans(self, page: dict[str, Any]) -> list[tuple[datetime, datetime]]:
        """When each task was at work, in the order of the sprint."""
        jobs = [self.crew.job(task["job"]["code"]) for story in page["plan"] for task in story["tasks"]]
        return [(datetime.fromisoformat(job["claimed_at"]), datetime.fromisoformat(job["ended_at"])) for job in jobs]


@pytest.fixture
def remote(tmp_path_factory: pytest.TempPathFactory) -> Remote:
    return make_remote(tmp_path_factory.mktemp("remote"))


def test_under_story_each_story_gets_its_branch_with_its_tasks_in_order(crew: Installation, remote: Remote) -> None:
    sprint = Sprint.of(crew, "stories", remote, one_file=False)
    page = sprint.work_off("STORY")
    branches = [{task["job"]["branch"] for task in story["tasks"]} for story in page["plan"]]
    for number, (story, (branch,)) in enumerate(zip(page["plan"], branches, strict=True), start=1):
        assert branch == f"ploeg/st-00{number}-{story['id'][-6:]}"
        assert remote.content(branch, f"story-{number}.txt") == f"T-{number * 2 - 1}\nT-{number * 2}\n"
    assert len(set.union(*branches)) == 3
    work = sprint.spans(page)
    assert all(work[first][1] <= work[first + 1][0] for first in (0, 2, 4)), "one after another within a story"


def test_under_sprint_one_branch_gets_all_tasks_in_order_one_at_a_time(crew: Installation, remote: Remote) -> None:
    sprint = Sprint.of(crew, "whole", remote, one_file=True)
    page = sprint.work_off("SPRINT")
    branch = page["run"]["branch"]
    assert branch == f"ploeg/sprint-all-of-whole-{page['run']['id'][-6:]}"
    assert [name for name in remote.branches() if name.startswith("ploeg/")] == [branch]
    assert remote.content(branch, "sprint.txt") == "".join(f"T-{number}\n" for number in range(1, 7))
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(sprint.spans(page)))
