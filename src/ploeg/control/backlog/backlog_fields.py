"""What people may set on backlog items, stories and tasks, and the check of each field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, TypeVar

from ploeg.control.docs.text import line, optional_prose, prose
from ploeg.control.products import layers
from ploeg.domain.backlog import PbiStatus, Priority, TaskStatus
from ploeg.domain.config import ConfigLayer
from ploeg.domain.errors import Invalid
from ploeg.domain.gate import VerifyRequired
from ploeg.domain.product import check_repo_url
from ploeg.tools.task import PLAN_MAX

ESTIMATE_MAX = 10_000

Check = Callable[[str, Any], Any]
Choice = TypeVar("Choice", bound=Enum)


def one_of(choices: type[Choice]) -> Callable[[str, Any], Choice]:
    def check(field: str, value: Any) -> Choice:
        try:
            return choices(value)
        except ValueError:
            raise Invalid(field, value, f"use one of {', '.join(str(choice.value) for choice in choices)}") from None

    return check


def plan(field: str, value: str | None) -> str | None:
    """An implementation plan; the limit is that of the agents' own tool."""
    return optional_prose(field, value, PLAN_MAX)


def _repo_url(field: str, value: str | None) -> str | None:
    return check_repo_url(field, prose(field, value, 1000)) if value else None


def _manual_pbi_status(field: str, value: Any) -> PbiStatus:
    status = one_of(PbiStatus)(field, value)
    if status not in {PbiStatus.READY, PbiStatus.BLOCKED}:
        raise Invalid(field, value, "set READY or BLOCKED; the others follow from the stories")
    return status


def flag(field: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise Invalid(field, value, "use true or false")
    return value


def _estimate(field: str, value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= ESTIMATE_MAX:
        raise Invalid(field, value, f"give a number from 0 to {ESTIMATE_MAX}, or nothing for none")
    return float(value)


PBI: Mapping[str, Check] = {
    "title": line,
    "description": optional_prose,
    "priority": one_of(Priority),
    "status": _manual_pbi_status,
}
STORY: Mapping[str, Check] = {
    "title": line,
    "description": optional_prose,
    "acceptance_criteria": optional_prose,
    "priority": one_of(Priority),
    "estimate": _estimate,
}
TASK: Mapping[str, Check] = {
    "title": line,
    "description": optional_prose,
    "implementation_plan": plan,
    "priority": one_of(Priority),
    "status": one_of(TaskStatus),
    "verify_only": flag,
    "verify_required": one_of(VerifyRequired),
    "repo_url": _repo_url,
    "estimate": _estimate,
}


def checked(checks: Mapping[str, Check], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as the record holds them; `Invalid` names the first that cannot be used."""
    for name, value in fields.items():
        if name not in checks:
            raise Invalid(name, value, f"set some of {', '.join(checks)}")
    return {name: checks[name](name, value) for name, value in fields.items()}


def task_config(fields: dict[str, Any], base: ConfigLayer) -> dict[str, Any]:
    """Takes `config` out of the fields, checked on top of the task's own layer."""
    return {"config": layers.checked(fields.pop("config") or {}, base)} if "config" in fields else {}
