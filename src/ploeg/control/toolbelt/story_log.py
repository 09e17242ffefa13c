"""Tools that write into a story's activity log."""

from __future__ import annotations

import hashlib
from typing import Any

from ploeg.control.docs.text import kept_json
from ploeg.control.find import Need
from ploeg.control.toolbelt.caller import AttemptCaller, Caller
from ploeg.control.toolbelt.handler import Handlers
from ploeg.domain.backlog import LogType, StoryLog
from ploeg.store.ids import new_id
from ploeg.store.transaction import Transaction
from ploeg.tools.story_log import LogCommit, LogEntry, Logged, LogImplementation, LogTestResult


def log_implementation(tx: Transaction, caller: Caller, arguments: LogImplementation) -> Logged:
    return _log(tx, caller, arguments, LogType.IMPLEMENTATION_PLAN)


def log_test_result(tx: Transaction, caller: Caller, arguments: LogTestResult) -> Logged:
    return _log(tx, caller, arguments, LogType.TEST_RESULT, status=arguments.status.upper())


def log_commit(tx: Transaction, caller: Caller, arguments: LogCommit) -> Logged:
    return _log(
        tx,
        caller,
        arguments,
        LogType.COMMIT,
        commit_hash=arguments.commit_hash,
        commit_message=kept_json(arguments.commit_message),
    )


def _log(tx: Transaction, caller: Caller, arguments: LogEntry, type_: LogType, **more: Any) -> Logged:
    story_id = caller.story(tx, arguments.story_id, Need.CHANGE).id
    log = StoryLog(
        id=_log_id(caller),
        story_id=story_id,
        type=type_,
        content=kept_json(arguments.content),
        metadata=kept_json(arguments.metadata),
        created_at=tx.now,
        **more,
    )
    if not tx.backlog.add_log(log, log.id):
        log = next(stored for stored in tx.backlog.logs(story_id) if stored.id == log.id)
    return Logged(id=log.id, created_at=log.created_at)


def _log_id(caller: Caller) -> str:
    """The same call of an attempt always makes the same entry."""
    if not isinstance(caller, AttemptCaller):
        return new_id("log")
    named = f"{caller.attempt.id}:{caller.call_id}".encode("utf-8", "replace")
    return "log_" + hashlib.sha256(named).hexdigest()[:26]


HANDLERS: Handlers = {
    LogImplementation: log_implementation,
    LogTestResult: log_test_result,
    LogCommit: log_commit,
}
