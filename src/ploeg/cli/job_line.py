"""A job in a line: what it is about, and what it does."""

from __future__ import annotations

from typing import Any


def about(job: dict[str, Any]) -> str:
    """The code of its task, its idea, its sprint or its story."""
    return str(job["task"] or job["idea"] or job["sprint"] or job["story"] or "")


def what(job: dict[str, Any]) -> str:
    """Its title; where it is about no task, with its kind before it."""
    if job["task"]:
        return str(job["title"])
    kind = str(job["kind"]).lower().replace("_", " ")
    return f"{kind}: {job['title']}"


def note(job: dict[str, Any]) -> str:
    """What it does, and why it is as it is."""
    reason = str(job["reason"] or "").partition("\n")[0]
    return f"{what(job)}: {reason}" if reason and job["status"] != "done" else what(job)
