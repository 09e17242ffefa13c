"""What the doctor has agents do: one tiny headless call with each account, as a job would make it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator

from ploeg.cli.doctor.check import Check
from ploeg.domain.account import Seat
from ploeg.domain.errors import PloegError
from ploeg.runtimes.base import Runtime
from ploeg.settings import Settings

#: It needs no model and no account.
WITHOUT_A_MODEL = "patch"


def trials(settings: Settings) -> Iterator[Check]:
    from ploeg.runtimes.registry import runtime_named, runtime_names
    from ploeg.worker import model_credentials

    for name in settings.runtimes or runtime_names():
        if name == WITHOUT_A_MODEL:
            continue
        runtime = runtime_named(name, claude_program=settings.claude_program)
        accounts = model_credentials.accounts(settings, [name])
        for seat in [Seat(name, account.name) for account in accounts] or [Seat(name)]:
            yield from _tried(settings, runtime, seat)


def _tried(settings: Settings, runtime: Runtime, seat: Seat) -> Iterator[Check]:
    from ploeg.worker.model_credentials import how_to_sign_in
    from ploeg.worker.trial import SECONDS, try_agent

    name = f"agent {seat}"
    passed = {each: os.environ[each] for each in settings.pass_environment if each in os.environ}
    sign_in = how_to_sign_in(settings, seat) or f"sign {seat.runtime} in on this machine"
    try:
        trial = asyncio.run(try_agent(settings, runtime, seat, passed))
    except PloegError as error:
        yield Check(name, "failed", str(error), sign_in)
        return
    if trial is None:
        return
    if trial.ending is None:
        yield Check(name, "failed", f"did not end within {SECONDS:g} seconds", "see whether its model can be reached")
    elif trial.ending.outcome is not None:
        yield Check(name, "failed", trial.ending.reason or trial.ending.outcome, sign_in)
    elif not trial.reached_tools:
        yield Check(name, "failed", "answered without calling its tool", "see whether a proxy or policy blocks MCP")
    else:
        cost = f", {trial.cost_usd:.4f} USD" if trial.cost_usd else ""
        yield Check(
            name, "ok", f"{trial.model or 'its model'} answered and used its tools in {trial.seconds:.0f} s{cost}"
        )
