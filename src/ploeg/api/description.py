"""The API's own description: FastAPI's, with the tokens' scheme and the worker protocol added."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from ploeg import __version__
from ploeg.api.doors import OPEN
from ploeg.api.work import OPERATIONS, Operation

_SCHEMAS = "#/components/schemas/"
_ABOUT = (
    "Products, backlog, jobs and workers of one installation of Ploeg. Every refusal has the shape of `ErrorOut`. "
    "References are codes (`demo`, `T-4`, `demo:T-4`, `J-12`) or ids."
)


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, made once."""
    if app.openapi_schema is None:
        app.openapi_schema = _document(app)
    return app.openapi_schema


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(title="Ploeg", version=__version__, description=_ABOUT, routes=app.routes)
    components = document.setdefault("components", {})
    components["securitySchemes"] = {
        "person": {"type": "http", "scheme": "bearer", "description": "A personal token, `ploeg_usr_…`"},
        "worker": {"type": "http", "scheme": "bearer", "description": "A worker's token, `ploeg_wrk_…`"},
    }
    for path, operations in document["paths"].items():
        for operation in operations.values():
            operation["security"] = [] if path in OPEN else [{"person": []}]
    messages = [kind for each in OPERATIONS for kind in (each.message, each.reply)]
    _, schemas = msgspec.json.schema_components(messages, ref_template=_SCHEMAS + "Work{name}")
    components.setdefault("schemas", {}).update({f"Work{name}": schema for name, schema in schemas.items()})
    for each in OPERATIONS:
        document["paths"].setdefault(each.path, {})[each.method.lower()] = _operation(each)
    return document


def _operation(operation: Operation) -> Mapping[str, Any]:
    responses: dict[str, Any] = {
        "200": {"description": "Done", "content": _json(f"Work{operation.reply.__name__}")},
        **{
            status: {"description": description, "content": _json("ErrorOut")}
            for status, description in {
                "401": "No token, or one that opens nothing",
                "403": "Not a worker's token",
                "404": "Not there, or not yours",
                "409": "That attempt no longer owns its job: stop",
                "413": "The request is too large",
                "422": "A field cannot be used",
                "503": "Try again",
            }.items()
        },
    }
    if operation.may_be_nothing:
        responses["204"] = {"description": "Nothing to do"}
    parameters = (
        [{"name": "attempt_id", "in": "path", "required": True, "schema": {"type": "string"}}]
        if "{attempt_id}" in operation.path
        else []
    )
    return {
        "tags": ["work"],
        "summary": operation.summary,
        "operationId": operation.summary.lower().replace(" ", "_"),
        "description": (operation.message.__doc__ or "").strip(),
        "security": [{"worker": []}],
        "parameters": parameters,
        "requestBody": {"required": True, "content": _json(f"Work{operation.message.__name__}")},
        "responses": responses,
    }


def _json(schema: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _SCHEMAS + schema}}}
