"""Products and backlogs by command, for people and for programs."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from tests.cli.conftest import Ploeg


@pytest.fixture
def shop(crew: Ploeg, repository: Path) -> str:
    """A product of this test's own."""
    name = f"shop-{uuid.uuid4().hex[:8]}"
    added = crew("product", "add", name, "--code", name, "--repo", str(repository), "--verify", "true", "--json").json
    return str(added["code"])


@pytest.fixture
def story(crew: Ploeg, shop: str) -> str:
    pbi = crew("backlog", "pbi", "add", "Invoices", "-p", shop, "--json").json
    return str(crew("backlog", "story", "add", pbi["id"], "Address", "--json").json["id"])


def test_a_product_is_added_shown_and_listed(crew: Ploeg, shop: str) -> None:
    shown = crew("product", "show", shop)
    assert "verify_commands  true" in shown.out
    assert shop in [product["code"] for product in crew("product", "list", "--json").json]
    listed = crew("product", "list")
    assert listed.out.splitlines()[0].split() == ["CODE", "NAME", "ROLE", "REPOSITORY", "STATE"]
    assert shop in listed.out


def test_an_edit_changes_what_it_names_and_nothing_else(crew: Ploeg, shop: str) -> None:
    crew("product", "edit", shop, "--done", "it is tested", "--max-minutes", "5", "--verify", "a", "--verify", "b")
    product = crew("product", "show", shop, "--json").json
    assert product["definition_of_done"] == "it is tested"
    assert product["config"] == {"max_minutes": 5.0, "verify_commands": ["a", "b"]}
    assert crew("product", "edit", shop, "--unset", "max_minutes", "--json").json["config"] == {
        "verify_commands": ["a", "b"]
    }


def test_an_archived_product_leaves_the_list_and_comes_back(crew: Ploeg, shop: str) -> None:
    assert crew("product", "archive", shop).out == f"product {shop} archived\n"
    assert shop not in [product["code"] for product in crew("product", "list", "--json").json]
    assert shop in [product["code"] for product in crew("product", "list", "--archived", "--json").json]
    assert crew("product", "archive", shop, "--restore", "--json").json["archived_at"] is None


def test_backlog_items_keep_their_order(crew: Ploeg, shop: str) -> None:
    for title in ("one", "two", "three"):
        assert crew("backlog", "pbi", "add", title, "-p", shop).code == 0
    crew("backlog", "pbi", "edit", "PBI-3", "-p", shop, "--before", f"{shop}:PBI-1")
    items = crew("backlog", "pbi", "list", "-p", shop, "--json").json
    assert [item["title"] for item in items] == ["three", "one", "two"]
    assert "PBI-2" in crew("backlog", "pbi", "list", "-p", shop).out
    assert "two" in crew("backlog", "pbi", "show", "PBI-2", "-p", shop).out


def test_a_story_is_shown_with_its_log(crew: Ploeg, shop: str, story: str) -> None:
    crew("backlog", "story", "edit", story, "--criteria", "line one\nline two", "--priority", "1")
    shown = crew("backlog", "story", "show", story)
    assert "acceptance criteria  line one\n                     line two" in shown.out
    assert crew("backlog", "story", "show", story, "--json").json["log"] == []
    assert [s["id"] for s in crew("backlog", "story", "list", "-p", shop, "--pbi", "PBI-1", "--json").json] == [story]


def test_a_plan_comes_from_a_file_or_from_standard_input(crew: Ploeg, shop: str, story: str, tmp_path: Path) -> None:
    plan = tmp_path / "plan.md"
    plan.write_text("Do één thing.\n")
    first = crew("backlog", "task", "add", story, "one", "--plan-file", str(plan), "--json").json
    assert first["implementation_plan"] == "Do één thing.\n"
    crew("backlog", "task", "edit", first["id"], "--plan-file", "-", stdin="Do another.\n")
    assert crew("backlog", "task", "show", first["id"]).out.endswith("\n\nDo another.\n\n")


def test_tasks_are_listed_by_story(crew: Ploeg, shop: str, story: str) -> None:
    crew("backlog", "task", "add", story, "one", "--verify-only", "--priority", "3")
    crew("backlog", "task", "add", story, "two", "--runtime", "claude", "--max-turns", "9")
    tasks = crew("backlog", "task", "list", "-p", shop, "--story", "ST-001", "--json").json
    assert [(task["code"], task["verify_only"], task["config"]) for task in tasks] == [
        ("T-1", True, {}),
        ("T-2", False, {"runtime": "claude", "max_turns": 9}),
    ]
    assert crew("backlog", "task", "list", "-p", shop).out.splitlines()[2].split() == [
        "T-2",
        "ST-001",
        "TO_DO",
        "-",
        "two",
    ]
    edited = crew("backlog", "task", "edit", "T-2", "-p", shop, "--status", "excluded", "--no-verify-only", "--json")
    assert edited.json["status"] == "EXCLUDED"


def test_a_title_cannot_steer_the_terminal(crew: Ploeg, shop: str) -> None:
    crew("backlog", "pbi", "add", "red \u202eevil", "-p", shop)
    assert "red \\u202eevil" in crew("backlog", "pbi", "list", "-p", shop).out


def test_the_rules_of_a_product_are_set_shown_and_taken_away(crew: Ploeg, shop: str) -> None:
    hours = ("--active-hours", "mon-fri 22:00-07:00", "--time-zone", "Europe/Amsterdam")
    changed = crew("product", "edit", shop, *hours, "--max-jobs-of", "claude=2", "--max-in-review", "3", "--json").json
    assert changed["active_hours"] == {"windows": "mon-fri 22:00-07:00", "time_zone": "Europe/Amsterdam"}
    assert (changed["max_jobs_by_runtime"], changed["max_in_review"]) == ({"claude": 2}, 3)
    assert "mon-fri 22:00-07:00 Europe/Amsterdam" in crew("product", "show", shop).out
    cleared = crew("product", "edit", shop, "--active-hours", "always", "--max-in-review", "none", "--json").json
    assert (cleared["active_hours"], cleared["max_in_review"]) == (None, None)
    assert crew("product", "edit", shop, "--active-hours", "at night").code == 2


def test_tasks_are_moved_archived_and_wait_for_each_other(crew: Ploeg, shop: str, story: str) -> None:
    for title in ("one", "two", "three"):
        assert crew("backlog", "task", "add", story, title, "--estimate", "2").code == 0
    crew("backlog", "task", "edit", "T-3", "-p", shop, "--first", "--clear", "estimate")
    assert [task["code"] for task in crew("backlog", "task", "list", "-p", shop, "--json").json] == [
        "T-3",
        "T-1",
        "T-2",
    ]
    assert crew("backlog", "task", "show", "T-3", "-p", shop, "--json").json["estimate"] is None
    waits = crew("backlog", "task", "needs", "T-1", "T-2", "T-3", "-p", shop)
    assert [line.split()[:2] for line in waits.out.splitlines()[1:]] == [["needs", "T-3"], ["needs", "T-2"]]
    circle = crew("backlog", "task", "needs", "T-3", "T-1", "-p", shop)
    assert (circle.code, "T-3 → T-1 → T-3" in circle.err) == (1, True)
    crew("backlog", "task", "needs", "T-1", "T-2", "T-3", "--remove", "-p", shop)
    assert crew("backlog", "task", "needs", "T-1", "-p", shop, "--json").json == {"needs": [], "needed_by": []}
    assert crew("backlog", "task", "archive", "T-1", "-p", shop).out == "T-1 archived\n"
    assert len(crew("backlog", "task", "list", "-p", shop, "--json").json) == 2
    assert len(crew("backlog", "task", "list", "-p", shop, "--archived", "--json").json) == 3
    assert crew("backlog", "task", "archive", "T-1", "-p", shop, "--restore", "--json").json["archived_at"] is None


def test_stories_are_assigned_moved_and_wait_for_each_other(crew: Ploeg, shop: str, story: str) -> None:
    crew("backlog", "pbi", "add", "Shipping", "-p", shop)
    crew("backlog", "story", "add", f"{shop}:PBI-2", "Labels", "--estimate", "5")
    moved = crew(
        "backlog", "story", "edit", "ST-002", "-p", shop, "--pbi", "PBI-1", "--before", "ST-001", "--json"
    ).json
    assert (moved["pbi"], moved["estimate"]) == ("PBI-1", 5.0)
    assert [each["code"] for each in crew("backlog", "story", "list", "-p", shop, "--json").json] == [
        "ST-002",
        "ST-001",
    ]
    needs = crew("backlog", "story", "needs", "ST-001", "ST-002", "-p", shop, "--json").json["needs"]
    assert [each["code"] for each in needs] == ["ST-002"]
    refused = crew("backlog", "story", "edit", "ST-001", "-p", shop, "--assignee", "nobody")
    assert (refused.code, "assignee" in refused.err) == (2, True)
    assert crew("backlog", "pbi", "archive", "PBI-1", "-p", shop).code == 0
    assert crew("backlog", "story", "list", "-p", shop, "--json").json == []
