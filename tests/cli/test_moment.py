from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ploeg.cli.moment import moment, told
from ploeg.domain.errors import Invalid

NOW = datetime(2026, 11, 22, 20, 30, 15, tzinfo=UTC)
ZONE = "Europe/Amsterdam"
#: No calendar goes so far.
BEYOND = ["+99999999999d", "+9999999d", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:00"]


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("22:00", "2026-11-22T21:00:00+00:00"),
        ("21:00", "2026-11-23T20:00:00+00:00"),
        ("7:05", "2026-11-23T06:05:00+00:00"),
        ("+2h", "2026-11-22T22:30:15+00:00"),
        ("+1d2h30m", "2026-11-23T23:00:15+00:00"),
        ("+90min", "2026-11-22T22:00:15+00:00"),
        ("2026-12-01T22:00", "2026-12-01T21:00:00+00:00"),
        ("2026-12-01 22:00", "2026-12-01T21:00:00+00:00"),
        ("2026-12-01T22:00Z", "2026-12-01T22:00:00+00:00"),
        ("2026-07-01T22:00", "2026-07-01T20:00:00+00:00"),
    ],
)
def test_a_moment_is_read_by_the_clocks_of_this_machine(text: str, means: str) -> None:
    assert moment("--not-before", text, NOW, ZONE).astimezone(UTC).isoformat() == means


def test_a_time_of_tomorrow_is_right_across_a_change_of_the_clocks() -> None:
    late = datetime(2026, 10, 24, 21, 0, tzinfo=UTC)
    assert moment("--not-before", "22:00", late, ZONE).astimezone(UTC).isoformat() == "2026-10-25T21:00:00+00:00"


@pytest.mark.parametrize("text", ["", "+", "tonight", "25:00", "22:60", "+2", "2026-13-01T00:00", "-2h", *BEYOND])
def test_what_is_no_moment_is_refused_with_what_would_do(text: str) -> None:
    with pytest.raises(Invalid, match=r"22:00.*\+2h30m"):
        moment("--not-before", text, NOW, ZONE)


def test_the_moment_is_told_back_with_its_zone() -> None:
    assert told(moment("--not-before", "22:00", NOW, ZONE), ZONE) == "Sun 22 Nov 2026 22:00 CET (Europe/Amsterdam)"
