"""A moment as people write it: `22:00`, `+2h30m`, `2026-11-22T22:00`, by the clocks of this machine."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from ploeg.domain.errors import Invalid
from ploeg.domain.hours import zone_named

_FROM_NOW = re.compile(r"\+(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?:in)?)?")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_REMEDY = "write a time such as 22:00, a span from now such as +2h30m, or a moment such as 2026-11-22T22:00+01:00"


def moment(option: str, text: str, now: datetime, zone_name: str) -> datetime:
    """With its offset from UTC. A time without a day is the next one; what names no zone is in that of this machine."""
    try:
        found = _read(text.strip(), now, zone_named(zone_name))
        found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid(option, text, _REMEDY) from None
    return found


def _read(said: str, now: datetime, zone: ZoneInfo) -> datetime:
    span = _FROM_NOW.fullmatch(said)
    if span is not None and any(span.groups()):
        days, hours, minutes = (int(part or 0) for part in span.groups())
        return (now + timedelta(days=days, hours=hours, minutes=minutes)).astimezone(zone)
    clock = _CLOCK.fullmatch(said)
    if clock is not None:
        return _next(int(clock[1]), int(clock[2]), now, zone)
    found = datetime.fromisoformat(said)
    return found if found.tzinfo is not None else found.replace(tzinfo=zone)


def told(found: datetime, zone_name: str) -> str:
    """`Sun 22 Nov 2026 22:00 CET (Europe/Amsterdam)`, so that a mistaken zone shows."""
    local = found.astimezone(zone_named(zone_name))
    return f"{local:%a %d %b %Y %H:%M %Z} ({zone_name})"


def _next(hour: int, minute: int, now: datetime, zone: ZoneInfo) -> datetime:
    today = now.astimezone(zone).replace(hour=hour, minute=minute, second=0, microsecond=0, fold=0)
    return today if today > now else today + timedelta(days=1)
