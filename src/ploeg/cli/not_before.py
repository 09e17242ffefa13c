"""`--not-before`: the moment that somebody wrote, as the API takes it."""

from __future__ import annotations

from typing import Any

from ploeg.cli import render
from ploeg.cli.session import current_settings


def say_when(fields: dict[str, Any]) -> None:
    """Makes the moment that was written one that the API takes, and tells how it was understood."""
    from datetime import UTC, datetime

    from ploeg.cli.moment import moment, told

    written = fields["not_before"]
    if written is None:
        return
    zone = current_settings().effective_time_zone
    meant = moment("--not-before", written, datetime.now(UTC), zone)
    render.say(f"not before {told(meant, zone)}", err=True)
    fields["not_before"] = meant.isoformat()
