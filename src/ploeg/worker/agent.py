"""The second phase: the agent in its sandbox, with its tools beside it.

Imported with the first job: the tool endpoint below it takes a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ploeg.domain.attempt import Phase
from ploeg.domain.gate import GateResult
from ploeg.domain.kinds import kind_named
from ploeg.runtimes.base import Brief, Ending
from ploeg.tools.registry import tools_for
from ploeg.worker.attendant import Attendant
from ploeg.worker.brief import brief_for, limits_of
from ploeg.worker.calls import Calls
from ploeg.worker.end import Accepted
from ploeg.worker.live import LiveAttempt
from ploeg.worker.toolbox import Toolbox
from ploeg.worker.watch import Watch
from ploeg.workspace import process
from ploeg.workspace.process import Process


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRun:
    """What came of an agent."""

    #: None: it was stopped.
    ending: Ending | None
    accepted: Accepted | None
    refused: GateResult | None
    trouble: Exception | None
    #: Why the job is parked, if it is.
    parked: str | None


async def run_agent(live: LiveAttempt, *, resumed: bool) -> AgentRun:
    """Start the agent, and stay with it to its end or to the attempt's. Nothing of it is alive afterwards."""
    live.enter(Phase.AGENT)
    watch = Watch(limits_of(live.assignment), max_repeats=live.bench.settings.max_repeats)
    calls = Calls(live, watch)
    async with Toolbox(tools_for(kind_named(live.assignment.kind)), calls.carry_out) as toolbox:
        brief = _brief(live, toolbox, resumed=resumed)
        reader = live.offered.runtime.reader(resumed=brief.resume_session_id is not None)
        async with await _start(live, brief) as agent:
            ending = await Attendant(live, agent, reader, watch, calls).to_its_end()
        await calls.close()
    return AgentRun(
        ending=ending,
        accepted=calls.accepted,
        refused=calls.refused,
        trouble=calls.trouble,
        parked=calls.questions.reason,
    )


def _brief(live: LiveAttempt, toolbox: Toolbox, *, resumed: bool) -> Brief:
    assert live.workspace is not None
    return brief_for(live, toolbox.endpoint, live.sandbox(live.workspace, _home(live)), resumed=resumed)


async def _start(live: LiveAttempt, brief: Brief) -> Process:
    assert live.workspace is not None
    command = live.offered.runtime.command(brief)
    for path, content in command.files.items():
        live.bench.homes.put(live.assignment.job_code, path, content)
    sandbox = live.sandbox(live.workspace, _home(live), tuple(Path(path) for path in command.readable))
    agent = await process.start(
        command.argv,
        cwd=sandbox.workspace,
        env=live.environment(sandbox, command.environment),
        sandbox=sandbox,
        stdin=command.stdin,
    )
    live.progress.started_agent()
    live.note("agent_started", runtime=live.assignment.config.runtime, resumed=brief.resume_session_id is not None)
    live.save()
    return agent


def _home(live: LiveAttempt) -> Path:
    return live.bench.homes.of(live.assignment.job_code)
