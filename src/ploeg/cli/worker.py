"""`ploeg worker`: run one on this machine, look at the ones there are, and say what they leave of your quota."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any

import click

from ploeg.cli import options, render
from ploeg.cli.client import path
from ploeg.cli.session import current_settings, signed_in
from ploeg.cli.worker_gc import gc


@click.group(invoke_without_command=True)
@click.option("--once", is_flag=True, help="Take one job, or none if none is queued, and end.")
@click.option("--slots", type=int, metavar="N", help="Jobs at the same time.  [PLOEG_SLOTS]")
@click.option("--parent-fd", type=int, hidden=True, help="Drain when this descriptor reads to its end.")
@click.pass_context
def worker(ctx: click.Context, once: bool, slots: int | None, parent_fd: int | None) -> int:
    """Run a worker on this machine, or list the workers there are.

    It exits 0 when it has drained, and with --once when it handled a job or found none; 1 on an error; 3 when a runtime
    needs sign-in.

    \b
    Example:
      ploeg worker --slots 2
    """
    if ctx.invoked_subcommand is not None:
        return 0
    from ploeg.bootstrap import run_worker

    return run_worker(current_settings(slots=slots), once=once, parent_fd=parent_fd)


worker.add_command(gc)


@worker.command("list")
@options.as_json
def list_(as_json: bool) -> None:
    """List the workers there are, and why one takes no jobs.

    \b
    Example:
      ploeg worker list
    """
    workers = signed_in().get("/workers")["items"]
    if as_json:
        render.emit_json(workers)
        return
    rows = [
        (
            w["hostname"],
            w["state"] if w["online"] else "offline",
            f"{len(w['jobs'])}/{w['slots']}",
            " ".join(w["jobs"]),
            " ".join(w["runtimes"]),
            " ".join(w["labels"]),
            w["sandbox"],
            "; ".join(_used(window) for window in w["quota"] if not _over(window)),
            render.ago(w["seen_at"]),
            w["reason"] or w["version_note"] or "; ".join(w["unfit"]),
        )
        for w in workers
    ]
    headings = ("worker", "state", "slots", "jobs", "runtimes", "labels", "sandbox", "quota", "seen", "why")
    render.table(headings, rows, empty="no worker; start one with `ploeg worker`, or `ploeg up`")


@worker.command()
@click.argument("name")
@options.as_json
def show(name: str, as_json: bool) -> None:
    """Show a worker, by name or id, with its quota windows.

    \b
    Example:
      ploeg worker show nas
    """
    found = [w for w in signed_in().get("/workers")["items"] if name in {w["hostname"], w["id"]}]
    if len(found) != 1:
        remedy = f"give one of these ids: {', '.join(w['id'] for w in found)}" if found else "see `ploeg worker list`"
        raise click.BadParameter(f"{len(found)} workers have that name; {remedy}", param_hint="NAME")
    if as_json:
        render.emit_json(found[0])
    else:
        render.record(_shown(found[0]))


@worker.command()
@click.argument("percent", type=click.IntRange(0, 100), required=False)
@options.as_json
def floor(percent: int | None, as_json: bool) -> None:
    """Keep a part of every quota window for yourself.

    Your workers stand by when less than that is left; 0 keeps nothing. Without a number it shows what you keep.

    \b
    Example:
      ploeg worker floor 30
    """
    client = signed_in()
    user = client.get("/whoami")["user"] if percent is None else client.patch("/me", {"min_quota_pct": percent})
    if as_json:
        render.emit_json(user)
    else:
        render.say(f"your workers leave you {user['min_quota_pct']} % of every quota window")


@worker.command()
@click.argument("name")
@click.option(
    "--hours",
    type=click.FloatRange(0, 24 * 90, min_open=True),
    default=24,
    show_default=True,
    help="How far to look back.",
)
@options.as_json
def quota(name: str, hours: float, as_json: bool) -> None:
    """Show how the quota windows of a worker's accounts went, the newest first.

    \b
    Example:
      ploeg worker quota nas --hours 72
    """
    course = signed_in().get("/workers" + path(name, "quota"), hours=hours)["items"]
    if as_json:
        render.emit_json(course)
        return
    rows = [(render.ago(each["seen_at"]), _seat(each), each["window"], _use(each), _resets(each)) for each in course]
    render.table(("told", "account", "window", "used", "resets"), rows, empty="nothing was told in that time")


@worker.command("sign-in")
@click.argument("account", default="")
def sign_in(account: str) -> None:
    """Keep a new token for an account of this machine's worker.

    It asks for what `claude setup-token` printed, or for an API key, or reads it from standard input when that is not a
    terminal, and writes it to the account's file. A worker that waits for it goes on by itself.

    \b
    Example:
      ploeg worker sign-in main
    """
    from ploeg.worker import model_credentials

    file = model_credentials.token_file(current_settings(), account)
    asked = click.prompt("Token", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.readline()
    model_credentials.keep(file, asked)
    render.say(f"kept in {file}; the worker takes it up by itself", err=True)


def _shown(w: dict[str, Any]) -> list[tuple[str, object]]:
    word = w["last_quota_pct"]
    return [
        ("worker", w["hostname"]),
        ("id", w["id"]),
        ("state", w["state"] if w["online"] else "offline"),
        ("why", w["reason"]),
        ("until", w["until"]),
        ("jobs", f"{' '.join(w['jobs'])} ({len(w['jobs'])} of {w['slots']})"),
        ("runtimes", " ".join(w["runtimes"])),
        ("labels", " ".join(w["labels"])),
        ("sandbox", w["sandbox"]),
        ("version", f"{w['version']}; {w['version_note']}" if w["version_note"] else w["version"]),
        ("seen", render.ago(w["seen_at"])),
        ("disk", _disk(w["disk"])),
        ("kept of its quota", f"{w['min_quota_pct']} %"),
        ("accounts", "\n".join(_account(account) for account in w["accounts"])),
        ("quota", "\n".join(_told(window) for window in w["quota"])),
        ("too little left", "\n".join(w["unfit"])),
        ("blocked", "\n".join(_blocked(runtime, block) for runtime, block in w["runtime_blocks"].items())),
        ("left, says an agent", f"{word:g} %, {render.ago(w['last_quota_check_at'])}" if word is not None else None),
    ]


def _disk(disk: dict[str, Any] | None) -> str | None:
    if disk is None:
        return None
    budget = f" of {render.size(disk['budget'])}" if disk["budget"] is not None else ""
    full = f", full {render.ago(disk['full_at'])} as it fills now" if disk["full_at"] else ""
    return f"{render.size(disk['used'])}{budget} used, {render.size(disk['free'])} free{full}"


def _used(window: dict[str, Any]) -> str:
    return f"{_seat(window)} {window['window']} {_use(window)}"


def _use(window: dict[str, Any]) -> str:
    used = window["utilization"]
    return window["status"] if used is None or window["status"] == "rejected" else f"{used:.0%}"


def _seat(window: dict[str, Any]) -> str:
    return "/".join(filter(None, (window["runtime"], window["account"])))


def _account(account: dict[str, Any]) -> str:
    purse = str(account["purse"] or "not known").replace("_", " ")
    return f"{'/'.join(filter(None, (account['runtime'], account['name'])))}: {purse}"


def _resets(window: dict[str, Any]) -> str:
    return render.ago(window["resets_at"]) if window["resets_at"] else ""


def _over(window: dict[str, Any]) -> bool:
    """Its reset has passed, so what was told of it says nothing any more."""
    return bool(window["resets_at"]) and datetime.fromisoformat(window["resets_at"]) <= datetime.now(UTC)


def _told(window: dict[str, Any]) -> str:
    resets = f", resets {render.ago(window['resets_at'])}" if window["resets_at"] else ""
    return f"{_used(window)}{resets}, told {render.ago(window['seen_at'])}"


def _blocked(runtime: str, block: dict[str, Any]) -> str:
    until = f"until {block['until']}" if block["until"] else "until somebody acts"
    return f"{runtime} {until}: {block['reason']}"
