"""Checks of what people and agents write: length, and characters that no database or page can hold."""

from __future__ import annotations

import re
from typing import Any

from ploeg.domain.errors import Invalid

NAME_MAX = 80
TITLE_MAX = 200
PROSE_MAX = 4000

_NEVER = re.compile("[\x00\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x1f\x7f\u2028\u2029]")


def line(field: str, value: str, limit: int = TITLE_MAX) -> str:
    """One line that is not empty, without its outer white space."""
    value = _checked(field, value.strip(), limit)
    if not value:
        raise Invalid(field, value, "write something")
    if _CONTROL.search(value):
        raise Invalid(field, value, "keep it on one line, without control characters")
    return value


def prose(field: str, value: str, limit: int = PROSE_MAX) -> str:
    """Any text, empty too."""
    return _checked(field, value, limit)


def optional_prose(field: str, value: str | None, limit: int = PROSE_MAX) -> str | None:
    """Any text; one that is empty or white space is None."""
    return prose(field, value, limit) if value is not None and value.strip() else None


def kept(value: str | None, limit: int) -> str | None:
    """What a worker tells, made fit to store: nothing that it says may keep it from ending an attempt."""
    if value is None or not value.strip():
        return None
    clean = _NEVER.sub("�", value)
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"


def kept_json(value: Any) -> Any:
    """A JSON value with every text in it as `kept` would have it, uncut."""
    match value:
        case str():
            return _NEVER.sub("�", value)
        case list():
            return [kept_json(item) for item in value]
        case dict():
            return {_NEVER.sub("�", key): kept_json(item) for key, item in value.items()}
        case _:
            return value


def _checked(field: str, value: str, limit: int) -> str:
    if _NEVER.search(value):
        raise Invalid(field, _NEVER.sub("�", value), "leave out NUL characters and lone surrogates")
    if len(value) > limit:
        raise Invalid(field, f"{value[:40]}… ({len(value)} characters)", f"use at most {limit} characters")
    return value
