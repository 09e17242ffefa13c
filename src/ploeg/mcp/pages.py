"""Lists in pages: an opaque cursor says where the next one begins."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from typing import TypeVar

from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, PaginatedRequestParams

PAGE = 100
_CURSOR = re.compile(r"from-([0-9]{1,9})")

T = TypeVar("T")


def start_of(params: PaginatedRequestParams | None) -> int:
    """How many entries the page leaves out before it."""
    if params is None or params.cursor is None:
        return 0
    match = _CURSOR.fullmatch(params.cursor)
    if match is None:
        raise MCPError(INVALID_PARAMS, "that cursor is none of this server's; begin without one")
    return int(match[1])


def page(entries: Iterable[T], start: int) -> tuple[list[T], str | None]:
    """The page's entries, and the cursor of the next page; None on the last one."""
    found = list(islice(entries, start, start + PAGE + 1))
    return found[:PAGE], f"from-{start + PAGE}" if len(found) > PAGE else None
