"""What people may set on a product, and the check of each field."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ploeg.control.backlog.backlog_fields import Check, flag, one_of
from ploeg.control.docs.text import NAME_MAX, line, optional_prose, prose
from ploeg.control.products import layers
from ploeg.domain.doc import Folder, folder_named
from ploeg.domain.errors import Invalid
from ploeg.domain.forge import MergeMethod
from ploeg.domain.hours import ActiveHours
from ploeg.domain.product import Product, check_repo_url
from ploeg.domain.remark import FollowUps
from ploeg.domain.sprint import PrStrategy

LIMIT_MAX = 1000
MONEY_MAX = 1_000_000
TOKENS_MAX = 10**15
_WORKFLOW = re.compile(r"[\w.-]{1,100}", re.ASCII)


def checked(fields: Mapping[str, Any], product: Product, now: datetime) -> dict[str, Any]:
    """The fields as the record holds them; `Invalid` names the first that cannot be used."""
    changes: dict[str, Any] = {}
    for name, value in fields.items():
        if name == "config":
            changes[name] = layers.checked(value or {}, product.config)
        elif name == "active_hours":
            changes |= _active_hours(value, now)
        elif name in _CHECKS:
            changes[name] = _CHECKS[name](name, value)
        else:
            raise Invalid(name, value, "a product has no such field")
    return changes


def opened(hours: ActiveHours | None, now: datetime) -> dict[str, datetime | None]:
    """The span of those hours that holds now, or comes next, as the product's own fields."""
    if hours is None:
        return {"open_from": None, "open_until": None}
    span = hours.span_from(now)
    return {"open_from": span.start, "open_until": span.end}


def _active_hours(value: Mapping[str, str] | None, now: datetime) -> dict[str, Any]:
    hours = ActiveHours.of(**value) if value is not None else None
    return {"active_hours": hours, **opened(hours, now)}


def _limit(field: str, value: int | None) -> int | None:
    if value is not None and not 1 <= value <= LIMIT_MAX:
        raise Invalid(field, value, f"give 1 to {LIMIT_MAX}, or nothing for no limit")
    return value


def _money(field: str, value: float | None) -> float | None:
    if value is not None and not 0 < value <= MONEY_MAX:
        raise Invalid(field, value, f"give an amount above zero, at most {MONEY_MAX:,}, or nothing for no limit")
    return value


def _tokens(field: str, value: int | None) -> int | None:
    if value is not None and not 0 < value <= TOKENS_MAX:
        raise Invalid(field, value, f"give a number above zero, at most {TOKENS_MAX:,}, or nothing for no limit")
    return value


def _limits(field: str, value: Mapping[str, int | None] | None) -> dict[str, int] | None:
    limits = {layers.runtime(field, name): limit for name, limit in (value or {}).items() if limit is not None}
    for limit in limits.values():
        _limit(field, limit)
    return limits or None


def _folders(_field: str, names: Sequence[str] | None) -> tuple[Folder, ...] | None:
    """In the order of the folders themselves; None is all of them."""
    if names is None:
        return None
    wanted = {folder_named(name) for name in names}
    return tuple(folder for folder in Folder if folder in wanted)


def _workflow(field: str, value: str) -> str:
    if not _WORKFLOW.fullmatch(value):
        raise Invalid(field, value, "give the name of the workflow's file, e.g. promote.yml")
    return value


_CHECKS: Mapping[str, Check] = {
    "name": lambda field, value: line(field, value, NAME_MAX),
    "description": optional_prose,
    "definition_of_done": lambda field, value: prose(field, value or ""),
    "repo_url": lambda field, value: check_repo_url(field, prose(field, value, 1000)) if value else None,
    "max_concurrent_jobs": _limit,
    "max_jobs_by_runtime": _limits,
    "max_in_review": _limit,
    "max_cost_usd_per_month": _money,
    "max_tokens_per_month": _tokens,
    "enabled_doc_folders": _folders,
    "pr_strategy": lambda field, value: one_of(PrStrategy)(field, str(value).upper()),
    "auto_pr": flag,
    "follow_ups": lambda field, value: one_of(FollowUps)(field, str(value).lower()),
    "auto_merge": flag,
    "merge_method": lambda field, value: one_of(MergeMethod)(field, str(value).lower()),
    "merge_train": flag,
    "delete_merged_branches": flag,
    "failure_cascade": flag,
    "promote_workflow": lambda field, value: _workflow(field, value) if value else None,
}
