"""Waiting for an idea: one job after the other, until it has come to rest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import pytest

from ploeg.cli.client import Client
from ploeg.cli.idea_steps import until_at_rest

AT = "2026-11-22T12:00:00Z"


class Server:
    """The far end: an idea as it stands at each look, and jobs that have ended."""

    def __init__(self, *looks: dict[str, Any], failing: str = "") -> None:
        self._looks = list(looks)
        self._failing = failing

    def get(self, path: str) -> dict[str, Any]:
        if path.startswith("/ideas"):
            return {"code": "IDEA-001", "jobs": [], "log": [], **self._looks.pop(0)}
        status = "failed" if path.endswith(self._failing or "-") else "done"
        return {
            "code": path.rpartition("/")[2],
            "status": status,
            "reason": None,
            "waiting_for": None,
            "attempts": [],
            "created_at": AT,
            "ended_at": AT,
        }

    @contextmanager
    def stream(self, path: str, **query: Any) -> Iterator[Iterator[bytes]]:
        yield iter(())


def wait(server: Server, until: str | None) -> int:
    return until_at_rest(cast(Client, server), "IDEA-001", until, as_json=False)


def test_it_is_followed_from_job_to_job(capsys: pytest.CaptureFixture[str]) -> None:
    note = {"type": "NOTE", "content": "arrived: it is PLAN_READY"}
    server = Server(
        {"status": "GRILLING", "jobs": ["J-1"]},
        {"status": "PLANNING", "jobs": ["J-2"]},
        {"status": "PLAN_READY", "log": [note]},
    )
    assert wait(server, "plan") == 0
    shown = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in shown] == ["J-1", "J-1", "J-2", "J-2", "IDEA-001"]
    assert shown[-1] == "IDEA-001 is PLAN_READY; arrived: it is PLAN_READY"


def test_it_fails_where_it_stopped_on_its_way() -> None:
    assert wait(Server({"status": "PLAN_REVIEW_FAILED"}), "backlog") == 1


def test_a_single_step_is_as_good_as_its_job() -> None:
    steps = ({"status": "GRILLING", "jobs": ["J-1"]}, {"status": "GRILLED"})
    assert wait(Server(*steps), None) == 0
    assert wait(Server(*steps, failing="J-1"), None) == 1
