"""The page of ideas says what the code does."""

from __future__ import annotations

import re

import pytest

from ploeg.control.ideas.plan_document import read
from ploeg.domain.gate import VerifyRequired
from ploeg.domain.idea_step import MATERIALISABLE, IdeaStatus, Step
from tests.docs.pages import DOCS

PAGE = (DOCS / "ideas.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("step", "statuses"),
    [
        ("grill", Step.GRILL.allowed_from),
        ("plan", Step.PLAN.allowed_from),
        ("review", Step.REVIEW.allowed_from),
        ("materialise", MATERIALISABLE),
    ],
)
def test_the_page_says_where_each_step_starts_from(step: str, statuses: frozenset[IdeaStatus]) -> None:
    (row,) = re.findall(rf"^\| {step} \| (.*) \|$", PAGE, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", row)) == {str(status) for status in statuses}


def test_the_plan_on_the_page_is_one() -> None:
    (example,) = re.findall(r"```\n(---\npbi:.*?)```", PAGE, re.DOTALL)
    plan, flaws = read(example)
    assert flaws == []
    assert plan is not None
    assert plan.counts == {"stories": 1, "tasks": 2}
    assert plan.stories[0].tasks[1].required is VerifyRequired.ALIGNED_OR_PARTIAL
