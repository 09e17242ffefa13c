"""Sprints by command: planned, checked, started, looked at, paused, cancelled."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from tests.cli.conftest import Ploeg


@pytest.fixture
def product(crew: Ploeg, repository: Path) -> str:
    """A product with a story of two tasks, the second one without a plan."""
    name = f"sprints-{uuid.uuid4().hex[:8]}"
    crew("product", "add", name, "--code", name, "--repo", str(repository), "--strategy", "sprint")
    pbi = crew("backlog", "pbi", "add", "An item", "-p", name, "--json").json
    story = crew("backlog", "story", "add", pbi["id"], "Pay by card", "--json").json
    crew("backlog", "task", "add", story["id"], "The form", "--plan-file", "-", stdin="Edit `form.txt`.")
    crew("backlog", "task", "add", story["id"], "The button")
    return name


def test_a_sprint_from_its_goal_to_its_end(crew: Ploeg, product: str) -> None:
    def sprint(command: str, *arguments: str) -> str:
        done = crew("sprint", command, *arguments, "-p", product)
        assert done.code == 0, done.err
        return done.out

    assert sprint("add", "Customers can pay", "--code", "pay", "--end", "2026-12-04") == "pay added\n"
    assert "plan stories into it:\n        ploeg sprint plan pay ST-…" in sprint("show", "pay")
    assert sprint("plan", "pay", "ST-001") == "pay has 1 story\n"

    check = crew("sprint", "check", "pay", "-p", product)
    assert (check.code, check.out) == (
        1,
        "✗ T-2 has no implementation plan; write one with `ploeg backlog task edit T-2`\n",
    )
    refused = crew("sprint", "start", "pay", "-p", product)
    assert (refused.code, "T-2 has no implementation plan" in refused.err) == (1, True)
    crew("backlog", "task", "edit", "T-2", "-p", product, "--plan-file", "-", stdin="Edit `button.txt`.")
    assert sprint("check", "pay") == "✓ ready to run under SPRINT: T-1, T-2\n"

    assert sprint("start", "pay", "--label", product) == "the run of pay is QUEUED: 2 queued\n"
    assert sprint("pause", "pay", "--reason", "lunch") == "the run of pay is PAUSED: 2 queued\n"
    page = sprint("show", "pay")
    for part in (
        "pay  Customers can pay",
        "stories   0 of 1 done",
        "days      … to 2026-12-04",
        "strategy  SPRINT",
        "branch    ploeg/sprint-pay-",
        "ST-001  IN_SPRINT  Pay by card",
        "  T-1   TO_DO      The form",
        "why   the run is paused: lunch",
        "next  let it go on:\n        ploeg sprint resume pay",
    ):
        assert part in page, page
    assert sprint("resume", "pay") == "the run of pay is RUNNING: 2 queued\n"
    assert "waits for a worker that offers the runtime «patch»" in sprint("show", "pay")
    (first, second) = [
        task["job"]["code"] for task in crew("sprint", "show", "pay", "-p", product, "--json").json["plan"][0]["tasks"]
    ]
    foreseen = crew("job", "cascade", first).out
    assert foreseen == (
        "would fail           T-1, ST-001, PBI-1, sprint pay\n"
        f"runs that would end  that of pay\njobs cancelled       {second}\n"
    )
    assert sprint("cancel", "pay") == "the run of pay is CANCELLED: 2 cancelled\n"
    assert "cancelled by" in sprint("runs", "pay")
    assert sprint("unplan", "pay", "ST-001") == "pay has 0 stories\n"
    assert sprint("edit", "pay", "--status", "archived") == "pay changed: it is ARCHIVED\n"
    assert crew("sprint", "list", "-p", product, "--json").json[0]["status"] == "ARCHIVED"
    assert sprint("list", "--status", "open") == ""
