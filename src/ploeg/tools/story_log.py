"""Tools that write into a story's activity log, which people read while a job runs and after it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from ploeg.tools.declaration import Arguments, Reference, Result, Side, Tool

CONTENT_MAX = 20_000


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


class LogEntry(Arguments):
    story_id: Reference = Field(description="The story's id or code.")
    content: str = Field(min_length=1, max_length=CONTENT_MAX, description="Text for people, in Markdown.")
    metadata: dict[str, Any] | None = Field(default=None, description="Anything structured that belongs to it.")


class LogImplementation(LogEntry):
    pass


class LogTestResult(LogEntry):
    status: Annotated[Literal["passed", "failed"], BeforeValidator(_lower)] = Field(description="How the tests ended.")


class LogCommit(LogEntry):
    commit_hash: str = Field(pattern=r"^[0-9a-f]{7,64}$", description="The commit's hash, from `git rev-parse HEAD`.")
    commit_message: str = Field(min_length=1, max_length=4000, description="The commit's message.")


class Logged(Result):
    id: str
    created_at: datetime


LOG_IMPLEMENTATION = Tool(
    name="log_implementation",
    description="Log what you are about to do or have done for a story, once for each logical layer.",
    arguments=LogImplementation,
    result=Logged,
    side=Side.SERVER,
    people=True,
)

LOG_TEST_RESULT = Tool(
    name="log_test_result",
    description="Log a test run for a story: what was run and how it ended, with the tail of a failure.",
    arguments=LogTestResult,
    result=Logged,
    side=Side.SERVER,
    people=True,
)

LOG_COMMIT = Tool(
    name="log_commit",
    description="Log a commit that you made for a story, right after making it.",
    arguments=LogCommit,
    result=Logged,
    side=Side.SERVER,
    people=True,
)
