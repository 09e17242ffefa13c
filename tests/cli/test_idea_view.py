"""How an idea looks on a terminal: all that matters of it, and what comes next."""

from __future__ import annotations

from typing import Any

import pytest

from ploeg.cli.client import Client
from ploeg.cli.idea_view import show_idea
from ploeg.cli.session import only_product


def idea(**given: Any) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "code": "IDEA-001",
        "title": "Dark mode",
        "owner": "ada",
        "shared": True,
        "product": "shop",
        "products": ["site"],
        "status": "DRAFT",
        "until": None,
        "archived_at": None,
        "jobs": [],
        "pbi": None,
        "description": None,
        "grill_md": None,
        "plan_md": None,
        "outline": [],
        "flaws": [],
        "review_log": None,
        "questions": [],
        "log": [],
    }
    return shown | given


def test_a_question_is_shown_with_its_options_and_how_to_answer(capsys: pytest.CaptureFixture[str]) -> None:
    question = {"code": "Q-3", "question": "Which pages?", "options": ["all", "some"], "recommended": 1}
    show_idea(idea(status="GRILLING", until="plan", jobs=["J-4"], questions=[question]))
    assert capsys.readouterr().out.splitlines() == [
        "idea     IDEA-001  Dark mode",
        "owner    ada",
        "product  shop, site",
        "status   GRILLING, on its way to plan",
        "jobs     J-4",
        "",
        "Q-3 asks: Which pages?",
        "  1. all (recommended)",
        "  2. some",
        "  answer with: ploeg question answer Q-3 …",
    ]


def test_a_review_is_shown_with_its_findings_and_the_ways_out(capsys: pytest.CaptureFixture[str]) -> None:
    findings = [{"severity": "major", "problem": "Who pays?", "where": "stories[1]"}, {"problem": "Dull."}]
    rounds = [{"findings": [{"problem": "Old."}]}, {"findings": findings}]
    log = {"verdict": "changes_requested", "summary": "Not yet.", "rounds": rounds}
    show_idea(idea(status="PLAN_REVIEW_FAILED", review_log=log, plan_md="---\n"))
    shown = capsys.readouterr().out.splitlines()
    assert shown[3:] == [
        "status   PLAN_REVIEW_FAILED",
        "plan     1 lines: ploeg idea show IDEA-001 --plan",
        "review   changes requested (round 2): Not yet.",
        "  - major: Who pays? (stories[1])",
        "  - Dull.",
        "",
        "next: ploeg idea plan IDEA-001  or  ploeg idea review IDEA-001 --approve WHY",
    ]


def test_an_idea_without_a_product_is_to_be_given_one_first(capsys: pytest.CaptureFixture[str]) -> None:
    show_idea(idea(product=None, products=[]))
    assert capsys.readouterr().out.splitlines()[-1] == "next: ploeg idea edit IDEA-001 -p PRODUCT"


@pytest.mark.parametrize(
    ("products", "taken"),
    [
        ([], None),
        ([("shop", "member")], "shop"),
        ([("shop", "viewer")], None),
        ([("a", "owner"), ("b", "owner")], None),
    ],
)
def test_the_only_product_to_work_on_needs_no_name(products: list[tuple[str, str]], taken: str | None) -> None:
    class Server(Client):
        def __init__(self) -> None: ...

        def get(self, path: str, **query: Any) -> Any:
            return {"items": [{"code": code, "role": role} for code, role in products]}

    assert only_product(Server()) == taken
