"""GitLab's dialect, on: what is set up at a project."""

from __future__ import annotations

from typing import Any

from tests.forges.far import gitlab_shapes as shapes
from tests.forges.far.dialect import Answer, Call, page_of
from tests.forges.far.gitlab import GITLAB
from tests.forges.far.things import Hook, Label, Right, Started

_AT = "/projects/{id}"
_on = GITLAB.on


@_on("POST", _AT + "/pipeline", 201, scope="api")
def _pipeline(call: Call) -> Any:
    call.needs(Right.WRITE)
    inputs = {each["key"]: each["value"] for each in call.body.get("variables", [])}
    call.forge.started.append(Started(inputs.pop("PLOEG_WORKFLOW", ""), call.body["ref"], inputs))
    return {"id": 1, "status": "created", "ref": call.body["ref"]}


@_on("GET", _AT + "/hooks", scope="read_api")
def _hooks(call: Call) -> Answer:
    call.needs(Right.ADMIN)
    return page_of(call, [shapes.told_hook(each) for each in call.forge.hooks])


@_on("POST", _AT + "/hooks", 201, scope="api")
def _add_hook(call: Call) -> Any:
    call.needs(Right.ADMIN)
    events = [name for name, on in call.body.items() if name.endswith("_events") and on]
    hook = Hook(call.forge.new_id(), call.body["url"], call.body["token"], events, call.forge.now())
    call.forge.hooks.append(hook)
    return shapes.told_hook(hook)


@_on("PUT", _AT + "/hooks/{hook}", scope="api")
def _edit_hook(call: Call) -> Any:
    call.needs(Right.ADMIN)
    hook = next(hook for hook in call.forge.hooks if hook.id == int(call.of["hook"]))
    hook.secret = call.body["token"]
    return shapes.told_hook(hook)


@_on("GET", _AT + "/labels", scope="read_api")
def _labels(call: Call) -> Answer:
    found = [label for label in call.forge.labels if call.query.get("search", "") in label.name]
    return page_of(call, [shapes.label(each) for each in found])


@_on("POST", _AT + "/labels", 201, scope="api")
def _add_label(call: Call) -> Any:
    call.needs(Right.WRITE)
    label = Label(call.forge.new_id(), call.body["name"], call.body["color"].removeprefix("#"))
    call.forge.labels.append(label)
    return shapes.label(label)
