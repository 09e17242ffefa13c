"""What the three dialects have in common: requests by the templates of their paths."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from tests.forges.far.things import Account, Refused, Right

if TYPE_CHECKING:
    from tests.forges.fake import FakeForge

#: Status, JSON (None: nothing) and headers.
Answer = tuple[int, Any, dict[str, str]]


@dataclass
class Call:
    """A request to the API, from somebody who may make it."""

    forge: FakeForge
    who: Account
    scopes: set[str] | None
    #: The parts of the path that the template names.
    of: dict[str, str]
    query: dict[str, str]
    body: dict[str, Any]

    @property
    def number(self) -> int:
        return int(self.of["number"])

    def needs(self, right: Right, status: int = 403) -> None:
        if self.who.right < right:
            raise Refused(status if self.who.right > Right.NONE else 404, "you have no right to do this")


Handler = Callable[[Call], Any]


@dataclass
class Route:
    method: str
    template: str
    pattern: re.Pattern[str]
    handler: Handler
    status: int
    #: A scope that a token needs to be let in.
    scope: str


@dataclass
class Dialect:
    """How one kind of forge speaks."""

    root: str
    #: From the headers of a request to its token.
    token: Callable[[dict[str, str]], str]
    refusal: Callable[[int, str], tuple[int, Any]]
    #: Whether a token with these scopes may make a request that needs that one.
    allows: Callable[[set[str], str], bool]
    #: The headers and payload of a webhook; None for what it does not tell.
    hook: Callable[[FakeForge, str, object, str], tuple[dict[str, str], Any] | None]
    routes: list[Route] = field(default_factory=list)

    def on(self, method: str, template: str, status: int = 200, scope: str = "") -> Callable[[Handler], Handler]:
        """A handler's answer is JSON, or a whole `Answer`. `{name*}` takes slashes as well."""
        pattern = re.sub(r"\\{(\w+)\\\*\\}", r"(?P<\1>.+)", re.escape(template))
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", pattern)

        def add(handler: Handler) -> Handler:
            shown = template.replace("*}", "}")
            self.routes.append(Route(method, shown, re.compile(pattern), handler, status, scope))
            return handler

        return add

    def route(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        for route in self.routes:
            found = route.pattern.fullmatch(path)
            if found and route.method == method:
                return route, {name: unquote(value) for name, value in found.groupdict().items()}
        return None


def page_of(call: Call, things: list[Any], size: str = "per_page", most: int = 100) -> Answer:
    """The part of a list that was asked for, and a link to the next one."""
    length = min(int(call.query.get(size, 30)), most)
    page = int(call.query.get("page", 1))
    part = things[(page - 1) * length : page * length]
    if call.forge.kind == "forgejo":
        # Of most lists it tells the length, and no link to the next part.
        return 200, part, {"X-Total-Count": str(len(things))}
    more = page * length < len(things)
    return 200, part, {"Link": f'<{call.forge.url}/next?page={page + 1}>; rel="next"'} if more else {}


def iso(moment: Any) -> str:
    return str(moment.isoformat().replace("+00:00", "Z"))
