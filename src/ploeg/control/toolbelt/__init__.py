"""The tools that the server carries out, for attempts (`control/calls.py`) and for people's own agents (`/mcp`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ploeg.control.toolbelt import (
    backlog,
    dispatch,
    docs,
    execution,
    export,
    grooming,
    idea,
    idea_work,
    imports,
    notice,
    overlap,
    product,
    publishing,
    pull_request,
    pull_review,
    pulls,
    question,
    queue,
    sprint,
    story_log,
    task,
    todo,
    worker,
)
from ploeg.control.toolbelt.caller import AttemptCaller, Caller
from ploeg.control.toolbelt.handler import Handlers
from ploeg.domain.access import Scope
from ploeg.domain.errors import Denied, Invalid, NotFound
from ploeg.domain.kinds import kind_named
from ploeg.store.transaction import Transaction
from ploeg.tools.declaration import Result, Side, Tool
from ploeg.tools.registry import tool_named

#: How deep a call's arguments go, far beyond any use.
DEPTH_MAX = 40

HANDLERS: Handlers = {
    **task.HANDLERS,
    **execution.HANDLERS,
    **story_log.HANDLERS,
    **docs.HANDLERS,
    **product.HANDLERS,
    **backlog.HANDLERS,
    **grooming.HANDLERS,
    **sprint.HANDLERS,
    **imports.HANDLERS,
    **export.HANDLERS,
    **todo.HANDLERS,
    **publishing.HANDLERS,
    **pull_request.HANDLERS,
    **pull_review.HANDLERS,
    **pulls.HANDLERS,
    **dispatch.HANDLERS,
    **overlap.HANDLERS,
    **queue.HANDLERS,
    **idea.HANDLERS,
    **idea_work.HANDLERS,
    **question.HANDLERS,
    **notice.HANDLERS,
    **worker.HANDLERS,
}


def carry_out(tx: Transaction, caller: Caller, name: str, arguments: Mapping[str, Any]) -> Result:
    """The tool's result. A tool that the caller may not call is refused before its arguments are looked at."""
    tool = tool_named(name)
    _admit(caller, tool)
    _refuse_deep(arguments)
    checked = tool.check(arguments)
    return HANDLERS[type(checked)](tx, caller, checked)


def _refuse_deep(arguments: Mapping[str, Any]) -> None:
    level: list[Any] = [arguments]
    for _ in range(DEPTH_MAX):
        level = [inner for each in level if isinstance(each, dict | list) for inner in _within(each)]
    if level:
        raise Invalid("arguments", "…", f"nest them at most {DEPTH_MAX} deep")


def _within(value: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value


def _admit(caller: Caller, tool: Tool) -> None:
    if isinstance(caller, AttemptCaller):
        if tool.side is not Side.SERVER or tool.name not in kind_named(caller.job.kind).tools:
            raise Denied(f"{tool.name} is not among the tools that this job may call through the server")
        return
    if not tool.people:
        raise NotFound("tool", tool.name)
    caller.principal.require(Scope.WRITE if tool.writes else Scope.READ)
