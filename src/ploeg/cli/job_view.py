"""One job for people: its state and why, its attempts, its receipt, its changes."""

from __future__ import annotations

from typing import Any

import click

from ploeg.cli import render
from ploeg.cli.job_line import what

TOKENS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")


def show_job(detail: dict[str, Any]) -> None:
    """Everything of a job that a person asks for."""
    render.record(
        [
            ("job", f"{detail['code']}  {what(detail)}"),
            ("status", detail["status"] + (", being cancelled" if _stopping(detail) else "")),
            ("why", detail["reason"]),
            ("waits for", detail["waiting_for"]),
            ("product", detail["product"]),
            ("task", f"{detail['task']} of {detail['story']}" if detail["task"] else None),
            ("idea", detail["idea"]),
            ("sprint", detail["sprint"]),
            ("runtime", detail["runtime"]),
            ("branch", detail["branch"]),
            ("pull request", pull_request(detail["pull_request"]) or detail["pr_url"]),
            ("queued", f"{render.ago(detail['created_at'])} by {detail['requested_by']}"),
            ("again after", detail["not_before"]),
            ("retry of", detail["retry_of"]),
            ("follows", detail["follow_up_of"]),
            ("instruction", detail["instruction"]),
        ]
    )
    for execution in detail["executions"]:
        render.say("  " + _execution(execution))
    for attempt in detail["attempts"]:
        render.say()
        show_attempt(attempt | {"reason": None} if attempt["reason"] == detail["reason"] else attempt)


def pull_request(found: dict[str, Any] | None) -> str | None:
    """Where it is, or why it is not there, or not as it should be."""
    if found is None:
        return None
    if found["reason"] and found["state"] != "open":
        again = f"; tried again {found['due_at']}" if found["due_at"] else "; given up"
        return " ".join(
            filter(None, (found["pr_url"], f"not up to date: {found['trouble']}: {found['reason']}{again}"))
        )
    return f"{found['pr_url']}{_standing(found)}" if found["pr_url"] else "being opened"


def _standing(found: dict[str, Any]) -> str:
    """How its forge shows it, where that is more than that it is open."""
    status, checks = found.get("status"), found.get("checks")
    if status in {"merged", "closed"}:
        return f" ({status})"
    facts = [f"checks {checks}"] if checks in {"red", "pending", "green"} else []
    facts += ["conflicts with its base"] if found.get("mergeable") is False else []
    return f" ({', '.join(facts)})" if facts else ""


def show_attempt(attempt: dict[str, Any]) -> None:
    usage = attempt["usage"] or {}
    tokens = sum(usage.get(name) or 0 for name in TOKENS)
    cost = usage.get("cost_usd")
    render.record(
        [
            ("attempt", f"{attempt['number']} on {attempt['hostname']}, {attempt['runtime']} {attempt['model'] or ''}"),
            ("ended as", attempt["outcome"] or f"still in phase {attempt['phase']}"),
            ("why", attempt["reason"]),
            ("took", _took(attempt)),
            ("used", f"{tokens} tokens, {usage.get('turns')} turns" if tokens else None),
            ("cost", f"${cost:.4f}" if cost else None),
            ("paid by", _purse(attempt)),
            ("said", attempt["summary"]),
            ("pushed", attempt["head_sha"] if attempt["pushed_at"] else None),
            ("kept on", attempt["kept_ref"]),
            ("and on", _unfinished(attempt)),
        ]
    )
    if attempt["receipt"]:
        show_receipt(attempt["receipt"])


def _unfinished(attempt: dict[str, Any]) -> str | None:
    branch = attempt["wip_branch"]
    return f"{branch} of the repository; `ploeg job salvage` brings it back" if branch else None


def show_receipt(receipt: dict[str, Any]) -> None:
    """What was verified, on which commit."""
    render.say(f"receipt  commit {receipt['head_sha'][:12]} on base {receipt['base_sha'][:12]}")
    for gate in receipt["gates"]:
        render.say(f"  {_mark(gate['passed'])} {render.harmless(gate['name'])}: {_indented(gate['reason'], 4)}")
    for execution in receipt.get("executions", []):
        render.say("  " + _execution(execution))
    for command in receipt["commands"]:
        code = "stopped by its limit" if command["exit_code"] is None else f"exit {command['exit_code']}"
        passed = command["exit_code"] == 0
        render.say(f"  {_mark(passed)} $ {render.harmless(command['command'])}  ({code}, {command['seconds']:.1f} s)")
        if not passed and command["tail"].strip():
            render.say("      " + _indented(command["tail"].strip(), 6))


def show_diff(changes: dict[str, Any], *, stat: bool) -> None:
    """A diff, or only its files and line counts."""
    if not stat and changes["text"]:
        for line in str(changes["text"]).splitlines():
            render.say(_coloured(render.harmless(line, lines=True)))
        return
    for line in stat_lines(changes["files"]):
        render.say(line)


def stat_lines(files: list[dict[str, Any]]) -> list[str]:
    """One line a file, as `git diff --stat` has it, and the sum."""
    if not files:
        return ["no changes"]
    width = max(len(render.harmless(f["path"])) for f in files)
    lines = [f"  {render.harmless(f['path']):<{width}}  +{f['added']} -{f['removed']}" for f in files]
    added, removed = sum(f["added"] for f in files), sum(f["removed"] for f in files)
    noun = "file" if len(files) == 1 else "files"
    return [*lines, f"  {len(files)} {noun} changed, {added} lines added, {removed} removed"]


def _stopping(detail: dict[str, Any]) -> bool:
    return bool(detail["cancel_requested"]) and detail["ended_at"] is None


def _took(attempt: dict[str, Any]) -> str | None:
    if not attempt["ended_at"]:
        return None
    return render.span(render.seconds_between(attempt["claimed_at"], attempt["ended_at"]))


def _purse(attempt: dict[str, Any]) -> str | None:
    """What pays for it, and from which account."""
    purse = str(attempt["purse"] or "").replace("_", " ")
    return ", ".join(filter(None, (purse, f"account {attempt['account']}" if attempt["account"] else ""))) or None


def _execution(execution: dict[str, Any]) -> str:
    """One task of a job for a whole sprint run, in a line."""
    settled = execution["status"] in {"DONE", "SKIPPED"}
    found = f", {execution['coverage']}" if execution["coverage"] else ""
    why = execution["skip_reason"] or execution["summary"] or ""
    line = f"{execution['task']} {execution['status']}{found}" + (f": {_indented(why, 4)}" if why else "")
    return f"{_mark(settled)} {line}" if settled or execution["status"] == "FAILED" else f"· {line}"


def _mark(passed: bool) -> str:
    return click.style("✓", fg="green") if passed else click.style("✗", fg="red")


def _indented(text: str, columns: int) -> str:
    return render.harmless(text, lines=True).replace("\n", "\n" + " " * columns)


def _coloured(line: str) -> str:
    if line.startswith(("+++", "---", "diff ", "index ")):
        return click.style(line, bold=True)
    colour = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1])
    return click.style(line, fg=colour) if colour else line
