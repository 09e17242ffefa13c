"""Tools about the job itself."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from ploeg.domain.errors import Invalid
from ploeg.domain.gate import SKIP_REASON_MIN, Coverage, skip_reason
from ploeg.tools.declaration import Arguments, Reference, Result, Side, Tool

Tokens = Annotated[int | None, Field(ge=0)]


class UpdateJobStatus(Arguments):
    job_id: Reference = Field(description="This job's id, from the prompt.")
    status: Literal["running", "done", "failed", "skipped"] = Field(
        description="`running`: still at work. `done`: all of the task is committed. `failed`: it cannot be done. "
        "`skipped`: nothing has to be done."
    )
    branch: str | None = Field(
        default=None, max_length=255, description="Leave out: the worker knows the branch and pushes it itself."
    )
    summary: str | None = Field(
        default=None,
        max_length=4000,
        description="What was done, for people; of a chat, the answer itself. With `done`, at least 20 characters of "
        "it justify changes that cover the plan only in part or go beyond it.",
    )
    error: str | None = Field(
        default=None,
        validate_default=True,
        max_length=2000,
        description="With `failed`: why, with the tail of the failing output. With `skipped`: the reason, at least "
        f"{SKIP_REASON_MIN} characters.",
    )
    model_id: str | None = Field(
        default=None, max_length=200, description="Only if your program does not report its model by itself."
    )
    input_tokens: Tokens = Field(default=None, description="Only if your program does not report its usage by itself.")
    output_tokens: Tokens = Field(default=None, description="As input_tokens.")
    cache_read_tokens: Tokens = Field(default=None, description="As input_tokens.")
    cache_write_tokens: Tokens = Field(default=None, description="As input_tokens.")
    actual_thinking_tokens: Tokens = Field(default=None, description="Not kept: thinking is part of the output tokens.")

    @field_validator("error")
    @classmethod
    def _skipped_needs_a_reason(cls, error: str | None, checked: ValidationInfo) -> str | None:
        if checked.data.get("status") == "skipped":
            try:
                skip_reason(error)
            except Invalid:
                raise ValueError(
                    f"«skipped» needs its reason here, at least {SKIP_REASON_MIN} characters long"
                ) from None
        return error


class JobStatusUpdated(Result):
    job_id: str
    status: Literal["running", "done", "failed", "skipped"]
    #: Left out where the job has none.
    branch: str | None = None
    #: The verified commit, when the job is done.
    head_sha: str | None = None
    verify_result: Coverage | None = None
    summary: str | None = None
    error: str | None = None
    #: `stop`: the report is accepted, end the session now.
    next_action: Literal["continue", "stop"]


UPDATE_JOB_STATUS = Tool(
    name="update_job_status",
    description=(
        "Report where this job stands. Close the job with it exactly once, as your last act: `done`, `failed` or "
        "`skipped`. Where the job is to change the repository, `done` is checked before it is accepted: everything "
        "committed and the working tree clean, changes that cover the plan, and the product's verify commands passing "
        "on the commit at HEAD; this can take minutes. A refusal says what to mend: mend it, commit, and report again. "
        "An accepted `done` is pushed by the worker; never push yourself. After an accepted report, end the session."
    ),
    arguments=UpdateJobStatus,
    result=JobStatusUpdated,
    side=Side.WORKER,
)
