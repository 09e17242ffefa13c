"""The real Claude Code program tells how its quota stands, and the worker leaves its owner a part of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

import pytest

from tests.e2e.installation import Installation, wait_for
from tests.e2e.repository import Remote
from tests.e2e.test_claude_ideas import done
from tests.e2e.test_claude_main_job import commit
from tests.scripted.anthropic import ScriptedModel, Window

pytestmark = pytest.mark.campaign

#: Seconds; longer than the first job still takes when it is told.
RESETS_AFTER = 15


def test_below_the_floor_the_worker_stands_by_until_the_reset_and_the_next_job_begins_after_it(
    install_claude: Callable[..., Installation], scripted_model: Callable[..., ScriptedModel], remote: Remote
) -> None:
    scripts = {f"({job})": [commit(f"{job}.py", "1\n"), *done(job)] for job in ("J-1", "J-2")}
    model = scripted_model(scripts=scripts)
    ploeg_home = install_claude(model)
    ploeg_home.add_product(remote.path)
    for job in ("J-1", "J-2"):
        ploeg_home.run_task(ploeg_home.add_task(f"Write `{job}.py`."))
    ploeg_home.start_worker()
    model.wait_for_requests(1, timeout=60)
    reset = int(time.time()) + RESETS_AFTER
    model.windows = {"5h": Window(0.83, reset), "7d": Window(0.4, reset + 86_400)}

    assert ploeg_home.wait_for_job("J-1")["status"] == "done"
    wait_for(lambda: worker(ploeg_home)["state"] == "stand_by", "the worker to stand by")
    seen = worker(ploeg_home)
    assert "83 % of the quota five_hour is used; 20 % is kept" in seen["reason"]
    assert {window["window"]: window["utilization"] for window in seen["quota"]} == {
        "five_hour": 0.83,
        "seven_day": 0.4,
    }
    assert moment(seen["runtime_blocks"]["claude"]["until"]) >= reset
    assert "five_hour" in ploeg_home.job("J-2")["waiting_for"]

    model.windows = {"5h": Window(0.01, reset + 18_000)}
    later = ploeg_home.wait_for_job("J-2")
    assert (later["status"], later["counted_attempts"], len(later["attempts"])) == ("done", 0, 1)
    assert moment(later["attempts"][0]["claimed_at"]) >= reset
    assert worker(ploeg_home)["runtime_blocks"] == {}


def worker(ploeg_home: Installation) -> dict[str, object]:
    (found,) = ploeg_home.ask("GET", "/workers")["items"]
    return dict(found)


def moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
