"""`ploeg doctor --deep` with the real Claude Code program: one word of a model, and one tool of the trial's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from ploeg.domain.account import Seat
from ploeg.domain.attempt import Outcome
from ploeg.runtimes.claude import Claude
from ploeg.settings import Settings, load
from ploeg.worker.trial import Trial, try_agent
from tests.scripted.anthropic import ScriptedModel, expired_token
from tests.scripted.script import call, say

pytestmark = pytest.mark.campaign

SECRET = "sk-ant-oat01-s3cr3t"


@pytest.fixture
def attempt(tmp_path: Path, claude_program: str) -> Callable[[ScriptedModel], Trial]:
    token = tmp_path / "token"
    token.write_text(SECRET)
    claude = Claude(program=claude_program)

    def settings(model: ScriptedModel) -> Settings:
        given = {"PLOEG_HOME": str(tmp_path / "home"), "PLOEG_SANDBOX": "none", "PLOEG_CLAUDE_TOKEN_FILE": str(token)}
        return load({**given, "PLOEG_CLAUDE_BASE_URL": model.url})

    def attempted(model: ScriptedModel) -> Trial:
        trial = asyncio.run(try_agent(settings(model), claude, Seat("claude"), {}))
        assert trial is not None
        return trial

    return attempted


def test_an_agent_that_is_signed_in_answers_and_finds_its_tools(
    attempt: Callable[[ScriptedModel], Trial], scripted_model: Callable[..., ScriptedModel]
) -> None:
    model = scripted_model(call("mcp__ploeg__health"), say("ready"))
    trial = attempt(model)
    assert (trial.worked, trial.reached_tools) == (True, True)
    assert trial.model


def test_an_agent_whose_token_expired_says_so(
    attempt: Callable[[ScriptedModel], Trial], scripted_model: Callable[..., ScriptedModel]
) -> None:
    trial = attempt(scripted_model(*[expired_token()] * 20))
    assert trial.ending is not None
    assert trial.ending.outcome is Outcome.AUTH_EXPIRED
    assert SECRET not in repr(trial)


def test_an_agent_that_answers_without_its_tools_has_not_worked(
    attempt: Callable[[ScriptedModel], Trial], scripted_model: Callable[..., ScriptedModel]
) -> None:
    trial = attempt(scripted_model(say("ready")))
    assert (trial.worked, trial.reached_tools) == (False, False)
