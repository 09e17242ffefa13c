"""The worker's own folder survives a kill and is used by one worker at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from ploeg.domain.errors import Conflict, Unavailable
from ploeg.wire.work import FinishReport
from ploeg.worker.state import AttemptRecord, WorkerState
from tests.worker.assignments import assignment, attempt_id


def test_the_instance_is_the_same_after_each_start(tmp_path: Path) -> None:
    with WorkerState(tmp_path).locked():
        name = WorkerState(tmp_path).instance()
    assert name == WorkerState(tmp_path).instance()
    assert len(name) == 16


def test_two_workers_do_not_share_a_home(tmp_path: Path) -> None:
    with (
        WorkerState(tmp_path).locked(),
        pytest.raises(Conflict, match="another worker"),
        WorkerState(tmp_path).locked(),
    ):
        pass


def test_the_home_is_free_again_after_the_worker(tmp_path: Path) -> None:
    with WorkerState(tmp_path).locked():
        pass
    with WorkerState(tmp_path).locked():
        pass


def test_a_home_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "worker").write_text("in the way")
    with pytest.raises(Unavailable, match="worker"), WorkerState(tmp_path).locked():
        pass


def test_a_record_comes_back_as_it_was_saved_last(tmp_path: Path) -> None:
    state = WorkerState(tmp_path)
    with state.locked():
        record = AttemptRecord(assignment=assignment())
        state.save(record)
        record.report = FinishReport(outcome="done", phase="report", pushed=True)
        state.save(record)
    assert state.records() == [record]


def test_a_forgotten_record_is_gone(tmp_path: Path) -> None:
    state = WorkerState(tmp_path)
    with state.locked():
        state.save(AttemptRecord(assignment=assignment()))
        state.forget(attempt_id())
        state.forget(attempt_id())
    assert state.records() == []


def test_half_a_record_is_left_out(tmp_path: Path) -> None:
    state = WorkerState(tmp_path)
    with state.locked():
        state.save(AttemptRecord(assignment=assignment()))
        (tmp_path / "worker" / "attempts" / "att_9").write_bytes(b'{"assignm')
        (tmp_path / "worker" / "attempts" / ".att_8.new").write_bytes(b"")
    assert [record.assignment.attempt_id for record in state.records()] == [attempt_id()]
