"""Settings of the server."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from ploeg.settings.places import PlaceSettings
from ploeg.settings.text import doc


class ServerSettings(PlaceSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The server."""

    host: Annotated[str, doc("Address the server listens on. Other than loopback, put TLS in front.")] = "127.0.0.1"
    port: Annotated[int, doc("Port the server listens on.", ge=0, le=65535)] = 7460
    public_url: Annotated[
        str,
        doc(
            "The URL under which others reach the server, e.g. `https://ploeg.example.org`; `/mcp` answers under no "
            "other name than this one, loopback and `host`."
        ),
    ] = ""
    admin_username: Annotated[str, doc("Name of the account made at the first start.", min_length=1)] = "admin"
    worker_token_file: Annotated[
        str,
        doc("File into which the server puts a worker's token, for a worker beside it that names it as `token_file`."),
    ] = ""
    shutdown_grace: Annotated[float, doc("How long a stopping server waits for requests to end.", gt=0)] = 10.0
    backup_before_migration: Annotated[bool, doc("Copy the SQLite file before a migration changes it.")] = True
    backup_every_hours: Annotated[
        float, doc("Between two backups that the server makes by itself, in hours; 0: none.", ge=0)
    ] = 24.0
    backup_folder: Annotated[str, doc("Where backups go; empty: `backups` in home. Better another disk.")] = ""
    backup_recipients: Annotated[
        list[str], doc("Public keys of age, `age1…`, that backups are encrypted to; empty: not encrypted.")
    ] = msgspec.field(default_factory=list)
    backup_keep_daily: Annotated[int, doc("Days of which the newest backup is kept.", ge=1)] = 7
    backup_keep_weekly: Annotated[int, doc("Weeks of which the newest backup is kept.", ge=0)] = 4
    backup_keep_monthly: Annotated[int, doc("Months of which the newest backup is kept.", ge=0)] = 6
    lease_seconds: Annotated[float, doc("How long a claim holds without a renewal.", gt=0)] = 300.0
    renew_seconds: Annotated[float, doc("Between two renewals of a lease.", gt=0)] = 15.0
    max_transcript_bytes: Annotated[
        int, doc("Limit of one attempt's stored transcript; what comes after is dropped, and said so.", ge=4096)
    ] = 64 * 1024 * 1024

    question_deadline_hours: Annotated[
        float, doc("How long an agent's question may stay unanswered before it expires, in hours.", gt=0)
    ] = 24.0
    question_on_expiry: Annotated[
        Literal["park", "default", "fail"],
        doc(
            "What an expired question does to its job: `park` keeps it waiting for a late answer, `default` takes the "
            "option that the agent recommended, `fail` fails it."
        ),
    ] = "park"

    max_jobs_by_runtime: Annotated[
        list[str],
        doc("Jobs of a runtime that may be at work at the same time, over all products, e.g. `claude=2`."),
    ] = msgspec.field(default_factory=list)
    forge_poll_minutes: Annotated[
        float, doc("Between two looks at an open pull request of which no webhook tells, in minutes.", gt=0)
    ] = 5.0
    review_rounds: Annotated[
        int,
        doc("Follow-up jobs in a row that what is said about a pull request becomes by itself.", ge=1, le=20),
    ] = 3
    forge_hook_key_file: Annotated[
        str,
        doc("File, mode 0600, of the key that webhooks' secrets are made from; empty: one in `home`, made if need be."),
    ] = ""
    forge_tokens_file: Annotated[
        str,
        doc(
            "File of lines `host forgejo|gitea|github|gitlab|git token`, mode 0600; empty: `forge.tokens` in home. "
            "`ploeg forge connect` writes it."
        ),
    ] = ""

    notices_file: Annotated[
        str,
        doc("TOML file, mode 0600, of the mail server and of the installation's own receivers of notices."),
    ] = ""
    notice_hosts: Annotated[
        list[str],
        doc("Hosts of the private network that the URLs of people's own receivers may lead to, e.g. `ntfy.lan`."),
    ] = msgspec.field(default_factory=list)

    plan_review_rounds: Annotated[
        int, doc("Reviews that an idea's plan gets at most while the idea goes by itself.", ge=1, le=10)
    ] = 2
