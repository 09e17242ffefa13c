"""Accounts of agent CLIs: a runtime may have several, each with a sign-in, a quota and a purse of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Self

#: What an account may be called.
ACCOUNT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


class Purse(StrEnum):
    """What pays for a job."""

    SUBSCRIPTION = "subscription"
    #: What a subscription's owner pays beyond its windows.
    CREDIT = "credit"
    API_KEY = "api_key"


class AccountPolicy(StrEnum):
    """Which of the open accounts takes the next job."""

    #: The first one.
    IN_ORDER = "in_order"
    #: The one with the fewest jobs at work, and of these the one whose quota is used least.
    SPREAD = "spread"


class Seat(NamedTuple):
    """One account of one runtime; the runtime's only one has no name."""

    runtime: str
    account: str = ""

    def __str__(self) -> str:
        return f"{self.runtime}/{self.account}" if self.account else self.runtime

    @classmethod
    def of(cls, text: str) -> Self:
        """What `str` made of one."""
        runtime, _, account = text.partition("/")
        return cls(runtime, account)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account that a worker has a sign-in for, by its own word."""

    runtime: str
    name: str = ""
    #: None: nobody can say, e.g. behind a gateway.
    purse: Purse | None = None

    @property
    def seat(self) -> Seat:
        return Seat(self.runtime, self.name)


def choose(
    open_seats: Iterable[Seat], policy: AccountPolicy, at_work: Mapping[Seat, int], used: Mapping[Seat, float]
) -> Seat:
    """The account for the next job, of one runtime's open ones in their order; there must be one.

    `at_work` counts the jobs of each account, `used` is how far its fullest window is used.
    """
    seats = list(open_seats)
    if policy is AccountPolicy.SPREAD:
        return min(seats, key=lambda seat: (at_work.get(seat, 0), used.get(seat, 0.0)))
    return seats[0]
