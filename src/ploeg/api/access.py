"""What routes ask for: who is calling, and the control plane."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request

from ploeg.control.plane import ControlPlane
from ploeg.domain.access import Principal
from ploeg.domain.errors import Unauthenticated
from ploeg.wire.errors import ErrorOut


def _caller(request: Request) -> Principal:
    """Whom the doors let in; nobody, if a request came around them."""
    caller = request.scope.get("ploeg.caller")
    if not isinstance(caller, Principal):
        raise Unauthenticated("this needs a token")
    return caller


def _secret(request: Request, _caller: Annotated[Principal, Depends(_caller)]) -> str:
    return str(request.scope["ploeg.secret"])


def _plane(request: Request) -> ControlPlane:
    plane = request.app.state.plane
    assert isinstance(plane, ControlPlane)
    return plane


Caller = Annotated[Principal, Depends(_caller)]
#: The caller's token, for what lasts longer than one look at it.
Secret = Annotated[str, Depends(_secret)]
Plane = Annotated[ControlPlane, Depends(_plane)]

#: How every route of people's may refuse.
REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorOut, "description": description}
    for status, description in {
        401: "No token, or one that opens nothing",
        403: "Not allowed",
        404: "Not there, or not yours",
        409: "The state of things forbids it",
        413: "The request is too large",
        422: "A field cannot be used",
        503: "Try again",
    }.items()
}
