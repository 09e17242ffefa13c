"""An assignment as its runtime's brief."""

from __future__ import annotations

import uuid
from pathlib import PurePosixPath

from ploeg.domain.attempt import Outcome
from ploeg.domain.config import JobConfig
from ploeg.domain.errors import Invalid
from ploeg.domain.kinds import PermissionMode
from ploeg.domain.limits import Limits
from ploeg.prompts.rendering import Changes, render
from ploeg.runtimes.base import Brief, ToolEndpoint
from ploeg.wire.assignment import Assignment, ConfigOut, LimitsOut
from ploeg.worker import model_credentials
from ploeg.worker.failure import PhaseFailed
from ploeg.worker.live import LiveAttempt
from ploeg.workspace.sandbox import Sandbox


def brief_for(live: LiveAttempt, endpoint: ToolEndpoint, sandbox: Sandbox, *, resumed: bool) -> Brief:
    """`resumed`: an earlier attempt's work is in the workspace. Its secrets are redacted from now on."""
    assignment = live.assignment
    credentials = _credentials(live)
    live.hide(endpoint.token, *model_credentials.secrets(credentials))
    live.progress.purse = model_credentials.purse(credentials)
    session_id = live.session_to_resume
    last_words = assignment.resume.last_words if assignment.resume is not None and session_id is None else None
    places = {product: str(workspace.tree) for product, workspace in live.beside.items()}
    prompt = render(
        assignment,
        resumed=resumed or session_id is not None,
        last_words=last_words,
        places=places,
        changes=_changes(live),
    )
    task, story = assignment.task, assignment.story
    return Brief(
        program=live.offered.program,
        prompt=prompt.prompt,
        system_prompt=prompt.system,
        config=_config(assignment.config),
        workspace=sandbox.workspace,
        home=sandbox.home,
        endpoint=endpoint,
        plan=task.implementation_plan if task else "",
        task_id=task.id if task else None,
        story_id=story.id if story else None,
        job_id=assignment.job_id,
        story_code=story.code if story else None,
        task_title=task.title if task else "",
        new_session_id=str(uuid.uuid4()),
        resume_session_id=session_id,
        credentials=credentials,
        beside=tuple(PurePosixPath(place) for place in places.values()),
    )


def _changes(live: LiveAttempt) -> Changes | None:
    diff = live.diff
    if diff is None:
        return None
    files = tuple(f"{each.path} +{each.added} -{each.removed}" for each in diff.files)
    return Changes(files=files, diff=diff.text, cut=diff.cut)


def _credentials(live: LiveAttempt) -> dict[str, str]:
    try:
        return model_credentials.for_seat(live.bench.settings, live.seat)
    except Invalid as error:
        raise PhaseFailed(Outcome.AUTH_EXPIRED, str(error)) from None


def limits_of(assignment: Assignment) -> Limits:
    return _limits(assignment.config.limits)


def _limits(given: LimitsOut) -> Limits:
    return Limits(
        max_minutes=given.max_minutes,
        max_silence_minutes=given.max_silence_minutes,
        max_turns=given.max_turns,
        max_cost_usd=given.max_cost_usd,
        max_tokens=given.max_tokens,
    )


def _config(given: ConfigOut) -> JobConfig:
    return JobConfig(
        runtime=given.runtime,
        model=given.model,
        effort=given.effort,
        # Spent already: the server made `effort` of it.
        thinking_budget=0,
        permission_mode=PermissionMode(given.permission_mode),
        limits=_limits(given.limits),
        agent_tools=tuple(given.agent_tools),
        tools=tuple(given.tools),
        verify_commands=tuple(given.verify_commands),
        verify_timeout=given.verify_timeout,
        setup_commands=tuple(given.setup_commands),
        repair_rounds=given.repair_rounds,
        auto_commit=given.auto_commit,
        source=given.source,
    )
