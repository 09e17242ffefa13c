"""What a forge keeps, as every forge knows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any


class Right(IntEnum):
    NONE, READ, WRITE, ADMIN = range(4)


@dataclass
class Account:
    id: int
    login: str
    right: Right


@dataclass
class Token:
    login: str
    #: None: all of them.
    scopes: set[str] | None = None


@dataclass
class Scheduled:
    sha: str
    method: str


@dataclass
class Pull:
    """A pull request."""

    number: int
    head: str
    base: str
    title: str
    text: str
    author: str
    at: datetime
    draft: bool = False
    #: `open`, `closed` or `merged`.
    state: str = "open"
    changed_at: datetime | None = None
    #: The commit that its branch had when it was last seen.
    head_sha: str = ""
    merged_sha: str | None = None
    #: It goes in once its checks have passed.
    scheduled: Scheduled | None = None


@dataclass
class Issue:
    number: int
    title: str
    text: str
    author: str
    at: datetime
    changed_at: datetime
    state: str = "open"
    labels: list[str] = field(default_factory=list)


@dataclass
class Note:
    """A comment at a pull request or an issue, or a remark in a review."""

    id: int
    number: int
    author: str
    text: str
    at: datetime
    path: str | None = None
    line: int | None = None
    review: int | None = None
    #: At an issue; a pull request may have the same number.
    at_issue: bool = False
    #: Written by the forge itself.
    system: bool = False


@dataclass
class Opinion:
    """A review; its verdict in capitals, as GitHub writes them."""

    id: int
    number: int
    author: str
    verdict: str
    text: str
    sha: str
    at: datetime


@dataclass
class Status:
    """One check of a commit: `pending`, `success`, `failure` or `error`."""

    id: int
    sha: str
    context: str
    state: str
    text: str
    url: str
    at: datetime
    #: Made by a program of the forge's own, not told to it.
    run: bool = False


@dataclass
class Hook:
    id: int
    url: str
    secret: str
    events: list[str]
    at: datetime


@dataclass
class Label:
    id: int
    name: str
    colour: str


@dataclass
class Started:
    """A workflow that somebody started."""

    workflow: str
    ref: str
    inputs: dict[str, str]


@dataclass
class Trouble:
    """What goes wrong with the next request that is meant."""

    #: `before`: the line is cut before anything happens; `after`: when it has happened; a number: that status.
    what: str | int
    method: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    #: Part of the path that is meant.
    path: str = ""


@dataclass
class Refused(Exception):
    status: int
    message: str


@dataclass
class Exchange:
    """A request to the API that came through, and what it was answered."""

    method: str
    template: str
    query: dict[str, str]
    body: Any
    status: int
    answer: Any
