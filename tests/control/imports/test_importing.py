"""Items of other tools become a backlog once, and only what changed changes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ploeg.control.backlog import archive, backlog, dependencies
from ploeg.control.backlog.placing import Place
from ploeg.control.imports import importing
from ploeg.control.imports.importing import Action, Report, Wish
from ploeg.control.products import products
from ploeg.domain.codes import CodeKind
from ploeg.domain.errors import Denied, Invalid
from tests.control.house import House

PLAN = """---
pbi:
  title: Invoices
  description: Customers want them.
stories:
  - title: Address
    acceptance_criteria: It stands on it.
    tasks:
      - title: Field
        implementation_plan: Edit `src/form.py`.
      - title: Page
        implementation_plan: Edit `src/page.py`.
        verify_required: ALIGNED
---
Assumes that there are customers.
"""


@pytest.fixture
def demo(house: House) -> House:
    house.product()
    return house


def bring(house: House, text: str = PLAN, format: str = "plan", **wish: Any) -> Report:
    asked = Wish(**{"format": format, "files": {"invoices.md": text}, **wish})
    return house.write(importing.bring_in, house.admin, "demo", asked, importing.read(asked))


def actions(report: Report) -> dict[str, str | None]:
    return {line.title: line.action for line in report.lines}


def count(house: House) -> int:
    return sum(len(house.read(verb, house.admin, "demo")) for verb in (backlog.pbis, backlog.stories, backlog.tasks))


def test_a_plan_becomes_a_backlog_item_with_its_stories_and_tasks(demo: House) -> None:
    report = bring(demo)
    assert [(line.action, line.code) for line in report.lines] == [
        (Action.NEW, "PBI-1"),
        (Action.NEW, "ST-001"),
        (Action.NEW, "T-1"),
        (Action.NEW, "T-2"),
    ]
    task = demo.read(backlog.show_task, demo.admin, "T-2").item
    assert getattr(task, "implementation_plan", "") == "Edit `src/page.py`."
    assert str(getattr(task, "verify_required", "")) == "ALIGNED"


def test_a_dry_run_says_the_same_and_does_nothing(demo: House) -> None:
    report = bring(demo, dry_run=True)
    assert [(line.action, line.code) for line in report.lines] == [(Action.NEW, None)] * 4
    assert count(demo) == 0
    assert [line.title for line in report.lines] == [line.title for line in bring(demo).lines]


def test_the_same_again_makes_nothing_twice(demo: House) -> None:
    bring(demo)
    again = bring(demo)
    assert {line.action for line in again.lines} == {Action.KNOWN}
    assert [line.code for line in again.lines] == ["PBI-1", "ST-001", "T-1", "T-2"]
    assert count(demo) == 4


def test_what_changed_at_its_source_is_told_and_follows_when_it_may(demo: House) -> None:
    bring(demo)
    changed = PLAN.replace("Edit `src/form.py`.", "Edit `src/field.py`.").replace("src/page.py", "src/pages.py")
    demo.write(backlog.edit_task, demo.admin, "T-2", {"status": "DONE"}, Place())
    assert actions(bring(demo, changed))["Field"] == Action.CHANGED
    report = actions(bring(demo, changed, update=True))
    assert (report["Field"], report["Page"], report["Address"]) == (Action.UPDATED, Action.CHANGED, Action.KNOWN)
    task = demo.read(backlog.show_task, demo.admin, "T-1").item
    assert getattr(task, "implementation_plan", "") == "Edit `src/field.py`."


def test_what_was_archived_here_stays_there(demo: House) -> None:
    bring(demo)
    demo.write(archive.archive_story, demo.admin, "ST-001")
    longer = PLAN.replace(
        "      - title: Page", "      - title: Fax\n        implementation_plan: x\n      - title: Page"
    )
    assert actions(bring(demo, longer)) == {
        "Invoices": Action.KNOWN,
        "Address": Action.LEFT_OUT,
        "Field": Action.LEFT_OUT,
        "Fax": Action.LEFT_OUT,
        "Page": Action.LEFT_OUT,
    }


def test_a_plan_s_flaws_are_named_by_line_and_field(demo: House) -> None:
    with pytest.raises(Invalid, match=r"line 9: stories\[1\].tasks\[1\].implementation_plan"):
        bring(demo, PLAN.replace("        implementation_plan: Edit `src/form.py`.\n", ""))
    assert count(demo) == 0


def test_what_waits_at_the_source_waits_here_and_a_circle_is_told(demo: House) -> None:
    def task(id: str, needs: str) -> str:
        return f"---\nid: {id}\ntitle: {id}\nstatus: To Do\ndependencies: [{needs}]\n---\n"

    files = {"tasks/1.md": task("TASK-1", "TASK-2"), "tasks/2.md": task("TASK-2", "TASK-1")}
    report = bring(demo, format="backlog.md", files=files)
    needs = demo.read(dependencies.show, demo.admin, CodeKind.TASK, "T-1").needs
    assert [view.item.code for view in needs] == ["T-2"]
    (note,) = report.notes
    assert "T-2 does not wait for T-1" in note
    assert "T-2 → T-1 → T-2" in note


def test_finished_things_come_when_they_are_wanted_and_people_who_are_known_here_are_assigned(demo: House) -> None:
    demo.person("ada")
    demo.write(products.set_member, demo.admin, "demo", "ada", "member")
    issue = {"title": "Pay", "assignees": [{"login": "bob"}, {"login": "ada"}]}
    found = [{**issue, "number": 1, "state": "OPEN"}, {**issue, "number": 2, "state": "CLOSED"}]
    first = bring(demo, json.dumps(found), "issues", name="me/shop")
    assert first.notes == ["2 finished items are left out"]
    bring(demo, json.dumps(found), "issues", name="me/shop", finished=True)
    stories = demo.read(backlog.stories, demo.admin, "demo")
    assert [(view.item.status, view.assignee) for view in stories] == [("OPEN", "ada"), ("DONE", "ada")]


@pytest.mark.parametrize(
    "wish",
    [{"format": "trello"}, {"files": {}}, {"name": "two\nlines"}, {"files": {"a.md": PLAN, "b.md": PLAN}, "name": "x"}],
)
def test_a_wish_that_cannot_be_is_refused(demo: House, wish: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        bring(demo, **wish)


def test_a_viewer_imports_nothing(demo: House) -> None:
    ada = demo.person("ada")
    demo.write(products.set_member, demo.admin, "demo", "ada", "viewer")
    wish = Wish(format="plan", files={"a.md": PLAN})
    with pytest.raises(Denied):
        demo.write(importing.bring_in, ada, "demo", wish, importing.read(wish))


def test_a_dry_run_refuses_what_an_import_would(demo: House) -> None:
    found = json.dumps([{"title": "Ring \x07", "number": 1}])
    for dry_run in (True, False):
        with pytest.raises(Invalid, match="without control characters"):
            bring(demo, found, "issues", name="me/shop", dry_run=dry_run)
    assert count(demo) == 0
