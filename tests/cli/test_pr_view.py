"""How `ploeg pr` shows a pull request."""

from __future__ import annotations

from typing import Any

import pytest

from ploeg.cli import pr

PULL: dict[str, Any] = {
    "product": "demo",
    "number": 7,
    "title": "ST-001: Greet",
    "url": "https://git.example.org/crew/demo/pulls/7",
    "status": "open",
    "draft": False,
    "branch": "ploeg/st-001",
    "base": "main",
    "head_sha": "a" * 40,
    "checks": "red",
    "mergeable": False,
    "story": "ST-001",
    "looked_at": None,
    "reason": None,
    "waits": "people decide; see `ploeg pr follow-up`",
    "open_remarks": 1,
    "remarks": [],
}


def test_a_pull_request_shows_who_said_what_and_who_may_steer(capsys: pytest.CaptureFixture[str]) -> None:
    said = {"kind": "remark", "state": "open", "path": "src/x.py", "line": 3, "text": "Rename it.", "job": None}
    ada = {**said, "id": "rmk_1", "author": "ada", "trusted": True}
    mallory = {**said, "id": "rmk_2", "author": "mallory", "trusted": False, "path": None, "state": "noted"}
    checks = {**said, "id": "rmk_3", "author": "", "trusted": True, "path": None, "kind": "checks", "job": "J-9"}
    pr._show({**PULL, "remarks": [ada, mallory, checks]}, as_json=False)
    shown = capsys.readouterr().out
    for part in (
        "demo#7",
        "with main",
        "ada on src/x.py line 3: Rename it.",
        "mallory (may not steer): Rename it.",
        "[rmk_3] J-9",
        "people decide",
    ):
        assert part in shown


def test_one_that_nobody_looked_at_yet_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    fresh = {**PULL, "status": None, "checks": "none", "head_sha": "", "mergeable": None, "waits": None}
    pr._show(fresh, as_json=False)
    shown = capsys.readouterr().out
    assert "not looked at yet" in shown
    assert "checks" not in shown
