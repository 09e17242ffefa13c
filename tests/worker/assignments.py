"""Assignments for tests, as a server would make them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ploeg.domain.kinds import KINDS, KindName
from ploeg.wire.assignment import (
    Assignment,
    ConfigOut,
    IdeaMessageOut,
    IdeaOut,
    LimitsOut,
    PbiOut,
    ProductOut,
    StoryOut,
    TaskOut,
)
from tests.worker.far_end import WORKER_ID

PLAN = "Write `hello.txt`."


def attempt_id(number: int = 1, attempt: int = 1) -> str:
    """Unlike that of any test process beside this one: a worker finds what an attempt left by its id, and ends it."""
    return f"att_{os.getpid()}_{number}_{attempt}"


def assignment(repo: Path | str = "/nowhere", number: int = 1, attempt: int = 1, **changes: Any) -> Assignment:
    """Job `J-<number>`'s attempt; `changes` go to the assignment, or to its config, limits or task by name."""
    kind = KINDS[KindName.TASK_IMPLEMENTATION]
    limits = LimitsOut(max_minutes=1.0, max_silence_minutes=1.0, max_turns=50)
    config = ConfigOut(
        runtime="scripted",
        permission_mode="bypassPermissions",
        limits=limits,
        agent_tools=list(kind.agent_tools),
        tools=list(kind.tools),
    )
    task = TaskOut(id="tsk_1", code="T-1", title="Say hello", implementation_plan=PLAN)
    made = Assignment(
        attempt_id=attempt_id(number, attempt),
        attempt_number=attempt,
        worker_id=WORKER_ID,
        job_id=f"job_{number}",
        job_code=f"J-{number}",
        kind=kind.name,
        repo_url=str(repo),
        branch=f"ploeg/st-001-{number}",
        config=config,
        product=ProductOut(id="prd_1", code="demo", name="Demo", definition_of_done="It works."),
        pbi=PbiOut(id="pbi_1", code="PBI-1", title="Greetings"),
        story=StoryOut(id="sto_1", code="ST-001", title="Greet"),
        task=task,
        lease_seconds=300.0,
        renew_seconds=15.0,
    )
    for name, value in changes.items():
        owner = next(part for part in (made, config, limits, task) if name in part.__struct_fields__)
        setattr(owner, name, value)
    return made


def idea_assignment(repo: Path | str = "/nowhere", kind: KindName = KindName.IDEA_CHAT, **changes: Any) -> Assignment:
    """Job J-1 of a kind that is about an idea: no task, no story, no branch."""
    idea = IdeaOut(
        id="ide_1",
        code="IDEA-001",
        title="Sell by post",
        status="DRAFT",
        messages=[IdeaMessageOut(author="person", text="Is there a price list?")],
    )
    named = KINDS[kind]
    return assignment(
        repo, kind=named.name, tools=list(named.tools), task=None, story=None, pbi=None, idea=idea, branch="", **changes
    )
