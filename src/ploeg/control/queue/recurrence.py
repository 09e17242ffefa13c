"""The moments of a recurrence, by the clocks of its time zone.

One at a fixed time runs once a day whatever the clocks do: at the first moment after an hour that is left out, and in
the first of an hour that is repeated.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

from cronsim import CronSim, CronSimError

from ploeg.domain.errors import Invalid
from ploeg.domain.hours import zone_named
from ploeg.domain.schedule import Recurrence

TEXT_MAX = 100


def checked(text: str, time_zone: str, now: datetime) -> Recurrence:
    """`Invalid` for what cannot be read, and for what never comes."""
    if len(text) > TEXT_MAX:
        raise Invalid("recurrence", text, f"use at most {TEXT_MAX} characters")
    recurrence = Recurrence.of(text, time_zone)
    try:
        found = following(recurrence, now, 1)
    except CronSimError as error:
        raise Invalid("recurrence", text, f"{str(error).lower()}; see `ploeg schedule add --help`") from None
    if not found:
        raise Invalid("recurrence", text, "that day never comes")
    return recurrence


def following(recurrence: Recurrence, after: datetime, count: int) -> list[datetime]:
    """The next moments after that one, in UTC."""
    return list(islice(_moments(recurrence, after), count))


def _moments(recurrence: Recurrence, after: datetime) -> Iterator[datetime]:
    local = after.astimezone(zone_named(recurrence.time_zone))
    return (moment.astimezone(UTC) for moment in CronSim(recurrence.cron, local))
