from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ploeg.domain.errors import Invalid
from ploeg.domain.hours import DAYS, ActiveHours

NIGHT = ActiveHours.of("22:00-07:00", "Europe/Amsterdam")
ZONES = ("UTC", "Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia")

moments = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(second=0, microsecond=0)
)
clock = st.tuples(st.integers(0, 23), st.sampled_from((0, 15, 30, 45))).map(lambda t: f"{t[0]:02d}:{t[1]:02d}")
window = st.tuples(st.sampled_from(("", *DAYS, "mon-fri ", "sat sun ", "fri-mon ")), clock, clock).filter(
    lambda w: w[1] != w[2]
)
texts = st.lists(window, min_size=1, max_size=3).map(
    lambda windows: ", ".join(f"{days} {start}-{end}" for days, start, end in windows)
)


def hours(text: str, zone: str = "UTC") -> ActiveHours:
    return ActiveHours.of(text, zone)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment", "is_open"),
    [
        ("22:00-07:00", "2026-11-22T21:59", False),
        ("22:00-07:00", "2026-11-22T22:00", True),
        ("22:00-07:00", "2026-11-23T06:59", True),
        ("22:00-07:00", "2026-11-23T07:00", False),
        ("mon-fri 22:00-07:00", "2026-11-22T23:00", False),
        ("mon-fri 22:00-07:00", "2026-11-28T06:00", True),
        ("sat sun 00:00-24:00", "2026-11-22T23:59", True),
        ("sat sun 00:00-24:00", "2026-11-23T00:00", False),
        ("12:00-13:00, 22:00-23:00", "2026-11-23T12:30", True),
        ("fri-mon 10:00-11:00", "2026-11-22T10:00", True),
        ("fri-mon 10:00-11:00", "2026-11-24T10:00", False),
    ],
)
def test_a_window_is_open_by_the_clock_and_the_day_on_which_it_begins(text: str, moment: str, is_open: bool) -> None:
    assert hours(text).open_at(utc(moment)) is is_open


def test_the_night_is_an_hour_shorter_when_the_clocks_go_forward() -> None:
    span = NIGHT.span_from(utc("2026-03-28T12:00"))
    assert (span.start, span.end) == (utc("2026-03-28T21:00"), utc("2026-03-29T05:00"))


def test_the_night_is_an_hour_longer_when_the_clocks_go_back() -> None:
    span = NIGHT.span_from(utc("2026-10-24T12:00"))
    assert span.end - span.start == timedelta(hours=10)


def test_a_window_in_the_hour_that_is_left_out_opens_when_the_clocks_have_passed_it() -> None:
    span = hours("02:30-03:30", "Europe/Amsterdam").span_from(utc("2026-03-29T00:00"))
    assert (span.start, span.end) == (utc("2026-03-29T01:00"), utc("2026-03-29T01:30"))


def test_windows_that_touch_are_one_span() -> None:
    span = hours("20:00-24:00, 00:00-02:00").span_from(utc("2026-11-22T21:00"))
    assert (span.start, span.end) == (utc("2026-11-22T21:00"), utc("2026-11-23T02:00"))


@given(texts, st.sampled_from(ZONES), moments)
def test_a_span_begins_and_ends_where_a_walk_minute_by_minute_says(text: str, zone: str, moment: datetime) -> None:
    try:
        active = hours(text, zone)
    except Invalid:
        return
    span = active.span_from(moment)
    minute = timedelta(minutes=1)
    assert span.start >= moment
    assert active.open_at(span.start)
    assert span.start == moment or not active.open_at(span.start - minute)
    assert active.open_at(span.end - minute)
    assert not active.open_at(span.end)
    step = timedelta(minutes=5)
    before = range((span.start - moment) // step)
    within = range((span.end - span.start) // step)
    assert not any(active.open_at(moment + n * step) for n in before)
    assert all(active.open_at(span.start + n * step) for n in within)


@pytest.mark.parametrize(
    ("text", "zone", "field"),
    [
        ("", "UTC", "active_hours"),
        ("at night", "UTC", "active_hours"),
        ("22:00", "UTC", "active_hours"),
        ("25:00-26:00", "UTC", "active_hours"),
        ("10:60-11:00", "UTC", "active_hours"),
        ("22:00-22:00", "UTC", "active_hours"),
        ("24:00-07:00", "UTC", "active_hours"),
        ("someday 10:00-11:00", "UTC", "active_hours"),
        ("00:00-24:00", "UTC", "active_hours"),
        ("12:00-24:00, 00:00-12:00", "UTC", "active_hours"),
        ("22:00-07:00", "Mars/Phobos", "time_zone"),
        ("22:00-07:00", "../etc/passwd", "time_zone"),
        ("22:00-07:00", "", "time_zone"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_field(text: str, zone: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        hours(text, zone)
    assert refused.value.field == field
