"""The worker's log: one line an entry, what was said beside it, and no token."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from ploeg.bootstrap import worker_log
from ploeg.worker.subject import about
from tests.worker.assignments import assignment

pytestmark = pytest.mark.anyio

TOKEN = "ploeg_wrk_" + "a" * 49


@pytest.fixture(autouse=True)
def _root_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level


def logged(capsys: pytest.CaptureFixture[str], form: Literal["text", "json"], **facts: object) -> str:
    worker_log.configure("info", form)
    logging.getLogger("ploeg.worker").info("sent %s", TOKEN, extra=facts)
    return capsys.readouterr().err.rstrip("\n")


def test_a_line_holds_what_was_said_beside_the_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    line = logged(capsys, "text", action="claimed", job="J-1", nothing=None)
    assert line.endswith(" [info     ] sent ploeg_wrk_«redacted» [ploeg.worker] action=claimed job=J-1")


def test_programs_get_an_object(capsys: pytest.CaptureFixture[str]) -> None:
    entry = json.loads(logged(capsys, "json", count=3, token=TOKEN))
    assert entry["event"] == "sent ploeg_wrk_«redacted»"
    assert (entry["count"], entry["token"], entry["level"]) == (3, "ploeg_wrk_«redacted»", "info")
    assert entry["timestamp"].endswith("Z")


async def test_what_an_attempt_logs_names_it_in_every_task_and_thread(capsys: pytest.CaptureFixture[str]) -> None:
    worker_log.configure("info", "json")
    log = logging.getLogger("ploeg.worker")

    async def within() -> None:
        log.info("in a task")
        await asyncio.to_thread(log.info, "in a thread")

    given = assignment(Path("/repo"))
    with about(given):
        task = asyncio.create_task(within())
    await task
    log.info("outside")
    entries = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [entry.get("attempt") for entry in entries] == [given.attempt_id, given.attempt_id, None]
    assert entries[0]["job"] == given.job_code


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_error_brings_where_it_happened_and_no_token(
    capsys: pytest.CaptureFixture[str], form: Literal["text", "json"]
) -> None:
    worker_log.configure("info", form)
    try:
        raise ValueError(TOKEN)
    except ValueError:
        logging.getLogger("ploeg.worker").exception("failed")
    said = capsys.readouterr().err
    assert "ValueError: ploeg_wrk_«redacted»" in said
    assert TOKEN not in said
