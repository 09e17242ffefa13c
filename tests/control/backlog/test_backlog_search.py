"""Finding things in the backlog."""

from __future__ import annotations

import pytest

from ploeg.control.backlog import backlog_search
from ploeg.control.products import products
from ploeg.domain.errors import Invalid
from tests.control.house import House


def codes(house: House, query: str, product: str | None = None) -> list[str]:
    return [hit.view.item.code for hit in house.read(backlog_search.search, house.admin, query, product)]


def test_a_hit_shows_the_words_around_the_match(house: House) -> None:
    house.a_task(implementation_plan="First this, then that. " * 30 + "Print the invoice. " + "And so on. " * 30)
    (hit,) = house.read(backlog_search.search, house.admin, "invoice")
    assert (hit.view.product, hit.view.parent) == ("demo", "ST-001")
    assert "Print the invoice" in hit.snippet
    assert len(hit.snippet) <= 245


def test_only_what_the_caller_sees_is_found(house: House) -> None:
    house.a_task("one")
    house.a_task("two")
    assert codes(house, "t-1") == ["T-1", "T-1"]
    assert codes(house, "t-1", "two") == ["T-1"]
    assert house.read(backlog_search.search, house.person("ada"), "t-1") == []
    house.write(products.archive, house.admin, "one")
    assert codes(house, "t-1") == ["T-1"]


@pytest.mark.parametrize("query", ["", "-- ' \" ( )", "-only"])
def test_a_query_without_a_wanted_word_finds_nothing(house: House, query: str) -> None:
    house.a_task()
    assert codes(house, query) == []


def test_a_limit_out_of_reason_is_refused(house: House) -> None:
    with pytest.raises(Invalid, match="limit"):
        house.read(backlog_search.search, house.admin, "x", None, 0)
