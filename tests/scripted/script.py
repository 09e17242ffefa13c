"""What a scripted model does, step by step, and how it finds its place in a conversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

_UNIQUE = count(1)


@dataclass(frozen=True)
class Call:
    """A call of one of the client's tools, e.g. `Call("Bash", command="true")`."""

    tool: str
    arguments: dict[str, Any]

    def __init__(self, tool: str, /, **arguments: Any) -> None:
        object.__setattr__(self, "tool", tool)
        object.__setattr__(self, "arguments", arguments)


@dataclass(frozen=True)
class Answer:
    """A message of the model; without a call it ends the turn."""

    text: str = ""
    calls: tuple[Call, ...] = ()
    thinking: str = ""
    #: Seconds between two pieces of the stream.
    pace: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Refuse:
    """An API error, `times` times and then never again; None: always."""

    status: int
    type: str = "api_error"
    message: str = "scripted refusal"
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int | None = None


@dataclass(frozen=True)
class Hang:
    """No answer until the test releases it."""

    times: int | None = None


@dataclass(frozen=True)
class Cut:
    """The connection breaks in the middle of the stream."""

    text: str = "I was about to"
    times: int | None = None


Step = Answer | Refuse | Hang | Cut


def say(text: str) -> Answer:
    return Answer(text=text)


def call(tool: str, /, **arguments: Any) -> Answer:
    return Answer(calls=(Call(tool, **arguments),))


def place(script: Sequence[Step], served: Mapping[int, int], messages: Sequence[Mapping[str, Any]]) -> int:
    """The step that this conversation has come to.

    It is read from the conversation and not counted from requests, so a resumed session goes on where it was.
    A fault is behind us once a later answer is in the conversation, or once it was served `times` times.
    """
    reached = 0
    for message in messages:
        if message.get("role") != "assistant":
            continue
        for index in range(reached, len(script)):
            if _is_answer(script[index], index, message):
                reached = index + 1
                break
    while reached < len(script) and _spent(script[reached], served.get(reached, 0)):
        reached += 1
    return min(reached, len(script) - 1)


def content_blocks(answer: Answer, index: int) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    if answer.thinking:
        blocks.append({"type": "thinking", "thinking": answer.thinking, "signature": "c2NyaXB0ZWQ="})
    if answer.text:
        blocks.append({"type": "text", "text": answer.text})
    for made in answer.calls:
        identifier = f"toolu_step{index}_{next(_UNIQUE):06d}"
        blocks.append({"type": "tool_use", "id": identifier, "name": made.tool, "input": made.arguments})
    return blocks


def _is_answer(step: Step, index: int, message: Mapping[str, Any]) -> bool:
    if not isinstance(step, Answer):
        return False
    content = message.get("content")
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content or []
    if step.calls:
        return any(b.get("type") == "tool_use" and b["id"].startswith(f"toolu_step{index}_") for b in blocks)
    return any(b.get("type") == "text" and b.get("text") == step.text for b in blocks)


def _spent(step: Step, served: int) -> bool:
    return not isinstance(step, Answer) and step.times is not None and served >= step.times
