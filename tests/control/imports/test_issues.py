"""A forge's issues, as `gh` and the forges' APIs write them, read into drafts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ploeg.control.imports import issues
from ploeg.domain.errors import Invalid
from ploeg.domain.plan import PROSE_MAX

FROM_GH = {
    "number": 12,
    "title": "Pay by card",
    "body": "Please.\r\n",
    "labels": [{"name": "wish", "color": "fff"}],
    "state": "OPEN",
    "milestone": {"number": 1, "title": "Spring", "description": "By May."},
    "url": "https://github.com/me/shop/issues/12",
    "assignees": [{"login": "ada"}],
}
FROM_FORGEJO = {
    "number": 7,
    "title": "Ship it",
    "body": "",
    "labels": None,
    "state": "closed",
    "milestone": None,
    "html_url": "https://forge.example/me/shop/issues/7",
    "pull_request": None,
}


def read(*found: dict[str, Any], name: str | None = None) -> Any:
    return issues.read({"issues.json": json.dumps(found)}, name)


def test_an_issue_is_a_story_and_its_milestone_a_backlog_item() -> None:
    (pbi,) = read(FROM_GH).pbis
    (story,) = pbi.stories
    assert (pbi.title, pbi.description) == ("Spring", "By May.")
    assert pbi.source == "issues:github.com/me/shop/milestone:Spring"
    assert (story.source, story.title, story.assignees) == ("issues:github.com/me/shop#12", "Pay by card", ("ada",))
    assert story.description == "Please.\n\nLabels: wish\n\nFrom https://github.com/me/shop/issues/12"
    assert story.tasks == ()


def test_a_closed_issue_is_finished() -> None:
    drafts = read(FROM_FORGEJO)
    assert drafts.pbis[0].title == "Issues of forge.example/me/shop"
    assert drafts.pbis[0].stories[0].tasks[0].done
    assert drafts.unfinished().pbis == ()


def test_issues_are_in_the_order_of_their_numbers_and_pull_requests_left_out() -> None:
    drafts = read({**FROM_GH, "number": 100}, FROM_GH, {**FROM_GH, "number": 13, "pull_request": {"url": "x"}})
    assert [story.source.rpartition("#")[2] for story in drafts.pbis[0].stories] == ["12", "100"]
    assert drafts.notes == ("1 pull requests are left out",)


def test_without_a_url_the_name_tells_the_repository() -> None:
    bare = {"number": 1, "title": "One", "url": "javascript:alert(1)/issues/1"}
    assert read(bare, name="me/shop").pbis[0].stories[0].source == "issues:me/shop#1"
    assert read(bare).pbis[0].stories[0].source == "issues:issues#1"


def test_a_long_body_is_cut_and_says_so() -> None:
    (pbi,) = read({**FROM_GH, "body": "x" * 70_000}).pbis
    assert len(pbi.stories[0].description) <= PROSE_MAX
    assert "cut here" in pbi.stories[0].description


@pytest.mark.parametrize("text", ["", "{}", "[1]", '[{"title": "x"}]', '[{"number": 1}]', "[" * 100_000])
def test_what_is_no_list_of_issues_is_refused_by_name(text: str) -> None:
    with pytest.raises(Invalid, match=r"issues\.json"):
        issues.read({"issues.json": text}, None)


def test_an_address_that_is_none_is_no_repository() -> None:
    (pbi,) = read(FROM_GH | {"url": "https://[::1/me/shop/issues/12"}, name="shop").pbis
    assert pbi.stories[0].source == "issues:shop#12"


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(Invalid, match="issue 1 of the list lacks its number"):
        read(FROM_GH | {"number": True})


def test_what_no_database_can_hold_is_replaced() -> None:
    (pbi,) = read(FROM_GH | {"title": "Pay \ud800", "body": "by\x00card"}).pbis
    assert pbi.stories[0].title == "Pay �"
    assert (pbi.stories[0].description or "").startswith("by�card")
