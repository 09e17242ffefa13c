"""Refusals as HTTP answers: which status, and one shape for the body."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from ploeg.control.people.tokens import without_secrets
from ploeg.domain.errors import (
    Conflict,
    Denied,
    IllegalTransition,
    Invalid,
    NotFound,
    PloegError,
    Superseded,
    Unauthenticated,
    Unavailable,
)

VALUE_MAX = 120
RETRY_AFTER_SECONDS = 1

log = structlog.get_logger("ploeg.api")

#: The nearest class in an error's ancestry decides.
_ANSWERS: Mapping[type[PloegError], tuple[int, str]] = {
    Invalid: (422, "invalid"),
    NotFound: (404, "not_found"),
    Unauthenticated: (401, "unauthenticated"),
    Denied: (403, "denied"),
    Superseded: (409, "superseded"),
    IllegalTransition: (409, "illegal_transition"),
    Conflict: (409, "conflict"),
    Unavailable: (503, "unavailable"),
    PloegError: (500, "error"),
}
_HEADERS = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": str(RETRY_AFTER_SECONDS)}}
_CODES = {400: "invalid", 404: "not_found", 405: "not_allowed", 413: "too_large"}


def answer(error: PloegError) -> Response:
    """The refusal as a response."""
    status, code = next(_ANSWERS[kind] for kind in type(error).__mro__ if kind in _ANSWERS)
    if isinstance(error, Invalid):
        return refusal(status, code, str(error), field=error.field, value=error.value, remedy=error.remedy)
    return refusal(status, code, str(error))


def refusal(
    status: int, code: str, message: str, *, field: str | None = None, value: object = None, remedy: str | None = None
) -> Response:
    said = {"code": code, "message": message, "field": field, "value": _short(value), "remedy": remedy}
    clean = {name: without_secrets(text) if isinstance(text, str) else text for name, text in said.items()}
    # Escaped to ASCII, so that even half a surrogate pair can be quoted back.
    body = json.dumps({"error": clean}).encode()
    return Response(body, status, headers=_HEADERS.get(status), media_type="application/json")


def http_refusal(error: HTTPException) -> Response:
    """What the framework itself refuses: an unknown path, a wrong method, too large a body."""
    response = refusal(error.status_code, _CODES.get(error.status_code, "error"), str(error.detail))
    response.headers.update(error.headers or {})
    return response


def install(app: FastAPI) -> None:
    """Makes the application answer every refusal in the same shape."""
    app.add_exception_handler(PloegError, _ploeg_error)
    app.add_exception_handler(RequestValidationError, _unreadable_request)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, mistake)


async def _ploeg_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, PloegError)
    return answer(error)


async def _unreadable_request(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first: dict[str, Any] = error.errors()[0]
    where = [str(part) for part in first["loc"] if part not in {"body", "query", "path", "header"}]
    said = str(first["msg"]).removeprefix("Value error, ")
    return answer(Invalid(".".join(where) or "body", first.get("input"), said[:1].lower() + said[1:]))


async def _http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return http_refusal(error)


async def mistake(request: Request, error: Exception) -> Response:
    log.error("a request met a mistake in the program", path=request.url.path, exc_info=error)
    return refusal(500, "error", "the server made a mistake; its log says more")


def _short(value: object) -> object:
    if value is None or isinstance(value, bool) or (isinstance(value, int) and abs(value) < 2**53):
        return value
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= VALUE_MAX else text[: VALUE_MAX - 1] + "…"
