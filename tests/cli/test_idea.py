"""Ideas by command: four of them make sprint-ready work of a line."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from tests.cli.conftest import Ploeg
from tests.control.ideas.test_ideas import PLAN


@pytest.fixture
def product(crew: Ploeg, repository: Path) -> str:
    name = f"ideas-{uuid.uuid4().hex[:8]}"
    assert crew("product", "add", name, "--code", name, "--repo", str(repository), "--runtime", "no-such").code == 0
    return name


def added(crew: Ploeg, product: str) -> str:
    code: str = crew("idea", "add", "Dark mode", "-p", product, "--json").json["idea"]["code"]
    return code


def test_four_commands_make_sprint_ready_work_of_a_line(crew: Ploeg, product: str) -> None:
    first = crew("idea", "add", "Dark mode", "-p", product)
    code = first.out.split()[0]
    assert first.out == f"{code} added; next: `ploeg idea grill {code}`\n"
    assert crew("idea", "grill", code, "--file", "-", stdin="# Scope\nAll pages.").code == 0
    planned = crew("idea", "plan", code, "--file", "-", stdin=PLAN)
    assert planned.out.startswith(f"{code} is PLAN_READY: 2 stories, 3 tasks; next: ")
    made = crew("idea", "materialise", code)
    assert made.out == "PBI-1 with ST-001, ST-002: 3 tasks, ready for work\n"
    tasks = crew("backlog", "task", "list", "-p", product, "--json").json
    assert sorted((task["code"], task["story"], task["status"]) for task in tasks) == [
        ("T-1", "ST-001", "TO_DO"),
        ("T-2", "ST-001", "TO_DO"),
        ("T-3", "ST-002", "TO_DO"),
    ]
    assert "- title: Draw it" in crew("backlog", "pbi", "plan", "PBI-1", "-p", product).out
    shown = crew("idea", "show", code).out
    for said in (
        "PLANNED",
        "PBI-1",
        "2 lines: ploeg idea show",
        "PLAN_READY → PLANNED",
        "next: ploeg backlog pbi show",
    ):
        assert said in shown
    assert crew("idea", "show", code, "--plan").out.strip() == PLAN.strip()


def test_every_flaw_of_a_plan_is_shown_with_its_place(crew: Ploeg, product: str) -> None:
    code = added(crew, product)
    refused = crew("idea", "plan", code, "--file", "-", stdin="---\npbi:\n  title: Pay\n  prority: 1\nstories:\n---\n")
    assert refused.code == 1
    assert refused.out == (
        "this is no plan yet; mend 2 things:\n"
        "  line 4  pbi.prority: there is no such field; use title, description, priority\n"
        "  line 5  stories: list at least one, each behind a «-»\n"
    )
    assert "mend 2 things" in crew("idea", "show", code).out


def test_a_job_of_an_idea_is_queued_followed_and_cancelled(crew: Ploeg, product: str) -> None:
    code = added(crew, product)
    queued = crew("idea", "go", code, "--until", "sprint")
    job = queued.out.split()[0]
    assert crew("idea", "list", "-p", product, "--json").json[0]["until"] == "sprint"
    assert crew("job", "list", "--idea", code, "--json").json[0]["title"] == "Dark mode"
    assert ["idea", code] in [line.split() for line in crew("job", "show", job).out.splitlines()]
    again = crew("idea", "grill", code)
    assert (again.code, again.err) == (1, f"ploeg: {code} has an unfinished job already: {job} is queued\n")
    assert crew("job", "cancel", job).code == 0
    assert crew("idea", "list", "-p", product).out.splitlines()[1].split()[:4] == [code, "admin", product, "DRAFT"]
    assert f"{job} is cancelled" in crew("idea", "log", code).out


def test_people_judge_share_and_talk(crew: Ploeg, product: str) -> None:
    code = added(crew, product)
    assert crew("idea", "plan", code, "--file", "-", stdin=PLAN).code == 0
    assert crew("idea", "review", code, "--request-changes", "too big").out == f"{code} is PLAN_REVIEW_FAILED\n"
    assert "changes requested: too big" in crew("idea", "show", code).out
    assert crew("idea", "review", code, "--approve", "a", "--reject", "b").code == 2
    assert crew("idea", "share", code).out == f"{code} is shared with the members of {product}\n"
    assert crew("idea", "log", code, "--decision", "Only pages.").out == "noted\n"
    assert crew("idea", "log", code, "--json").json[-1]["type"] == "DECISION"
    assert crew("idea", "chat", code).err.startswith("nothing was said yet")
    job = crew("idea", "say", code, "Which pages?", "--runtime", "no-such-2", "--json").json["job"]
    talk = crew("idea", "chat", code).out
    assert talk.splitlines()[1] == "  Which pages?"
    assert crew("job", "cancel", job).code == 0
    assert crew("idea", "edit", code, "--title", "Night mode").out == f"{code} changed\n"
    assert crew("idea", "archive", code).out == f"{code} archived\n"
    assert crew("idea", "show", "IDEA-99999").code == 2
