"""The log, as a process of its own writes it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from ploeg.control.people import tokens
from ploeg.domain.access import TokenKind

TALK = """
import logging, sys
from ploeg.control.log import configure
configure("info", sys.argv[1])
import structlog
secret = sys.stdin.read()
log = structlog.get_logger("ploeg.test")
log.info(f"a token {secret}", job="J-1", nested={"deep": [secret]}, path=None, count=3)
log.debug("not shown")
logging.getLogger("somebody.else").warning("found %s in a header", secret)
try:
    raise RuntimeError(secret)
except RuntimeError:
    log.exception("it broke")
"""


NARRATE = """
from datetime import datetime, UTC
from ploeg.control.log import configure, narrate
from ploeg.domain.occurrence import Event
configure("info", "json")
named = {"id": 1, "at": datetime.now(UTC), "actor": "server"}
narrate([
    Event(type="attempt.ended", job_id="job_1", attempt_id="att_1", data={"code": "J-1", "outcome": "done"}, **named),
    Event(type="task.changed", data={"code": "T-1"}, **named),
])
"""


def test_what_happened_to_a_job_is_logged_with_its_ids() -> None:
    done = subprocess.run([sys.executable, "-c", NARRATE], capture_output=True, text=True, timeout=60, check=True)
    ended, changed = (json.loads(line) for line in done.stderr.splitlines())
    assert (ended["event"], ended["outcome"]) == ("attempt.ended", "done")
    assert (ended["job"], ended["job_id"], ended["attempt"]) == ("J-1", "job_1", "att_1")
    assert changed["of"] == "T-1"
    assert "job" not in changed


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_token_gets_into_the_log(form: str) -> None:
    secret = tokens.mint(TokenKind.PERSONAL)
    done = subprocess.run(
        [sys.executable, "-c", TALK, form], input=secret, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == ""
    assert secret not in done.stderr
    assert secret[10:40] not in done.stderr
    assert done.stderr.count("«redacted»") >= 4 or done.stderr.count("\\u00abredacted\\u00bb") >= 4
    assert "not shown" not in done.stderr


def test_a_log_for_programs_is_json_with_its_ids() -> None:
    done = subprocess.run(
        [sys.executable, "-c", TALK, "json"], input="x", capture_output=True, text=True, timeout=60, check=True
    )
    entries = [json.loads(line) for line in done.stderr.splitlines()]
    assert entries[0]["job"] == "J-1"
    assert [entry["level"] for entry in entries] == ["info", "warning", "error"]
    assert entries[1]["logger"] == "somebody.else"
