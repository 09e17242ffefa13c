"""Which time zone this machine's commands and worker go by."""

from __future__ import annotations

from pathlib import Path

import pytest

from ploeg.domain.hours import zone_named
from ploeg.settings import load


@pytest.mark.parametrize(
    ("environment", "zone"),
    [
        ({"TZ": "Europe/Amsterdam"}, "Europe/Amsterdam"),
        ({"TZ": ":Asia/Tokyo"}, "Asia/Tokyo"),
        ({"TZ": "Asia/Tokyo", "PLOEG_TIME_ZONE": "Europe/Paris"}, "Europe/Paris"),
    ],
)
def test_the_setting_goes_before_the_environments_own(tmp_path: Path, environment: dict[str, str], zone: str) -> None:
    assert load(environment, {"home": str(tmp_path)}).effective_time_zone == zone


@pytest.mark.parametrize("environment", [{}, {"TZ": ""}, {"TZ": "CET-1CEST"}, {"TZ": "../../etc/passwd"}])
def test_what_names_no_zone_leaves_it_to_the_machine(tmp_path: Path, environment: dict[str, str]) -> None:
    assert zone_named(load(environment, {"home": str(tmp_path)}).effective_time_zone)
