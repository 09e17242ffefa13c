"""A worker's disk as the server keeps it."""

from __future__ import annotations

import pytest

from ploeg.control import installation_view
from ploeg.control.work import presence
from ploeg.domain.disk import DiskUse
from ploeg.domain.errors import Invalid
from ploeg.wire.work import DiskOut, Presence
from tests.control.house import Hand, House


def show(house: House, hand: Hand, disk: DiskOut | None, state: str = "idle") -> DiskUse | None:
    house.write(presence.show, hand.actor, Presence(worker=hand.info, state=state, disk=disk))
    (view,) = house.read(installation_view.workers, house.admin)
    return view.worker.disk


def told_of(house: House) -> list[dict[str, object]]:
    return [event.data for event in house.read(lambda tx: tx.events.after(0, None)) if event.type == "disk.low"]


def test_a_worker_s_disk_is_kept_until_it_tells_anew(house: House) -> None:
    hand = house.hand()
    assert show(house, hand, None) is None
    disk = show(house, hand, DiskOut(free=5, size=100, parts={"mirrors": 30, "runs": 4}, budget=90))
    assert disk is not None
    assert (disk.free, disk.used, disk.budget, disk.at) == (5, 34, 90, house.clock())
    assert show(house, hand, None) == disk


def test_a_disk_that_becomes_low_is_told_of_each_time_it_does(house: House) -> None:
    hand = house.hand()
    low, room = DiskOut(free=5, size=100, low="too little"), DiskOut(free=50, size=100)
    for disk in (low, low, room, room, low):
        show(house, hand, disk)
    assert [told["free"] for told in told_of(house)] == [5, 5]
    assert told_of(house)[0] == {"worker": "one", "id": told_of(house)[0]["id"], "free": 5, "reason": "too little"}


def test_a_worker_s_own_words_are_kept_within_bounds(house: House) -> None:
    hand = house.hand()
    disk = show(house, hand, DiskOut(free=-5, size=1, parts={f"part-{n}": -n for n in range(100)}))
    assert disk is not None
    assert (disk.free, disk.used, len(disk.parts)) == (0, 0, 16)
    with pytest.raises(Invalid):
        show(house, hand, DiskOut(free=1, size=1, parts={"two\nlines": 1}))
