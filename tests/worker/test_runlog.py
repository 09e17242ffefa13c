"""The run log holds every line, ends no job, and stays within its limit."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ploeg.worker import runlog
from ploeg.worker.runlog import RunLog

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def entries(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_each_line_is_one_json_object(tmp_path: Path) -> None:
    log = RunLog(tmp_path, "J-1", 10_000, lambda: NOON)
    log.note("claimed", attempt="att_1")
    log.lines("stdout", [b'{"type":"result"}'])
    log.lines("stderr", [b"a\x00\x1b[31mb\xff"])
    log.close()

    at = "2026-11-22T12:00:00Z"
    assert entries(tmp_path / "runs" / "20261122T120000.000000Z-J-1.jsonl") == [
        {"at": at, "action": "claimed", "attempt": "att_1"},
        {"at": at, "stdout": '{"type":"result"}'},
        {"at": at, "stderr": "a\x00\x1b[31mb\N{REPLACEMENT CHARACTER}"},
    ]


def test_the_jobs_link_leads_to_its_newest_run(tmp_path: Path) -> None:
    RunLog(tmp_path, "J-1", 10_000, lambda: NOON).close()
    newest = RunLog(tmp_path, "J-1", 10_000)
    newest.close()
    link = tmp_path / "jobs" / "J-1.log"
    assert link.is_symlink()
    assert link.resolve() == newest.path.resolve()


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    log = RunLog(tmp_path, "J-1", 10_000)
    log.close()
    assert log.path.stat().st_mode & 0o777 == 0o600


def test_it_stops_at_its_limit_and_says_so(tmp_path: Path) -> None:
    log = RunLog(tmp_path, "J-1", 1_000)
    for _ in range(100):
        log.lines("stdout", [b"x" * 50])
    log.close()
    assert entries(log.path)[-1]["action"] == "log_full"
    assert log.path.stat().st_size < 1_200


def test_a_disk_that_is_full_ends_the_log_and_not_the_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with Path("/dev/full").open("wb") as full:
        monkeypatch.setattr(runlog, "_open_private", lambda _: full)
        log = RunLog(tmp_path, "J-1", 10_000_000)
        for _ in range(100):
            log.lines("stdout", [b"x" * 10_000])
        log.close()
    assert caplog.text.count("No space left") == 1


def test_a_folder_that_cannot_be_made_ends_the_log_and_not_the_job(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "runs").write_text("in the way")
    log = RunLog(tmp_path, "J-1", 10_000)
    log.note("claimed")
    log.close()
    assert "the run log ends here" in caplog.text
