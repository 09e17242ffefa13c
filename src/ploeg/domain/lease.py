"""How long a claim holds, and when each side must act on it.

The server counts a lease by its own clock; a worker counts the same lease from the moment it *sent* the renewal,
by its monotonic clock, and stops early. So a worker never believes in a lease that the server has given away.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class LeaseTerms:
    """Durations of a lease, in seconds."""

    seconds: float = 300.0
    #: Between two renewals.
    renew_every: float = 15.0
    #: A worker that could not renew stops its agent this long before the lease ends.
    margin: float = 30.0

    def deadline(self, now: datetime) -> datetime:
        return now + timedelta(seconds=self.seconds)

    def holds_until(self, renewed_at: float) -> float:
        """The worker's own last moment, on the clock that gave `renewed_at`."""
        return renewed_at + self.seconds - min(self.margin, self.seconds / 3)


def expired(lease_until: datetime | None, now: datetime) -> bool:
    return lease_until is not None and lease_until <= now
