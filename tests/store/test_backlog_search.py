"""The backlog's full-text index follows the backlog, on both databases."""

from __future__ import annotations

import pytest

from ploeg.domain.backlog import Pbi, Story, Task
from ploeg.domain.search import read_query
from ploeg.store.store import Store
from tests.store.installation import START, Installation, pbi, product, story, task


@pytest.fixture
def here(store: Store) -> Installation:
    return Installation(store)


def found(here: Installation, query: str) -> list[Pbi | Story | Task]:
    return here.store.read_blocking(lambda tx: tx.backlog.find(read_query(query), [here.product.id], 10))


def test_items_are_found_by_code_title_and_every_text(here: Installation) -> None:
    item = pbi(here.product, description="Customers ask for invoices.")
    page = story(item, acceptance_criteria="The VAT number stands on it.")
    form = task(page, code="T-41", title="A form", implementation_plan="Change `src/form.py`.")
    here.keep(item, page, form)
    assert found(here, "invoices") == [item]
    assert found(here, "vat number") == [page]
    assert found(here, '"src form py"') == [form]
    assert found(here, "t-41") == [form]
    assert found(here, "pay -card") == [item]


def test_a_title_weighs_more_than_a_text(here: Installation) -> None:
    item = pbi(here.product, title="Shipping", description="Nothing about the other.")
    other = pbi(here.product, code="PBI-2", title="Other", description="Also shipping, at length and in many words.")
    here.keep(other, item)
    assert found(here, "shipping") == [item, other]


def test_a_changed_text_is_found_by_its_new_words_alone(here: Installation) -> None:
    item = pbi(here.product, title="Pay by cheque")
    here.keep(item)
    changed = item.evolve(title="Pay by card")
    here.store.write_blocking(lambda tx: tx.backlog.update_pbi(changed))
    assert (found(here, "cheque"), found(here, "card")) == ([], [changed])


def test_what_is_archived_is_not_found_until_it_is_restored(here: Installation) -> None:
    item = pbi(here.product)
    here.keep(item)
    here.store.write_blocking(lambda tx: tx.backlog.update_pbi(item.evolve(archived_at=START)))
    assert found(here, "pay") == []
    here.store.write_blocking(lambda tx: tx.backlog.update_pbi(item))
    assert found(here, "pay") == [item]


def test_another_products_items_are_not_found(here: Installation) -> None:
    other = product(here.owner)
    here.store.write_blocking(lambda tx: tx.products.add(other))
    here.keep(pbi(other))
    assert found(here, "pay") == []
