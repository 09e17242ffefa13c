"""What GitLab takes in a request, as python-gitlab keeps it beside each of its things."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import gitlab.v4.objects
from gitlab.base import RESTManager

from tests.forges.far.things import Exchange

_PAGES = {"page", "per_page", "order_by", "sort"}
#: What only GitLab's documentation has: the fields of actions, which are methods there, and one filter.
_ACTIONS = {
    ("PUT", "/projects/{}/merge_requests/{}/merge"): {
        "auto_merge",
        "merge_when_pipeline_succeeds",
        "merge_commit_message",
        "sha",
        "should_remove_source_branch",
        "squash",
    },
    ("POST", "/projects/{}/merge_requests/{}/approve"): {"sha", "approval_password"},
    ("POST", "/projects/{}/merge_requests/{}/cancel_merge_when_pipeline_succeeds"): set[str](),
    ("POST", "/projects/{}/repository/commits/{}/revert"): {"branch", "dry_run"},
    ("POST", "/projects/{}/statuses/{}"): {"name", "state", "description", "target_url", "ref", "coverage"},
    ("POST", "/projects/{}/pipeline"): {"ref", "variables", "inputs"},
}
_FILTERS = {"/projects/{}/labels": {"search"}}
#: Lists that it reads by another way.
_LISTS = {"/projects/{}/merge_requests/{}/reviewers", "/projects/{}/repository/commits/{}/statuses"}


def faults(exchange: Exchange) -> list[str]:
    """What that request sends that nobody takes, or lacks."""
    template = re.sub(r"\{\w+\}", "{}", exchange.template)
    where = f"{exchange.method} {template}"
    if exchange.method == "GET" and exchange.query:
        manager = managers().get(template)
        taken = _PAGES | set(manager._list_filters if manager else ()) | _FILTERS.get(template, set())
        if manager is None and template not in _LISTS:
            return [f"{where} is not known"]
        return [f"{where}: parameter {name}" for name in exchange.query if name not in taken]
    if exchange.method == "GET" or not exchange.body:
        return []
    known = _ACTIONS.get((exchange.method, template))
    if known is None:
        attributes = _attributes(exchange.method, template)
        if attributes is None:
            return [f"{where} is not known"]
        known = {*attributes.required, *attributes.optional}
        missing = [f"{where} lacks {name}" for name in attributes.required if name not in exchange.body]
        if missing:
            return missing
    return [f"{where}: field {name}" for name in exchange.body if name not in known]


@cache
def managers() -> dict[str, Any]:
    """By the path of their list, whose parameters have no names."""
    found = {}
    for thing in vars(gitlab.v4.objects).values():
        if isinstance(thing, type) and issubclass(thing, RESTManager) and getattr(thing, "_path", None):
            found[re.sub(r"\{\w+\}", "{}", str(thing._path))] = thing
    return found


def _attributes(method: str, template: str) -> Any:
    if method == "POST":
        return getattr(managers().get(template), "_create_attrs", None)
    return getattr(managers().get(template.removesuffix("/{}")), "_update_attrs", None)
