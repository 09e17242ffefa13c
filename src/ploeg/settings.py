"""Every setting: its name, default and help. The only reader of the environment and of `ploeg.toml`.

A setting is looked up first in the environment (`PLOEG_` and its name in capitals), then in `ploeg.toml` in Ploeg's
home, then its default stands. An unknown name in either place is an error, so that a typing mistake is not silent.
A list is written with commas in the environment and as a list in the file.
"""

from __future__ import annotations

import os
import socket
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal, get_origin, get_type_hints

import msgspec

from ploeg.domain.errors import Invalid
from ploeg.domain.hours import zone_named
from ploeg.domain.lease import LeaseTerms

PREFIX = "PLOEG_"
FILE = "ploeg.toml"


def _help(text: str, **limits: Any) -> msgspec.Meta:
    return msgspec.Meta(description=text, **limits)


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What can be set. Durations are in seconds unless the name says otherwise, sizes in bytes."""

    # Where things are
    home: Annotated[str, _help("Folder of everything Ploeg keeps: database, credentials, mirrors, logs.")] = ""
    database_url: Annotated[
        str, _help("Where the server keeps its data: `sqlite:///path` or `postgresql://…`; empty: a file in home.")
    ] = ""
    server_url: Annotated[str, _help("The server that the command line and the worker talk to.")] = ""
    token_file: Annotated[
        str, _help("File that holds the token to use instead of the one in home's `credentials.json`.")
    ] = ""

    time_zone: Annotated[
        str,
        _help("Time zone that this machine's commands and worker go by, e.g. `Europe/Amsterdam`; empty: its own."),
    ] = ""

    # The server
    host: Annotated[str, _help("Address the server listens on. Other than loopback, put TLS in front.")] = "127.0.0.1"
    port: Annotated[int, _help("Port the server listens on.", ge=0, le=65535)] = 7460
    public_url: Annotated[
        str,
        _help(
            "The URL under which others reach the server, e.g. `https://ploeg.example.org`; `/mcp` answers under no "
            "other name than this one, loopback and `host`."
        ),
    ] = ""
    admin_username: Annotated[str, _help("Name of the account made at the first start.", min_length=1)] = "admin"
    shutdown_grace: Annotated[float, _help("How long a stopping server waits for requests to end.", gt=0)] = 10.0
    backup_before_migration: Annotated[bool, _help("Copy the SQLite file before a migration changes it.")] = True
    lease_seconds: Annotated[float, _help("How long a claim holds without a renewal.", gt=0)] = 300.0
    renew_seconds: Annotated[float, _help("Between two renewals of a lease.", gt=0)] = 15.0
    max_transcript_bytes: Annotated[
        int, _help("Limit of one attempt's stored transcript; what comes after is dropped, and said so.", ge=4096)
    ] = 64 * 1024 * 1024

    question_deadline_hours: Annotated[
        float, _help("How long an agent's question may stay unanswered before it expires, in hours.", gt=0)
    ] = 24.0
    question_on_expiry: Annotated[
        Literal["park", "default", "fail"],
        _help(
            "What an expired question does to its job: `park` keeps it waiting for a late answer, `default` takes the "
            "option that the agent recommended, `fail` fails it."
        ),
    ] = "park"

    max_jobs_by_runtime: Annotated[
        list[str],
        _help("Jobs of a runtime that may be at work at the same time, over all products, e.g. `claude=2`."),
    ] = []
    forge_tokens_file: Annotated[
        str, _help("File of lines `host forgejo|gitea|github|gitlab token`, mode 0600: where the server opens pulls.")
    ] = ""

    plan_review_rounds: Annotated[
        int, _help("Reviews that an idea's plan gets at most while the idea goes by itself.", ge=1, le=10)
    ] = 2

    # Defaults for every job (the installation's layer of the config)
    runtime: Annotated[str, _help("Runtime of a job that names none.")] = "patch"
    model: Annotated[str, _help("Model of a job that names none; empty leaves it to the runtime.")] = ""
    review_runtime: Annotated[str, _help("Runtime of a review of a plan; empty: as any job's.")] = ""
    review_model: Annotated[str, _help("Model of a review of a plan; empty: as any job's.")] = ""
    max_minutes: Annotated[float, _help("Wall clock of an agent, in minutes; 0: the kind's own.", ge=0)] = 0.0
    max_silence_minutes: Annotated[float, _help("Minutes an agent may say nothing; 0: the kind's own.", ge=0)] = 0.0
    max_turns: Annotated[int, _help("Turns an agent may take; 0: the kind's own.", ge=0)] = 0
    max_cost_usd: Annotated[float, _help("What one attempt may cost, in US dollars; 0: no limit.", ge=0)] = 0.0
    repair_rounds: Annotated[
        int, _help("1: an agent that ended refused by a gate is resumed once, with the refusal.", ge=0, le=1)
    ] = 0
    auto_commit: Annotated[bool, _help("Commit what an agent left uncommitted, instead of refusing its `done`.")] = (
        False
    )

    # The worker
    worker_name: Annotated[str, _help("Name of this worker; empty: the host's name.")] = ""
    slots: Annotated[int, _help("Jobs that this worker runs at the same time.", ge=1, le=64)] = 1
    runtimes: Annotated[
        list[str], _help("Runtimes that this worker offers; empty: every one whose program it finds.")
    ] = []
    labels: Annotated[list[str], _help("Labels that this worker offers; a job may require some.")] = []
    active_hours: Annotated[
        str,
        _help(
            "When this worker takes jobs, e.g. `22:00-07:00` or `mon-fri 22:00-07:00; sat sun 00:00-24:00`; a job that "
            "runs goes on. Empty: always."
        ),
    ] = ""
    sandbox: Annotated[
        Literal["auto", "bubblewrap", "none"],
        _help("`bubblewrap` isolates agents; `none` does not; `auto` is bubblewrap, or a refusal to start."),
    ] = "auto"
    tool_paths: Annotated[
        list[str],
        _help(
            "Folders of programs that agents and verify commands may use, besides the system's: read-only in "
            "the sandbox and first on its PATH. A folder named `bin` brings the folder above it along."
        ),
    ] = []
    pass_environment: Annotated[
        list[str], _help("Names of further environment variables that agents may see. Never put a secret here.")
    ] = []
    git_credentials_file: Annotated[
        str,
        _help(
            "File of lines `https://host/prefix user token`, mode 0600; git gets the token by askpass when it "
            "fetches or pushes there, nothing else does."
        ),
    ] = ""
    claude_token_file: Annotated[
        str,
        _help("File with the token of `claude setup-token`, or an API key (`sk-ant-api…`), for the claude runtime."),
    ] = ""
    claude_program: Annotated[str, _help("The Claude Code program: a name on PATH or an absolute path.")] = "claude"
    claude_base_url: Annotated[str, _help("Model API or gateway for Claude Code; empty: its own.")] = ""
    commit_name: Annotated[str, _help("Name of the author of agents' commits.", min_length=1)] = "Ploeg"
    commit_email: Annotated[str, _help("E-mail address of the author of agents' commits.")] = "ploeg@localhost"
    branch_prefix: Annotated[str, _help("What the branches that Ploeg pushes begin with.", min_length=1)] = "ploeg/"
    warm_workspaces: Annotated[
        int, _help("Fresh workspaces kept ready per repository while the worker is idle.", ge=0, le=16)
    ] = 1
    keep_every_seconds: Annotated[float, _help("Between two snapshots of a running agent's work.", gt=0)] = 180.0
    keep_homes: Annotated[
        int, _help("Ended jobs whose agents' conversations are kept for follow-up jobs, the newest ones.", ge=0)
    ] = 20
    prepare_minutes: Annotated[float, _help("Limit of preparing a workspace, set-up commands included.", gt=0)] = 15.0
    push_minutes: Annotated[float, _help("Limit of one push.", gt=0)] = 5.0
    finish_grace: Annotated[
        float, _help("How long an agent may stay alive after its last event before it is ended.", gt=0)
    ] = 10.0
    kill_grace: Annotated[float, _help("Between asking a process to end and killing its whole tree.", gt=0)] = 5.0
    drain_grace: Annotated[
        float, _help("How long a stopping worker lets its jobs go on before it hands them back.", ge=0)
    ] = 30.0
    max_line_bytes: Annotated[
        int, _help("Longest line of an agent's output that is read whole; the rest of it is dropped.", ge=4096)
    ] = 4 * 1024 * 1024
    max_log_bytes: Annotated[int, _help("Limit of one attempt's run log on the worker.", ge=4096)] = 256 * 1024 * 1024
    max_bundle_bytes: Annotated[int, _help("Most that one attempt's commits may weigh to be taken over.", ge=1024)] = (
        512 * 1024 * 1024
    )

    # Logs
    log_level: Annotated[Literal["debug", "info", "warning", "error"], _help("What is logged on standard error.")] = (
        "info"
    )
    log_format: Annotated[Literal["text", "json"], _help("`text` for people, `json` for programs.")] = "text"

    @property
    def home_path(self) -> Path:
        return Path(self.home)

    @property
    def credentials_path(self) -> Path:
        """Where the local command finds its token and the server's URL (mode 0600)."""
        return self.home_path / "credentials.json"

    @property
    def effective_database_url(self) -> str:
        return self.database_url or f"sqlite:///{self.home_path / 'ploeg.db'}"

    @property
    def effective_server_url(self) -> str:
        return self.server_url.rstrip("/") or f"http://{self.host}:{self.port}"

    @property
    def effective_worker_name(self) -> str:
        return self.worker_name or socket.gethostname()

    @property
    def effective_time_zone(self) -> str:
        return self.time_zone or _zone_of_this_machine()

    @property
    def lease(self) -> LeaseTerms:
        return LeaseTerms(seconds=self.lease_seconds, renew_every=self.renew_seconds)


def load(environment: Mapping[str, str] | None = None, overrides: Mapping[str, Any] | None = None) -> Settings:
    """The settings in force. `overrides` are the command line's flags, and win. Raises `Invalid`."""
    environment = os.environ if environment is None else environment
    given = {k: v for k, v in (overrides or {}).items() if v is not None}
    from_environment = _from_environment(environment)
    home = str(given.get("home") or from_environment.get("home") or _default_home(environment))
    values = {
        **_time_zone(environment),
        **_from_file(Path(home) / FILE),
        **from_environment,
        **given,
        "home": str(Path(home).expanduser().absolute()),
    }
    try:
        return msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise _explained(error, values) from None


def environment_name(name: str) -> str:
    return PREFIX + name.upper()


def describe() -> list[tuple[str, str, Any, str]]:
    """Name, type, default and help of every setting, in order."""
    hints = get_type_hints(Settings, include_extras=True)
    rows = []
    for field in msgspec.structs.fields(Settings):
        annotated = hints[field.name]
        default = field.default_factory() if field.default is msgspec.NODEFAULT else field.default
        rows.append((field.name, _type_name(annotated.__origin__), default, annotated.__metadata__[0].description))
    return rows


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    lists = {name for name, kind, _, _ in describe() if kind == "list"}
    known = {environment_name(f.name): f.name for f in msgspec.structs.fields(Settings)}
    values: dict[str, Any] = {}
    for variable, text in environment.items():
        if not variable.startswith(PREFIX):
            continue
        if variable not in known:
            raise Invalid(variable, text, "there is no such setting; `ploeg doctor --settings` lists them")
        name = known[variable]
        values[name] = [part.strip() for part in text.split(",") if part.strip()] if name in lists else text
    return values


def _from_file(path: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Invalid(str(path), str(error), "mend the file or move it away") from None
    known = {f.name for f in msgspec.structs.fields(Settings)}
    for name, value in content.items():
        if name not in known:
            raise Invalid(name, value, f"{path} has no such setting; `ploeg doctor --settings` lists them")
    return content


def _default_home(environment: Mapping[str, str]) -> Path:
    data_home = environment.get("XDG_DATA_HOME") or str(Path(environment.get("HOME", "~")) / ".local" / "share")
    return Path(data_home).expanduser() / "ploeg"


def _time_zone(environment: Mapping[str, str]) -> dict[str, str]:
    """What TZ says, where that is a name of the time zone database."""
    with suppress(Invalid):
        return {"time_zone": zone_named(environment.get("TZ", "").removeprefix(":")).key}
    return {}


def _explained(error: msgspec.ValidationError, values: Mapping[str, Any]) -> Invalid:
    what, _, where = str(error).partition(" - at `$.")
    name = where.split("`")[0].split("[")[0]
    return Invalid(name or "settings", values.get(name, ""), what[0].lower() + what[1:])


def _zone_of_this_machine() -> str:
    """As /etc/localtime, which links into the time zone database, says; UTC where it does not."""
    return os.path.realpath("/etc/localtime").partition("/zoneinfo/")[2] or "UTC"


def _type_name(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return " or ".join(kind.__args__)
    return "list" if get_origin(kind) is list else str(kind.__name__)
