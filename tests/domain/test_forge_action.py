"""What is asked of a forge: when it is tried, how long it waits, and when it is given up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ploeg.domain.delivery import MAX_TRIES, TAKEN_FOR, Trouble
from ploeg.domain.forge_action import WAITS_FOR, Deed, ForgeAction
from ploeg.domain.ids import ForgeActionId, ProductId

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ASKED = ForgeAction(
    id=ForgeActionId("act_1"),
    product_id=ProductId("prd_1"),
    repo_url="https://git.example.org/crew/it",
    deed=Deed.MERGE,
    key="merge",
    created_at=NOW,
    actor="server",
    due_at=NOW,
)


def test_it_is_pending_until_it_is_done_failed_or_dropped() -> None:
    taken = ASKED.take(NOW)
    assert (taken.state, taken.due_at) == ("pending", NOW + TAKEN_FOR)
    assert (taken.do("abc", NOW).state, taken.do("abc", NOW).result) == ("done", "abc")
    assert taken.give_up(Trouble.REFUSED, "no").state == "failed"
    assert taken.drop("nobody wants it").state == "dropped"


@pytest.mark.parametrize(
    ("trouble", "tries"), [(Trouble.UNREACHABLE, MAX_TRIES), (Trouble.REFUSED, 5), (Trouble.NOT_FOUND, 5)]
)
def test_what_only_people_can_mend_is_given_up_sooner(trouble: Trouble, tries: int) -> None:
    action, count = ASKED, 0
    while action.state == "pending":
        action, count = action.take(NOW).fail(trouble, "no", NOW, None, 0), count + 1
    assert (action.state, count) == ("failed", tries)


def test_it_looks_less_and_less_often_whether_it_is_time_and_gives_up_after_a_week() -> None:
    rests, action = [], ASKED
    for _ in range(7):
        action = action.wait("checks", NOW)
        assert action.due_at is not None
        rests.append((action.due_at - NOW).total_seconds())
    assert rests == [15, 30, 60, 120, 240, 300, 300]
    assert (action.state, action.tries, action.trouble) == ("pending", 0, None)
    assert action.look_again(NOW).due_at == NOW
    late = action.wait("checks", NOW + WAITS_FOR)
    assert (late.state, late.reason) == ("failed", "given up after 7 days: checks")


def test_whoever_is_at_it_comes_before_a_new_look() -> None:
    assert ASKED.take(NOW).look_again(NOW).due_at == NOW + TAKEN_FOR
    done = ASKED.do(None, NOW)
    assert done.look_again(NOW + timedelta(hours=1)) is done


def test_asked_anew_it_begins_as_at_first() -> None:
    failed = ASKED.take(NOW).give_up(Trouble.CONFLICT, "no")
    again = failed.retry(NOW + WAITS_FOR)
    assert (again.state, again.tries, again.trouble, again.settled) == ("pending", 0, None, 1)
    assert again.wait("checks", NOW + WAITS_FOR).state == "pending"
