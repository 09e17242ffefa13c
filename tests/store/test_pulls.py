"""Followed pull requests and their remarks, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ploeg.domain.errors import Conflict
from ploeg.domain.forge import PullStatus
from ploeg.domain.ids import PullId, RemarkId
from ploeg.domain.product import Product
from ploeg.domain.pull import Pull
from ploeg.domain.remark import Remark, RemarkKind, RemarkState
from ploeg.store.ids import new_id
from ploeg.store.store import Store
from tests.store.installation import Clock, product, user

URL = "https://git.example.org/crew/it"


@pytest.fixture
def shop(store: Store) -> Product:
    owner = user()
    made = product(owner)
    store.write_blocking(lambda tx: (tx.people.add_user(owner), tx.products.add(made)))
    return made


def pull(of: Product, clock: Clock, number: int, **changes: Any) -> Pull:
    made = Pull(
        id=PullId(new_id("plr")),
        product_id=of.id,
        repo_url=URL,
        number=number,
        url=f"{URL}/pulls/{number}",
        created_at=clock(),
        look_at=clock(),
    )
    return replace(made, **changes)


def remark(of: Pull, clock: Clock, key: str, state: RemarkState = RemarkState.OPEN) -> Remark:
    return Remark(
        id=RemarkId(new_id("rmk")),
        pull_id=of.id,
        product_id=of.product_id,
        kind=RemarkKind.REVIEW,
        key=key,
        state=state,
        said_at=clock(),
        noted_at=clock(),
        text="Rename it.",
    )


def test_a_look_is_taken_once_and_is_due_again_when_nobody_ends_it(store: Store, shop: Product, clock: Clock) -> None:
    first, second = pull(shop, clock, 1), pull(shop, clock, 2, look_at=clock() + timedelta(minutes=1))
    store.write_blocking(lambda tx: [tx.pulls.add(each) for each in (first, second)])
    taken = store.write_blocking(lambda tx: tx.pulls.take(tx.now))
    assert taken is not None
    assert (taken.number, taken.taken) == (1, 1)
    assert store.write_blocking(lambda tx: tx.pulls.take(tx.now)) is None
    assert store.read_blocking(lambda tx: tx.pulls.next_due()) == second.look_at
    clock.advance(minutes=10)
    assert store.read_blocking(lambda tx: tx.pulls.due(tx.now))
    found = [store.write_blocking(lambda tx: tx.pulls.take(tx.now)) for _ in range(3)]
    assert [each.number if each else None for each in found] == [2, 1, None]


def test_one_is_found_by_its_number_page_branch_and_status(store: Store, shop: Product, clock: Clock) -> None:
    merged = pull(shop, clock, 1, status=PullStatus.MERGED, branch="b", look_at=None)
    fresh = pull(shop, clock, 2, branch="b", created_at=clock() + timedelta(1))
    store.write_blocking(lambda tx: [tx.pulls.add(each) for each in (merged, fresh)])

    def check(tx: Any) -> None:
        pulls = tx.pulls
        assert (
            pulls.numbered(shop.id, URL, 2) == pulls.numbered_in(shop.id, 2) == pulls.at([shop.id], fresh.url) == fresh
        )
        assert pulls.of_branch(shop.id, URL, "b") == pulls.of_products([shop.id], None, 9) == [fresh, merged]
        assert pulls.of_products([shop.id], PullStatus.MERGED, 9) == [merged]
        assert pulls.not_merged(shop.id, URL) == [fresh]
        assert pulls.repositories() == [(shop.id, URL)]
        assert pulls.at([], fresh.url) is None

    store.read_blocking(check)
    with pytest.raises(Conflict):
        store.write_blocking(lambda tx: tx.pulls.add(pull(shop, clock, 1)))


def test_a_remark_is_kept_once_and_counted_while_it_is_open(store: Store, shop: Product, clock: Clock) -> None:
    found = pull(shop, clock, 1)
    said = remark(found, clock, "review:1")
    noted = remark(found, clock, "review:2", RemarkState.NOTED)
    store.write_blocking(lambda tx: (tx.pulls.add(found), tx.pulls.add_remark(said), tx.pulls.add_remark(noted)))
    with pytest.raises(Conflict):
        store.write_blocking(lambda tx: tx.pulls.add_remark(remark(found, clock, "review:1")))
    assert store.read_blocking(lambda tx: tx.pulls.open_remarks(found.id)) == [said]
    assert store.read_blocking(lambda tx: tx.pulls.remarks(found.id)) == [said, noted]
    assert store.read_blocking(lambda tx: tx.pulls.count_open([shop.id])) == {found.id: 1}
    store.write_blocking(lambda tx: tx.pulls.update_remark(said.evolve(state=RemarkState.DISMISSED)))
    assert store.read_blocking(lambda tx: tx.pulls.count_open([shop.id])) == {}
