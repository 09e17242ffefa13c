"""Whether the month went as it must, and the table that shows it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from chaos.month.calendar import Sample
from chaos.month.model import Model
from chaos.month.plans import ENDINGS, FREE, Plan

#: Memory may grow by this part of what it was when a fifth of the time had gone, and descriptors by so many.
GROWTH, DESCRIPTORS = 0.15, 12


def judge(plans: list[Plan], jobs: dict[str, dict[str, Any]], model: Model, samples: list[Sample]) -> list[str]:
    """What went wrong, in sentences; nothing if all went as it must."""
    wrong = [sentence for plan in plans if (sentence := _wrong(plan, jobs.get(plan.title))) is not None]
    return [*wrong, *model.violations, *_not_flat(samples)]


def table(plans: list[Plan], jobs: dict[str, dict[str, Any]], samples: list[Sample]) -> str:
    lines = [_row(16, "what the job met", "jobs", "right", "attempts", "at a wall", "no sign-in")]
    for name in ENDINGS:
        mine = [plan for plan in plans if plan.name == name]
        outcomes = Counter(each for plan in mine for each in _outcomes(jobs.get(plan.title)))
        right = sum(_wrong(plan, jobs.get(plan.title)) is None for plan in mine)
        lines.append(_row(16, name, len(mine), right, outcomes.total(), *(outcomes[each] for each in FREE)))
    lines += ["", _row(4, "day", "ended", "walls", "sign-ins", "rss MB", "files", "threads", "tasks")]
    for s in [*samples[:: max(len(samples) // 8, 1)], samples[-1]]:
        megabytes = round(s.rss / 1e6)
        at_the_end = (s.walls, s.sign_ins, megabytes, s.descriptors, s.threads, s.tasks)
        lines.append(_row(4, s.day, s.ended.total(), *at_the_end))
    return "\n".join(lines)


def _row(width: int, first: object, *rest: object) -> str:
    return f"{first!s:<{width}}" + "".join(f"{cell!s:>11}" for cell in rest)


def _wrong(plan: Plan, job: dict[str, Any] | None) -> str | None:
    if job is None:
        return f"{plan.title} has no job"
    counted = [outcome for outcome in _outcomes(job) if outcome not in FREE]
    if job["status"] == plan.status and counted == list(ENDINGS[plan.name]):
        return None
    return f"{plan.title} ({plan.name}) is {job['status']} after {', '.join(_outcomes(job))}"


def _outcomes(job: dict[str, Any] | None) -> list[str]:
    return [attempt["outcome"] or "none" for attempt in job["attempts"]] if job else []


def _not_flat(samples: list[Sample]) -> list[str]:
    if len(samples) < 5:
        return []
    early, late = samples[len(samples) // 5], samples[-1]
    found = []
    if late.rss > early.rss * (1 + GROWTH):
        found.append(f"memory grew from {early.rss / 1e6:.0f} to {late.rss / 1e6:.0f} MB")
    if late.descriptors > early.descriptors + DESCRIPTORS:
        found.append(f"descriptors grew from {early.descriptors} to {late.descriptors}")
    return found
