from __future__ import annotations

import pytest

from ploeg.domain.errors import Invalid
from ploeg.domain.schedule import Recurrence


@pytest.mark.parametrize(
    ("text", "cron"),
    [
        ("hourly", "0 * * * *"),
        ("daily 03:05", "5 3 * * *"),
        ("Weekdays  9:00", "0 9 * * mon-fri"),
        ("mon,thu 22:30", "30 22 * * mon,thu"),
        ("mon-wed 22:30", "30 22 * * mon-wed"),
        ("monthly 1 03:00", "0 3 1 * *"),
        ("*/30 9-17 * * MON-FRI", "*/30 9-17 * * mon-fri"),
    ],
)
def test_calendar_words_become_cron_fields(text: str, cron: str) -> None:
    assert Recurrence.of(text, "Europe/Amsterdam").cron == cron


@pytest.mark.parametrize("text", ["", "often", "daily", "daily 3", "monthly x 03:00", "someday 03:00", "0 3 * *"])
def test_what_is_no_recurrence_is_refused_with_what_would_do(text: str) -> None:
    with pytest.raises(Invalid, match="daily 03:00"):
        Recurrence.of(text, "UTC")


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(Invalid, match="time_zone"):
        Recurrence.of("hourly", "Mars/Phobos")
