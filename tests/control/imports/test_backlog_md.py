"""A Backlog.md folder, as that tool writes it, read into drafts."""

from __future__ import annotations

import pytest

from ploeg.control.imports import backlog_md
from ploeg.domain.backlog import Priority
from ploeg.domain.errors import Invalid

CONFIG = 'project_name: "Shop"\nstatuses: ["To Do", "In Progress", "Shipped"]\ntask_prefix: "back"\n'
MILESTONE = '---\nid: m-8\ntitle: "Web UI Polish"\n---\n\n## Description\n\nPolish.\n'
LEAF = """---
id: BACK-12
title: 'Pay: by card'
status: To Do
assignee:
  - '@ada'
created_date: '2026-08-17 07:26'
labels:
  - money
milestone: m-8
dependencies: []
priority: high
ordinal: 2000
---

## Description

<!-- SECTION:DESCRIPTION:BEGIN -->
Customers ask for it.
<!-- SECTION:DESCRIPTION:END -->

## Acceptance Criteria
<!-- AC:BEGIN -->
- [ ] #1 A card can be entered
- [x] #2 It is checked
<!-- AC:END -->

## Implementation Plan

<!-- SECTION:PLAN:BEGIN -->
1. Edit `src/pay.py`.
<!-- SECTION:PLAN:END -->

## Implementation Notes

Mind the cents.
"""


def task(id: str, **fields: str) -> str:
    head = {"id": id, "title": f"Title of {id}", "status": "To Do", **fields}
    return "---\n" + "".join(f"{name}: {value}\n" for name, value in head.items()) + "---\n\n## Description\n\nText.\n"


def folder(**tasks: str) -> dict[str, str]:
    return {"config.yml": CONFIG, **{f"tasks/{name}.md": text for name, text in tasks.items()}}


def test_a_task_without_subtasks_is_a_story_with_one_task_that_has_its_plan() -> None:
    drafts = backlog_md.read({**folder(a=LEAF), "milestones/m-8 - web-ui-polish.md": MILESTONE}, None)
    (pbi,) = drafts.pbis
    (story,) = pbi.stories
    (only,) = story.tasks
    assert (pbi.title, pbi.source) == ("Web UI Polish", "backlog.md:milestone:m-8")
    assert (story.title, story.source, story.priority) == ("Pay: by card", "backlog.md:BACK-12", Priority.CRITICAL)
    assert story.acceptance_criteria == "- [ ] A card can be entered\n- [x] It is checked"
    assert story.description == (
        "Customers ask for it.\n\n## Implementation Notes\n\nMind the cents.\n\n## Labels\n\nmoney"
    )
    assert story.assignees == ("ada",)
    assert (only.source, only.implementation_plan) == ("backlog.md:BACK-12/task", "1. Edit `src/pay.py`.")


def test_subtasks_are_tasks_of_the_story_at_the_top_in_their_order() -> None:
    files = folder(
        top=task("BACK-7"),
        b=task("BACK-7.10", parent_task_id="BACK-7"),
        a=task("BACK-7.9", parent_task_id="BACK-7"),
        deep=task("BACK-7.9.1", parent_task_id="BACK-7.9"),
        first=task("BACK-7.20", parent_task_id="BACK-7", ordinal="1000"),
    )
    (pbi,) = backlog_md.read(files, None).pbis
    (story,) = pbi.stories
    assert pbi.title == "Backlog of Shop"
    assert [each.source.rpartition(":")[2] for each in story.tasks] == [
        "BACK-7.20",
        "BACK-7.9",
        "BACK-7.9.1",
        "BACK-7.10",
    ]


def test_dependencies_are_between_single_tasks_or_else_between_stories() -> None:
    files = folder(
        one=task("BACK-1"),
        two=task("BACK-2", dependencies="[back-1, BACK-99]"),
        parent=task("BACK-3", dependencies="['2']"),
        child=task("BACK-3.1", parent_task_id="BACK-3", dependencies="[BACK-1]"),
        last=task("BACK-4", dependencies="[BACK-3, BACK-3.1]"),
    )
    stories = {story.source: story for pbi in backlog_md.read(files, None).pbis for story in pbi.stories}
    assert stories["backlog.md:BACK-2"].tasks[0].needs == ("backlog.md:BACK-1/task",)
    assert stories["backlog.md:BACK-2"].needs == ()
    assert stories["backlog.md:BACK-3"].needs == ("backlog.md:BACK-2",)
    assert stories["backlog.md:BACK-3"].tasks[0].needs == ("backlog.md:BACK-1/task",)
    assert stories["backlog.md:BACK-4"].needs == ("backlog.md:BACK-3",)
    assert stories["backlog.md:BACK-4"].tasks[0].needs == ("backlog.md:BACK-3.1",)


def test_the_project_s_last_status_and_the_completed_folder_mean_done() -> None:
    files = folder(a=task("BACK-1", status="Shipped"), b=task("BACK-2", status="In Progress"))
    files["completed/c.md"] = task("BACK-3")
    drafts = backlog_md.read(files, None)
    assert [story.done for story in drafts.pbis[0].stories] == [True, False, True]
    left = drafts.unfinished()
    assert [story.source for story in left.pbis[0].stories] == ["backlog.md:BACK-2"]
    assert left.notes == ("4 finished items are left out",)


def test_names_of_people_need_no_quotes() -> None:
    for written in ("@codex", "[@codex, '@ada']", "\n  - @codex"):
        (pbi,) = backlog_md.read(folder(a=task("BACK-1", assignee=written)), None).pbis
        assert pbi.stories[0].assignees[0] == "codex"


def test_a_file_that_cannot_be_read_is_left_out_and_named() -> None:
    files = folder(a=task("BACK-1"), b="---\nid: [\n---\n", c="No front matter.\n")
    notes = backlog_md.read(files, None).notes
    assert [note.partition(" is left out")[0] for note in notes] == ["tasks/b.md", "tasks/c.md"]


def test_a_parent_that_is_not_there_or_its_own_child_does_no_harm() -> None:
    files = folder(a=task("BACK-1", parent_task_id="BACK-2"), b=task("BACK-2", parent_task_id="BACK-1"))
    files |= {"tasks/c.md": task("BACK-3", parent_task_id="BACK-99")}
    assert len([story for pbi in backlog_md.read(files, None).pbis for story in pbi.stories]) == 2


def test_a_folder_without_tasks_is_refused() -> None:
    with pytest.raises(Invalid, match=r"tasks/\*\.md"):
        backlog_md.read({"readme.md": "Hello"}, None)


def test_what_no_database_can_hold_is_replaced() -> None:
    (pbi,) = backlog_md.read(folder(a=task("BACK-1", title='"Pay \\ud800"', milestone='"\\0"')), None).pbis
    assert (pbi.source, pbi.stories[0].title) == ("backlog.md:milestone:\ufffd", "Pay \ufffd")
