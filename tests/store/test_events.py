from __future__ import annotations

from contextlib import suppress

import pytest

from ploeg.domain.errors import Conflict
from ploeg.domain.ids import AttemptId, JobId, ProductId
from ploeg.domain.occurrence import Event
from ploeg.store.store import Store
from ploeg.store.transaction import Transaction
from tests.store.installation import START, Installation


@pytest.fixture
def here(store: Store) -> Installation:
    return Installation(store)


def test_what_a_verb_emitted_is_what_is_stored(here: Installation) -> None:
    def emit(tx: Transaction) -> list[Event]:
        tx.events.add(
            "job.queued",
            product_id=here.product.id,
            job_id=JobId("job_1"),
            attempt_id=AttemptId("att_1"),
            user_id=here.owner.id,
            actor="user:ada",
            data={"code": "J-1"},
        )
        tx.events.add("task.changed", actor="server", data={})
        return tx.emitted

    emitted = here.store.write_blocking(emit)
    assert [event.type for event in emitted] == ["job.queued", "task.changed"]
    assert emitted[0].at == START
    assert emitted[0].id < emitted[1].id
    assert here.store.read_blocking(lambda tx: tx.events.after(0, None)) == emitted
    assert here.store.read_blocking(lambda tx: tx.events.last_id()) == emitted[1].id


def test_events_added_after_a_look_at_the_emitted_ones_are_stored_too(here: Installation) -> None:
    def emit(tx: Transaction) -> list[Event]:
        tx.events.add("job.queued", actor="server", data={})
        assert len(tx.emitted) == 1
        tx.events.add("job.claimed", actor="server", data={})
        return tx.emitted

    emitted = here.store.write_blocking(emit)
    assert [event.type for event in emitted] == ["job.queued", "job.claimed"]
    assert here.store.read_blocking(lambda tx: tx.events.after(0, None)) == emitted


def test_the_list_that_a_verb_kept_has_every_event_after_the_commit(here: Installation) -> None:
    def emit(tx: Transaction) -> list[Event]:
        kept = tx.emitted
        tx.events.add("job.queued", actor="server", data={})
        return kept

    assert [event.type for event in here.store.write_blocking(emit)] == ["job.queued"]


def test_events_are_read_on_from_the_last_one_seen(here: Installation) -> None:
    ids = [_emit(here, "job.queued").id for _ in range(5)]

    def after(event_id: int, limit: int = 200) -> list[int]:
        return [event.id for event in here.store.read_blocking(lambda tx: tx.events.after(event_id, None, limit))]

    assert after(0) == ids
    assert after(ids[2]) == ids[3:]
    assert after(0, limit=2) == ids[:2]
    assert after(ids[-1]) == []


def test_events_are_read_of_given_products_jobs_and_people(here: Installation) -> None:
    mine = _emit(here, "job.queued", product_id=here.product.id, job_id="job_1")
    _emit(here, "job.queued", product_id="prd_other", user_id=here.owner.id)
    personal = _emit(here, "worker.changed", user_id=here.owner.id)
    _emit(here, "worker.changed", user_id="usr_other")

    def after(products: list[ProductId] | None, **wanted: object) -> list[Event]:
        return here.store.read_blocking(lambda tx: tx.events.after(0, products, **wanted))

    assert after([here.product.id]) == [mine]
    assert after([]) == []
    assert after([here.product.id], user_id=here.owner.id) == [mine, personal]
    assert after([], user_id=here.owner.id) == [personal]
    assert after(None, job_id="job_1") == [mine]
    assert len(after(None)) == 4


def test_an_id_is_never_used_again(here: Installation) -> None:
    last = _emit(here, "job.queued").id
    here.store.write_blocking(lambda tx: tx.connection.exec_driver_sql("DELETE FROM events"))
    assert _emit(here, "job.queued").id > last


def _emit(here: Installation, type_: str, **given: object) -> Event:
    def emit(tx: Transaction) -> Event:
        tx.events.add(type_, actor="server", data={}, **given)
        return tx.emitted[0]

    return here.store.write_blocking(emit)


@pytest.mark.parametrize("looked", [False, True], ids=["unseen", "seen meanwhile"])
def test_what_is_undone_leaves_neither_a_row_nor_an_event_and_what_came_before_stays(
    here: Installation, looked: bool
) -> None:
    def verb(tx: Transaction) -> list[str]:
        tx.events.add("one.happened", product_id=here.product.id, actor="server", data={})
        with suppress(Conflict), tx.whole():
            tx.products.update(here.product.evolve(name="Another"))
            tx.events.add("two.happened", product_id=here.product.id, actor="server", data={})
            assert not looked or tx.events.last_id()
            raise Conflict("no")
        with tx.whole():
            tx.products.update(here.product.evolve(definition_of_done="Tested."))
            tx.events.add("three.happened", product_id=here.product.id, actor="server", data={})
        return [event.type for event in tx.emitted]

    before = here.store.read_blocking(lambda tx: tx.events.last_id())
    told = here.store.write_blocking(verb)
    assert told == ["one.happened", "three.happened"]
    stored = here.store.read_blocking(lambda tx: tx.events.after(before, [here.product.id]))
    assert [event.type for event in stored] == told
    product = here.store.read_blocking(lambda tx: tx.products.get(here.product.id))
    assert product == here.product.evolve(definition_of_done="Tested.")
