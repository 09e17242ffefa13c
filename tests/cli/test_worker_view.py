"""How a worker's quota looks on a terminal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ploeg.cli.worker import _disk, _over, _told, _used

AHEAD = timedelta(hours=2, seconds=30)


def window(used: float | None, reset: timedelta | None = AHEAD, **more: Any) -> dict[str, Any]:
    """One seen now, whose reset is that far away."""
    now = datetime.now(UTC)
    told = {
        "runtime": "claude",
        "account": "",
        "window": "five_hour",
        "status": "allowed",
        "seen_at": now.isoformat(),
        **more,
    }
    return {**told, "utilization": used, "resets_at": (now + reset).isoformat() if reset is not None else None}


def test_a_window_shows_how_far_it_is_used_and_when_it_is_reset() -> None:
    assert _used(window(0.83)) == "claude five_hour 83%"
    assert _used(window(0.83, account="main")) == "claude/main five_hour 83%"
    assert _used(window(None, status="rejected")) == "claude five_hour rejected"
    assert _told(window(0.83)).startswith("claude five_hour 83%, resets in 2 h, told 0")
    assert _told(window(0.5, None)).startswith("claude five_hour 50%, told 0")


def test_a_window_whose_reset_has_passed_says_nothing() -> None:
    assert _over(window(0.83, -timedelta(seconds=1)))
    assert not _over(window(0.83))
    assert not _over(window(0.83, None))


def test_a_disk_shows_what_is_used_and_when_it_is_full() -> None:
    disk: dict[str, Any] = {"used": 4_000_000_000, "free": 9_000_000_000, "budget": None, "full_at": None}
    assert _disk(None) is None
    assert _disk(disk) == "4.0 GB used, 9.0 GB free"
    full_at = (datetime.now(UTC) + AHEAD).isoformat()
    shown = _disk({**disk, "budget": 5_000_000_000, "full_at": full_at})
    assert shown == "4.0 GB of 5.0 GB used, 9.0 GB free, full in 2 h as it fills now"
