"""Settings that every job begins with: the installation's layer of the config."""

from __future__ import annotations

from typing import Annotated, Literal

from ploeg.settings.server import ServerSettings
from ploeg.settings.text import doc


class JobSettings(ServerSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Defaults for every job."""

    runtime: Annotated[str, doc("Runtime of a job that names none.")] = "patch"
    model: Annotated[str, doc("Model of a job that names none; empty leaves it to the runtime.")] = ""
    review_runtime: Annotated[str, doc("Runtime of a review of a plan or a pull request; empty: as any job's.")] = ""
    review_model: Annotated[str, doc("Model of a review of a plan or a pull request; empty: as any job's.")] = ""
    max_minutes: Annotated[float, doc("Wall clock of an agent, in minutes; 0: the kind's own.", ge=0)] = 0.0
    max_silence_minutes: Annotated[float, doc("Minutes an agent may say nothing; 0: the kind's own.", ge=0)] = 0.0
    max_turns: Annotated[int, doc("Turns an agent may take; 0: the kind's own.", ge=0)] = 0
    max_cost_usd: Annotated[
        float, doc("What one job may cost with all its attempts, in US dollars; 0: no limit.", ge=0)
    ] = 0.0
    max_tokens: Annotated[int, doc("Tokens of every kind that one job may use; 0: no limit.", ge=0)] = 0
    max_cost_usd_per_day: Annotated[
        float, doc("What all jobs may cost in a day before no more of them begin, in US dollars; 0: no limit.", ge=0)
    ] = 0.0
    max_tokens_per_day: Annotated[
        int, doc("Tokens that all jobs may use in a day before no more of them begin; 0: no limit.", ge=0)
    ] = 0
    hold_what_may_not_fit: Annotated[
        bool, doc("Begin no job that may not fit into its account's quota before the reset, by what such jobs took.")
    ] = False
    repair_rounds: Annotated[
        int, doc("1: an agent that ended refused by a gate is resumed once, with the refusal.", ge=0, le=1)
    ] = 0
    auto_commit: Annotated[bool, doc("Commit what an agent left uncommitted, instead of refusing its `done`.")] = False
    on_conflict: Annotated[
        Literal["solve", "ask", "fail"],
        doc(
            "When others changed the same lines on a job's branch: `solve` resumes the agent once to put its work on "
            "top of theirs, and then asks people; `ask` asks them at once; `fail` fails the job."
        ),
    ] = "solve"
