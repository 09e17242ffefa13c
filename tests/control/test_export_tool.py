"""The export a part at a time, for people's own agents."""

from __future__ import annotations

from typing import Any

import pytest

from ploeg.control import export
from ploeg.domain.errors import Invalid
from tests.control.house import House


def in_parts(house: House, at_most: int) -> list[tuple[str, dict[str, Any]]]:
    records: list[tuple[str, dict[str, Any]]] = []
    after: str | None = None
    while True:
        part = house.read(export.part, house.admin, "demo", after, at_most)
        assert len(part.records) <= at_most
        records += [(part.family, record) for record in part.records]
        after = part.next
        if after is None:
            return records


def test_parts_of_any_size_make_the_same_whole(house: House) -> None:
    story = house.story(house.product())
    for _ in range(7):
        house.run(house.task(story))
    whole = in_parts(house, 200)
    assert in_parts(house, 1) == in_parts(house, 3) == whole
    families = [family for family, _ in whole]
    assert (families.count("task"), families.count("job")) == (7, 7)


@pytest.mark.parametrize("after", ["", "[]", "nonsense", '["task", {"other": "x"}]', '["secrets", null]', "[" * 900])
def test_a_place_that_no_part_gave_is_refused(house: House, after: str) -> None:
    house.product()
    with pytest.raises(Invalid, match="the part before"):
        house.read(export.part, house.admin, "demo", after, 10)
