"""A scripted model finds its place in a conversation, whoever continues it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scripted.script import Answer, Call, Cut, Hang, Refuse, Step, call, content_blocks, place, say

SCRIPT: list[Step] = [call("Bash", command="true"), say("one"), Refuse(529, times=2), say("two"), Hang()]


def answered(*indexes: int) -> list[dict[str, Any]]:
    """A conversation in which those steps were given, each followed by something of the user's."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": "Begin."}]
    for index in indexes:
        step = SCRIPT[index]
        assert isinstance(step, Answer)
        messages.append({"role": "assistant", "content": content_blocks(step, index)})
        messages.append({"role": "user", "content": [{"type": "tool_result", "content": "ok"}]})
    return messages


@pytest.mark.parametrize(
    ("given", "served", "reached"),
    [
        ((), {}, 0),
        ((0,), {}, 1),
        ((0, 1), {}, 2),
        ((0, 1), {2: 1}, 2),
        ((0, 1), {2: 2}, 3),
        ((0, 1, 3), {}, 4),
        ((0, 1, 3), {4: 99}, 4),
    ],
)
def test_the_next_step_follows_from_what_was_answered(
    given: tuple[int, ...], served: dict[int, int], reached: int
) -> None:
    assert place(SCRIPT, served, answered(*given)) == reached


def test_the_last_step_repeats() -> None:
    assert place([say("only")], {}, [{"role": "assistant", "content": "only"}]) == 0


def test_messages_that_the_script_did_not_give_change_nothing() -> None:
    assert place(SCRIPT, {}, [{"role": "assistant", "content": "No response requested."}]) == 0


def test_two_calls_are_one_step() -> None:
    both = Answer(calls=(Call("A"), Call("B")))
    script: list[Step] = [both, Cut(times=1), say("done")]
    messages = [{"role": "assistant", "content": content_blocks(both, 0)}]
    assert place(script, {}, messages) == 1
    assert place(script, {1: 1}, messages) == 2
