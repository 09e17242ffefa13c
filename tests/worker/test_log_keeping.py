"""Run logs that get old."""

from __future__ import annotations

import gzip
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ploeg.domain.retention import Terms
from ploeg.worker.log_keeping import tidy_logs
from ploeg.worker.runlog import RunLog

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
USUAL = Terms(compress_after=timedelta(days=1), keep=timedelta(days=30))


def a_log(home: Path, job: str, age: timedelta) -> Path:
    log = RunLog(home, job, 10_000, lambda: NOW - age)
    log.note("phase", phase="agent")
    log.close()
    then = (NOW - age).timestamp()
    os.utime(log.path, (then, then))
    return log.path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_link_to_a_compressed_log_leads_to_it(tmp_path: Path) -> None:
    log = a_log(tmp_path, "J-1", timedelta(days=2))
    tidy_logs(tmp_path, USUAL, NOW, set())
    assert names(tmp_path / "runs") == [f"{log.name}.gz"]
    link = tmp_path / "jobs" / "J-1.log"
    assert b'"action":"phase"' in gzip.decompress(link.read_bytes())
    assert not link.readlink().is_absolute()


def test_the_link_to_a_deleted_log_goes_with_it(tmp_path: Path) -> None:
    a_log(tmp_path, "J-1", timedelta(days=40))
    a_log(tmp_path, "J-2", timedelta(hours=1))
    tidy_logs(tmp_path, USUAL, NOW, set())
    assert names(tmp_path / "jobs") == ["J-2.log"]


def test_a_link_leads_to_the_newest_log_of_its_job(tmp_path: Path) -> None:
    a_log(tmp_path, "J-1", timedelta(days=40))
    newest = a_log(tmp_path, "J-1", timedelta(hours=1))
    tidy_logs(tmp_path, USUAL, NOW, set())
    assert (tmp_path / "jobs" / "J-1.log").resolve() == newest.resolve()


def test_the_log_of_a_running_job_is_left_alone(tmp_path: Path) -> None:
    log = a_log(tmp_path, "J-1", timedelta(days=40))
    a_log(tmp_path, "J-12", timedelta(days=40))
    tidy_logs(tmp_path, Terms(keep=timedelta(days=1), max_bytes=1), NOW, {"J-1"})
    assert names(tmp_path / "runs") == [log.name]


def test_a_worker_that_never_ran_a_job_has_nothing_to_tidy(tmp_path: Path) -> None:
    assert tidy_logs(tmp_path, USUAL, NOW, set()).freed == 0
