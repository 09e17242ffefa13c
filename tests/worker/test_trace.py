"""The worker's part of a job's trace: where an attempt's time went."""

from __future__ import annotations

import pytest

from ploeg import tracing
from ploeg.domain.attempt import Phase
from ploeg.tracing import Span
from tests.worker.rig import Rig

pytestmark = pytest.mark.anyio

SCRIPT = """
start()
commit()
report(summary="Wrote the greeting that was asked for.")
finish()
"""


async def test_phases_tools_and_commands_are_parts_of_the_attempt(rig: Rig) -> None:
    told: list[Span] = []
    job = rig.job(verify_commands=["test -e hello.txt # with-a-canary"])
    with tracing.to(told.append):
        await rig.run(SCRIPT, job)
    phases = [span.name for span in told if span.name in set(Phase)]
    assert phases == ["prepare", "agent", "verify", "push", "report"]
    assert [span.name for span in told if span.name not in phases] == ["command", "tool update_job_status"]
    assert {(span.job_id, span.within) for span in told} == {(job.job_id, job.attempt_id)}
    assert all(span.began <= span.ended and span.error is None for span in told)
    assert "canary" not in str(told)
