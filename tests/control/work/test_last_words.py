"""What another worker's agent is told of a conversation that it does not have."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from ploeg.control.questions import desk, questions
from ploeg.control.work import chunks
from ploeg.control.work.last_words import WORDS_MAX
from ploeg.wire.assignment import Assignment
from ploeg.wire.work import ClaimRequest, EventChunk
from tests.control.agent import TaskAgent
from tests.control.house import Hand, House

pytestmark = pytest.mark.anyio


async def claim(house: House, hand: Hand) -> Assignment:
    async def stays() -> None:
        raise AssertionError("nobody waits here")

    found = await desk.next_assignment(
        house.plane, hand.secret, ClaimRequest(worker=hand.info, claim_key="again", wait_seconds=0), stays
    )
    assert found is not None
    return found


async def parked_after(house: House, *said: dict[str, Any]) -> None:
    """A job whose agent said that, asked, was parked and is answered."""
    house.run(house.a_task())
    agent = TaskAgent(house, house.hand())
    chunk = EventChunk(chunk=0, events=[{"type": "said", **each} for each in said])
    await chunks.append(house.plane, agent.hand.secret, agent.work.attempt_id, chunk)
    agent.ask()
    agent.park()
    house.write(questions.answer, house.admin, "Q-1", "1")


async def test_another_worker_gets_the_agents_own_last_texts(house: House) -> None:
    await parked_after(
        house,
        {"text": "First I look."},
        {"text": "secret thought", "thinking": True},
        {"text": "a helper", "sub_agent": True},
        {"text": "Now I ask."},
    )
    found = await claim(house, house.hand("two"))
    assert found.resume is not None
    assert found.resume.last_words == "First I look.\n\nNow I ask."
    assert found.asked[0].answer == "red"


async def test_of_a_long_conversation_only_the_end_is_told(house: House) -> None:
    await parked_after(house, *({"text": f"{n} " + "x" * 1000} for n in range(400)), {"text": "The end."})
    found = await claim(house, house.hand("two"))
    assert found.resume is not None
    assert found.resume.last_words is not None
    assert found.resume.last_words.endswith("The end.")
    assert len(found.resume.last_words) <= WORDS_MAX + 20


async def test_an_agent_that_said_nothing_leaves_no_words(house: House) -> None:
    await parked_after(house)
    found = await claim(house, house.hand("two"))
    assert found.resume is not None
    assert found.resume.last_words is None


async def test_a_transcript_that_is_gone_keeps_no_job_from_going_on(house: House) -> None:
    await parked_after(house, {"text": "First I look."})
    shutil.rmtree(house.folder / "transcripts")
    found = await claim(house, house.hand("two"))
    assert found.resume is not None
    assert found.resume.last_words is None
