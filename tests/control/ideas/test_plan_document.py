"""Plan documents as text: read with the place of every flaw, written so that they are read again."""

from __future__ import annotations

import pytest

from ploeg.control.ideas.plan_document import read, write
from ploeg.domain.backlog import Priority
from ploeg.domain.gate import VerifyRequired
from ploeg.domain.plan import Plan, PlannedStory, PlannedTask
from tests.control.idea_words import PLAN


def flaws(text: str) -> list[str]:
    plan, found = read(text)
    assert (plan is None) == bool(found)
    return [str(flaw) for flaw in found]


def test_a_plan_is_written_as_it_is_read() -> None:
    task = PlannedTask(
        title="yes",
        description=": # - 'quoted'",
        implementation_plan="1. Change `a.py`:\n\n```python\n---\nx = {1: 2}\n```\n\ttabs, ünïcode, space  \n2. Done",
        verify_required=VerifyRequired.ANY,
        verify_only=True,
    )
    story = PlannedStory(
        title="A switch",
        priority=Priority.LOW,
        acceptance_criteria="- one\n- two",
        description="x" * 300,
        tasks=(task,),
    )
    plan = Plan(
        title="2026", description="# no comment", priority=Priority.CRITICAL, stories=(story, story), body="So."
    )
    assert read(write(plan)) == (plan, [])


def test_line_ends_and_a_mark_of_order_do_not_matter() -> None:
    assert read("\ufeff" + PLAN.replace("\n", "\r\n"))[0] == read(PLAN)[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# A plan", ["line 1: begin with a line «---», then «pbi: …» and «stories: …», then a line «---»"]),
        ("---\n---\n", ["line 1: there is nothing between the lines «---»: write «pbi: …» and «stories: …»"]),
        ("---\npbi: [\n---\n", ["line 3: expected the node content, but found '<stream end>'"]),
        ("---\npbi:\n  title: A: b\n---\n", ["line 3: mapping values are not allowed here at «title: A: b»"]),
        ("---\na: &x 1\nb: *x\n---\n", ["line 3: write the value itself, not an alias at «b: *x»"]),
        ("---\n- pbi\n---\n", ["line 2: write it as fields: pbi, stories"]),
        (
            PLAN.replace("  title: Dark mode\n", "  title: Dark mode\n  title: Again\n"),
            ["line 4: pbi.title: give it once"],
        ),
        (
            PLAN.replace("        implementation_plan: Change `store.py`.\n", ""),
            ["line 12: stories[1].tasks[2].implementation_plan: say which files to change, and how: no task runs "
             "without it"],
        ),
    ],
)  # fmt: skip
def test_a_flaw_is_told_with_its_line_in_the_text(text: str, said: list[str]) -> None:
    assert flaws(text) == said


@pytest.mark.parametrize("head", ["a: b\n" * 13_000, f"[{'a,' * 32_000}]\n", f"a: {'[' * 60_000}\n"])
def test_a_text_that_would_take_long_is_refused_early_and_quoted_in_part(head: str) -> None:
    (flaw,) = flaws(f"---\n{head}---\n")
    assert len(flaw) < 200
    assert "use at most 6000 fields and values" in flaw or "nest it less deeply" in flaw
