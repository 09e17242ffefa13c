"""Settings of the worker."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from ploeg.settings.jobs import JobSettings
from ploeg.settings.text import doc


class WorkerSettings(JobSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The worker."""

    worker_name: Annotated[str, doc("Name of this worker; empty: the host's name.")] = ""
    slots: Annotated[int, doc("Jobs that this worker runs at the same time.", ge=1, le=64)] = 1
    runtimes: Annotated[
        list[str], doc("Runtimes that this worker offers; empty: every one whose program it finds.")
    ] = msgspec.field(default_factory=list)
    labels: Annotated[list[str], doc("Labels that this worker offers; a job may require some.")] = msgspec.field(
        default_factory=list
    )
    active_hours: Annotated[
        str,
        doc(
            "When this worker takes jobs, e.g. `22:00-07:00` or `mon-fri 22:00-07:00; sat sun 00:00-24:00`; a job that "
            "runs goes on. Empty: always."
        ),
    ] = ""
    sandbox: Annotated[
        Literal["auto", "bubblewrap", "none"],
        doc("`bubblewrap` isolates agents; `none` does not; `auto` is bubblewrap, or a refusal to start."),
    ] = "auto"
    tool_paths: Annotated[
        list[str],
        doc(
            "Folders of programs that agents and verify commands may use, besides the system's: read-only in "
            "the sandbox and first on its PATH. A folder named `bin` brings the folder above it along."
        ),
    ] = msgspec.field(default_factory=list)
    pass_environment: Annotated[
        list[str], doc("Names of further environment variables that agents may see. Never put a secret here.")
    ] = msgspec.field(default_factory=list)
    git_credentials_file: Annotated[
        str,
        doc(
            "File of lines `https://host/prefix user token`, mode 0600; git gets the token by askpass when it "
            "fetches or pushes there, nothing else does."
        ),
    ] = ""
    claude_token_file: Annotated[
        str,
        doc("File with the token of `claude setup-token`, or an API key (`sk-ant-api…`), for the claude runtime."),
    ] = ""
    claude_accounts: Annotated[
        list[str],
        doc(
            "Several accounts for the claude runtime, in place of `claude_token_file`: names and files, e.g. "
            "`main=/run/secrets/claude-main,key=/run/secrets/claude-key`."
        ),
    ] = msgspec.field(default_factory=list)
    account_policy: Annotated[
        Literal["in_order", "spread"],
        doc("Which account takes the next job: the first that is open, or the one with the least to do."),
    ] = "in_order"
    claude_program: Annotated[str, doc("The Claude Code program: a name on PATH or an absolute path.")] = "claude"
    claude_base_url: Annotated[str, doc("Model API or gateway for Claude Code; empty: its own.")] = ""
    commit_name: Annotated[str, doc("Name of the author of agents' commits.", min_length=1)] = "Ploeg"
    commit_email: Annotated[str, doc("E-mail address of the author of agents' commits.")] = "ploeg@localhost"
    committer_name: Annotated[str, doc("Name of the committer of agents' commits; empty: the author's.")] = ""
    committer_email: Annotated[str, doc("E-mail address of the committer; empty: the author's.")] = ""
    commit_trailers: Annotated[
        list[str],
        doc("Lines under the message of agents' commits; `{job}`, `{story}`, `{task}` and `{product}` are the codes."),
    ] = msgspec.field(default_factory=lambda: ["Ploeg-Job: {job}", "Ploeg-Story: {story}"])
    branch_prefix: Annotated[str, doc("What the branches that Ploeg pushes begin with.", min_length=1)] = "ploeg/"
    push_unfinished: Annotated[
        bool,
        doc("Put the work of attempts that do not end as done onto the remote as well, on the branch `…wip/<job>`."),
    ] = True
    mirror_repositories: Annotated[
        list[str], doc("Repositories that this worker mirrors when it starts, so that no job waits for a first clone.")
    ] = msgspec.field(default_factory=list)
    warm_workspaces: Annotated[
        int, doc("Fresh workspaces kept ready per repository while the worker is idle.", ge=0, le=16)
    ] = 1
    keep_every_seconds: Annotated[float, doc("Between two snapshots of a running agent's work.", gt=0)] = 180.0
    keep_homes: Annotated[
        int, doc("Ended jobs whose agents' conversations are kept for follow-up jobs, the newest ones.", ge=0)
    ] = 20
    prepare_minutes: Annotated[float, doc("Limit of preparing a workspace, set-up commands included.", gt=0)] = 15.0
    push_minutes: Annotated[float, doc("Limit of one push.", gt=0)] = 5.0
    finish_grace: Annotated[
        float, doc("How long an agent may stay alive after its last event before it is ended.", gt=0)
    ] = 10.0
    kill_grace: Annotated[float, doc("Between asking a process to end and killing its whole tree.", gt=0)] = 5.0
    drain_grace: Annotated[
        float, doc("How long a stopping worker lets its jobs go on before it hands them back.", ge=0)
    ] = 30.0
    max_memory_bytes: Annotated[
        int,
        doc(
            "Most memory that one job's agent, or one of its commands, may take with all that it starts; 0: three "
            "quarters of this machine's, shared among the slots.",
            ge=0,
        ),
    ] = 0
    max_processes: Annotated[
        int, doc("Most processes that one job's agent, or one of its commands, may have at a time; 0: no limit.", ge=0)
    ] = 2000
    max_output_bytes_per_minute: Annotated[
        int, doc("Most that one job's agent, or one of its commands, may print a minute; 0: no limit.", ge=0)
    ] = 64 * 1024 * 1024
    max_repeats: Annotated[
        int,
        doc(
            "Times in a row that an agent may make the same tool call with the same arguments, or go round the same "
            "few; 0: no limit.",
            ge=0,
        ),
    ] = 30
    unhealthy_after: Annotated[
        int,
        doc(
            "Attempts in a row that fail for reasons of the worker's own before it calls itself unhealthy and rests "
            "before each further one.",
            ge=1,
        ),
    ] = 3
    max_spool_bytes: Annotated[
        int,
        doc("Most of one attempt's transcript that waits on this machine's disk while the server is away.", ge=2**20),
    ] = 64 * 1024 * 1024
    max_line_bytes: Annotated[
        int, doc("Longest line of an agent's output that is read whole; the rest of it is dropped.", ge=4096)
    ] = 4 * 1024 * 1024
    max_log_bytes: Annotated[int, doc("Limit of one attempt's run log on the worker.", ge=4096)] = 256 * 1024 * 1024
    max_bundle_bytes: Annotated[int, doc("Most that one attempt's commits may weigh to be taken over.", ge=1024)] = (
        512 * 1024 * 1024
    )
