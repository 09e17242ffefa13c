"""Schedules by command."""

from __future__ import annotations

import uuid
from pathlib import Path

from tests.cli.conftest import Ploeg


def test_a_schedule_is_made_shown_paused_and_taken_away(crew: Ploeg, repository: Path) -> None:
    shop = f"s-{uuid.uuid4().hex[:8]}"
    crew("product", "add", shop, "--code", shop, "--repo", str(repository))
    pbi = crew("backlog", "pbi", "add", "Chores", "-p", shop, "--json").json
    story = crew("backlog", "story", "add", pbi["id"], "Keep tidy", "--json").json
    task = crew("backlog", "task", "add", story["id"], "Update", "--plan-file", "-", "--json", stdin="Edit `a`.").json

    made = crew("schedule", "add", task["id"], "weekdays 03:00", "--time-zone", "Europe/Amsterdam", "--json").json
    assert (made["cron"], made["time_zone"], len(made["ahead"])) == ("0 3 * * mon-fri", "Europe/Amsterdam", 5)
    shown = crew("schedule", "show", made["code"])
    assert "weekdays 03:00 (0 3 * * mon-fri) Europe/Amsterdam" in shown.out
    assert shown.out.count(" 03:00 CE") == 5
    assert "paused" in crew("schedule", "pause", made["code"]).out.split()
    assert made["code"] in crew("schedule", "list", "-p", shop).out
    assert crew("schedule", "resume", made["code"], "--json").json["paused"] is False
    assert crew("schedule", "remove", made["code"]).out == f"{made['code']} removed\n"
    assert crew("schedule", "list", "-p", shop, "--json").json == []
    refused = crew("schedule", "add", task["id"], "now and then")
    assert refused.code == 2
    assert "daily 03:00" in refused.err
