"""The plan document: what it may say, and how each flaw is named."""

from __future__ import annotations

from typing import Any

import pytest

from ploeg.domain.backlog import Priority
from ploeg.domain.gate import VerifyRequired
from ploeg.domain.plan import (
    IMPLEMENTATION_PLAN_MAX,
    PROSE_MAX,
    STORIES_MAX,
    TITLE_MAX,
    Node,
    Plan,
    PlannedStory,
    PlannedTask,
    read_plan,
)


def node(value: Any, line: int = 1) -> Node:
    """Plain values as the nodes of a document: all of it on one line, unless a value brings its own."""
    match value:
        case Node():
            return value
        case dict():
            return Node(line, {name: node(each, line) for name, each in value.items()})
        case list():
            return Node(line, [node(each, line) for each in value])
        case _:
            return Node(line, str(value))


def task(**fields: Any) -> dict[str, Any]:
    return {"title": "A form", "implementation_plan": "Change `form.py`.", **fields}


def story(*tasks: Any, **fields: Any) -> dict[str, Any]:
    return {"title": "Pay by card", "tasks": list(tasks) or [task()], **fields}


def document(*stories: Any, **fields: Any) -> Node:
    return node({"pbi": {"title": "Pay"}, "stories": list(stories) or [story()], **fields})


def flaws(root: Node) -> list[str]:
    plan, found = read_plan(root)
    assert (plan is None) == bool(found)
    return [str(flaw) for flaw in found]


def planned(root: Node) -> Plan:
    plan, found = read_plan(root)
    assert plan is not None, found
    return plan


def test_a_plan_needs_no_more_than_titles_and_implementation_plans() -> None:
    only = PlannedTask(title="A form", implementation_plan="Change `form.py`.")
    expected = Plan(title="Pay", stories=(PlannedStory(title="Pay by card", tasks=(only,)),))
    assert planned(document()) == expected
    assert expected.counts == {"stories": 1, "tasks": 1}


def test_a_plan_keeps_all_that_it_says() -> None:
    full = task(description="Of fields.", priority=3, verify_required="any", verify_only="True")
    root = node(
        {
            "pbi": {"title": "Pay  by\ncard", "description": "So that it pays.", "priority": 1},
            "stories": [story(full, description="As one.", acceptance_criteria=["it pays", "it says so"], priority=4)],
        }
    )
    plan, _ = read_plan(root, "\n\nWe take it that the bank is up.\n")
    assert plan is not None
    assert (plan.title, plan.description, plan.priority) == ("Pay by card", "So that it pays.", Priority.CRITICAL)
    assert plan.body == "We take it that the bank is up."
    (only,) = plan.stories
    assert (only.priority, only.acceptance_criteria) == (Priority.NICE_TO_HAVE, "- it pays\n- it says so")
    assert only.tasks[0].verify_only is True
    assert only.tasks[0].verify_required is VerifyRequired.ANY


def test_every_flaw_is_told_at_once_in_the_order_of_its_line() -> None:
    root = node(
        {
            "stories": node(
                [
                    node({"titel": node("Pay", 8), "tasks": node([task(priority="high"), "just text"], 9)}, 7),
                    node(story(task(implementation_plan="  ", verify_only="maybe")), 12),
                ],
                6,
            ),
            "pbi": node({"title": node("", 3)}, 2),
        }
    )
    assert flaws(root) == [
        "line 3: pbi.title: give it a title",
        "line 7: stories[1].title: give it a title",
        "line 8: stories[1].titel: there is no such field; use title, description, acceptance_criteria, priority, "
        "tasks",
        "line 9: stories[1].tasks[1].priority: use 1 critical, 2 normal, 3 low or 4 nice to have",
        "line 9: stories[1].tasks[2]: write it as fields: title, description, implementation_plan, priority, "
        "verify_required, verify_only",
        "line 12: stories[2].tasks[1].implementation_plan: say which files to change, and how: no task runs without it",
        "line 12: stories[2].tasks[1].verify_only: use true or false",
    ]


@pytest.mark.parametrize(
    ("root", "said"),
    [
        (node("text"), ["line 1: write it as fields: pbi, stories"]),
        (node({}), ["line 1: pbi: say what the backlog item is: a title, a description, a priority",
                    "line 1: stories: list at least one, each behind a «-»"]),
        (document(pbi="Pay"), ["line 1: pbi: write it as fields: title, description, priority"]),
        (document(stories=[]), ["line 1: stories: list at least one, each behind a «-»"]),
        (document(stories="Pay"), ["line 1: stories: list at least one, each behind a «-»"]),
        (document(story(tasks=[])), ["line 1: stories[1].tasks: list at least one, each behind a «-»"]),
        (document(estimate="L"), ["line 1: estimate: there is no such field; use pbi, stories"]),
        (document(story(title={"a": "b"})),
         ["line 1: stories[1].title: write it as one text; behind «: |», on indented lines, it may be of any form"]),
        (document(story(description="a\0b")), ["line 1: stories[1].description: leave out NUL characters and lone "
                                               "surrogates"]),
        (document(story(title="a\x07b")), ["line 1: stories[1].title: leave out control characters"]),
        (document(story(task(verify_required="SOME"))),
         ["line 1: stories[1].tasks[1].verify_required: use one of ALIGNED, ALIGNED_OR_PARTIAL, ANY"]),
    ],
)  # fmt: skip
def test_a_flaw_says_where_it_is_and_what_would_do(root: Node, said: list[str]) -> None:
    assert flaws(root) == said


@pytest.mark.parametrize(
    ("limit", "build", "field"),
    [
        (TITLE_MAX, lambda text: document(story(title=text)), "stories[1].title"),
        (PROSE_MAX, lambda text: document(story(description=text)), "stories[1].description"),
        (PROSE_MAX, lambda text: document(story(acceptance_criteria=text)), "stories[1].acceptance_criteria"),
        (
            IMPLEMENTATION_PLAN_MAX,
            lambda text: document(story(task(implementation_plan=text))),
            "stories[1].tasks[1].implementation_plan",
        ),
    ],
)
def test_each_text_has_its_limit(limit: int, build: Any, field: str) -> None:
    assert flaws(build("x" * limit)) == []
    assert flaws(build("x" * (limit + 1))) == [f"line 1: {field}: it has {limit + 1} characters; use at most {limit}"]


def test_a_plan_has_no_more_stories_than_people_can_follow() -> None:
    assert flaws(document(*[story()] * STORIES_MAX)) == []
    assert flaws(document(*[story()] * (STORIES_MAX + 1))) == [
        "line 1: stories: there are 51; keep to 50, and plan the rest as another idea"
    ]


@pytest.mark.parametrize(
    "plan",
    [
        "Find all callers of `old()`, then rename it.",
        "Grep for the flag.",
        "Investigate where the time goes.",
        "Search for usages in `src/`.",
        "First explore the parser.",
    ],
)
def test_a_task_that_looks_first_cannot_be_held_to_its_paths(plan: str) -> None:
    strict = PlannedTask(title="t", implementation_plan=plan, verify_required=VerifyRequired.ALIGNED)
    assert strict.required is VerifyRequired.ALIGNED_OR_PARTIAL
    loose = PlannedTask(title="t", implementation_plan=plan, verify_required=VerifyRequired.ANY)
    assert loose.required is VerifyRequired.ANY


def test_a_task_that_names_its_paths_is_held_to_them() -> None:
    plan = "Change `src/find.py`: the search form. Replace `list_all` in `src/explorer.py`."
    assert PlannedTask(title="t", implementation_plan=plan, verify_required=VerifyRequired.ALIGNED).required is (
        VerifyRequired.ALIGNED
    )
