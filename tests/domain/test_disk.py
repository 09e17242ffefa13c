from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ploeg.domain.disk import DiskLimits, DiskUse, Weighing, full_at, megabytes

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
GB = 10**9


def past(*rooms: float, every: timedelta = timedelta(hours=1)) -> list[Weighing]:
    """Weighings up to now, with that much room each."""
    first = NOW - every * (len(rooms) - 1)
    return [Weighing(first + every * number, int(room)) for number, room in enumerate(rooms)]


def test_a_disk_that_fills_evenly_is_full_when_its_line_says_so() -> None:
    assert full_at(past(4 * GB, 3 * GB, 2 * GB)) == NOW + timedelta(hours=2)


def test_a_bump_bends_the_line_and_does_not_break_it() -> None:
    found = full_at(past(40 * GB, 39 * GB, 39.5 * GB, 37 * GB, 36 * GB))
    assert found is not None
    assert timedelta(hours=30) < found - NOW < timedelta(hours=45)


@pytest.mark.parametrize(
    "weighings",
    [
        [],
        past(5 * GB),
        past(2 * GB, 2 * GB, 2 * GB),
        past(2 * GB, 3 * GB, 4 * GB),
        past(9 * GB, 1 * GB, every=timedelta(minutes=10)),
        past(5000 * GB, 5000 * GB - 1),
    ],
    ids=["nothing", "one", "even", "freed", "too short a time", "in a thousand years"],
)
def test_what_does_not_fill_has_no_date(weighings: list[Weighing]) -> None:
    assert full_at(weighings) is None


def test_a_disk_without_room_is_full_now() -> None:
    assert full_at(past(2 * GB, 1 * GB, -GB)) == NOW


def test_room_is_what_the_budget_and_the_disk_both_allow() -> None:
    limits = DiskLimits(budget=10 * GB, keep_free=2 * GB)
    assert limits.room(used=4 * GB, free=100 * GB) == 6 * GB
    assert limits.room(used=4 * GB, free=5 * GB) == 3 * GB
    assert limits.room(used=12 * GB, free=100 * GB) == -2 * GB
    assert DiskLimits(budget=None, keep_free=GB).room(used=500 * GB, free=3 * GB) == 2 * GB


def test_what_is_passed_is_said_in_sizes_that_people_read() -> None:
    limits = DiskLimits(budget=10 * GB, keep_free=2 * GB)
    assert limits.why_low(used=4 * GB, free=5 * GB) is None
    assert limits.why_low(used=12 * GB, free=5 * GB) == "12.0 GB are used of a budget of 10.0 GB"
    assert limits.why_low(used=4 * GB, free=GB // 2) == "500 MB are free on the disk; 2.0 GB are to stay free"


def test_what_is_used_is_all_parts_together() -> None:
    assert DiskUse(at=NOW, free=1, size=2, parts={"mirrors": 3, "runs": 4}).used == 7
    assert megabytes(640_000_000) == "640 MB"
