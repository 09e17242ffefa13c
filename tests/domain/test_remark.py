"""What people and machines say about a pull request: which of it asks for something, and of whom it is heard."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ploeg.domain.delivery import Trouble
from ploeg.domain.forge import ChecksState, Comment, PullState, PullStatus, Verdict
from ploeg.domain.ids import DeliveryId, ProductId, PullId, RemarkId
from ploeg.domain.pull import TAKEN_FOR, Pull
from ploeg.domain.remark import (
    COMMANDS_MAX,
    TEXT_MAX,
    Command,
    CommandVerb,
    Remark,
    RemarkKind,
    RemarkState,
    commands,
    holding_back,
    of_comments,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
EVERY = timedelta(minutes=5)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("/ploeg retry", [Command(CommandVerb.RETRY, "")]),
        ("/ploeg  Dispatch   T-3 ", [Command(CommandVerb.DISPATCH, "T-3")]),
        ("Well.\r\n/ploeg fix the name\r\nand the tests\r\n", [Command(CommandVerb.FIX, "the name\nand the tests")]),
        ("/ploeg stop\n/ploeg retry", [Command(CommandVerb.STOP, ""), Command(CommandVerb.RETRY, "")]),
        ("/ploeg dance", [Command(None, "")]),
        ("/ploeg", [Command(None, "")]),
        ("/ploegen fix", []),
        ("say /ploeg stop", []),
        ("> /ploeg stop", []),
        ("    /ploeg stop", []),
        ("```\n/ploeg stop\n```", []),
        ("/ploeg stop\n" * 50, [Command(CommandVerb.STOP, "")] * COMMANDS_MAX),
    ],
)
def test_orders_are_lines_that_begin_with_the_word_and_are_no_quotation(text: str, found: list[Command]) -> None:
    assert commands(text) == found


def test_an_order_that_is_cut_off_with_the_rest_is_none() -> None:
    said = Comment(id="1", author="ada", text="word " * TEXT_MAX + "\n/ploeg stop", url="", created_at=NOW)
    assert list(of_comments([said], "ploeg")) == []


def remark(author: str, verdict: Verdict | None, **changes: Any) -> Remark:
    return Remark(
        **{
            "id": RemarkId("rmk_1"),
            "pull_id": PullId("plr_1"),
            "product_id": ProductId("prd_1"),
            "kind": RemarkKind.REVIEW,
            "key": "review:1",
            "state": RemarkState.ANSWERED,
            "said_at": NOW,
            "noted_at": NOW,
            "author": author,
            "trusted": True,
            "verdict": verdict,
            **changes,
        }
    )


def test_whoever_asked_for_changes_holds_a_merge_back_until_they_approve() -> None:
    asked, approved = (remark("ada", verdict) for verdict in (Verdict.CHANGES_REQUESTED, Verdict.APPROVED))
    assert holding_back([asked]) == ["ada"]
    assert holding_back([asked, remark("ada", Verdict.COMMENTED)]) == ["ada"]
    assert holding_back([asked, approved]) == []
    assert holding_back([approved, asked, remark("bob", Verdict.APPROVED)]) == ["ada"]
    assert holding_back([remark("ada", Verdict.CHANGES_REQUESTED, state=RemarkState.DISMISSED)]) == []
    assert holding_back([remark("ploeg", Verdict.CHANGES_REQUESTED)]) == []
    assert holding_back([remark("ploeg", Verdict.CHANGES_REQUESTED, state=RemarkState.OPEN)]) == ["ploeg"]
    assert holding_back([remark("eve", Verdict.CHANGES_REQUESTED, trusted=False)]) == []


def pull(**changes: Any) -> Pull:
    made = Pull(
        id=PullId("plr_1"),
        product_id=ProductId("prd_1"),
        repo_url="https://git.example.org/crew/it",
        number=7,
        url="https://git.example.org/crew/it/pulls/7",
        created_at=NOW,
        delivery_id=DeliveryId("dlv_1"),
        look_at=NOW,
    )
    return made.evolve(**changes)


def seen(**changes: Any) -> PullState:
    state = {"number": 7, "url": "u", "title": "t", "text": "", "status": PullStatus.OPEN, "draft": False}
    return PullState(**{**state, "head": "b", "head_sha": "a" * 40, "base": "main", **changes})


def test_a_hint_during_a_look_makes_it_due_again_at_once() -> None:
    taken = pull().take(NOW)
    assert taken.look_at == NOW + TAKEN_FOR
    assert taken.see(taken, seen(), ChecksState.NONE, NOW, EVERY).look_at == NOW + EVERY
    hinted = taken.hint(NOW)
    assert hinted.look_at == NOW + TAKEN_FOR, "whoever looks comes first"
    assert hinted.see(taken, seen(), ChecksState.NONE, NOW, EVERY).look_at == NOW


def test_an_open_one_is_looked_at_ever_less_often_and_a_merged_one_no_more() -> None:
    looked = pull().see(pull(), seen(), ChecksState.NONE, NOW, EVERY)
    later = NOW + timedelta(hours=6)
    assert looked.see(looked, seen(), ChecksState.NONE, later, EVERY).look_at == later + timedelta(minutes=30)
    weeks = NOW + timedelta(weeks=6)
    assert looked.see(looked, seen(), ChecksState.NONE, weeks, EVERY).look_at == weeks + timedelta(hours=1)
    assert looked.see(looked, seen(), ChecksState.RED, weeks, EVERY).look_at == weeks + EVERY
    assert looked.see(looked, seen(status=PullStatus.MERGED), ChecksState.NONE, later, EVERY).look_at is None
    closed = looked.see(looked, seen(status=PullStatus.CLOSED), ChecksState.NONE, later, EVERY)
    assert closed.look_at == later + timedelta(days=1)
    assert closed.see(closed, seen(status=PullStatus.CLOSED), ChecksState.NONE, weeks, EVERY).look_at is None


def test_a_look_that_failed_is_taken_again_and_never_given_up() -> None:
    found = pull()
    for _ in range(100):
        found = found.take(NOW).fail(Trouble.UNREACHABLE, "no answer", NOW, None, 0.0)
    assert found.look_at == NOW + timedelta(hours=1)
    assert found.fail(Trouble.RATE_LIMITED, "slow", NOW, 7200.0, 0.0).look_at == NOW + timedelta(hours=2)
    assert pull(delivery_id=None).fail(Trouble.NOT_FOUND, "no such thing", NOW, None, 0.0).look_at is None
    looked = found.see(found, seen(), ChecksState.NONE, NOW, EVERY)
    assert (looked.trouble, looked.tries) == (None, 0)
