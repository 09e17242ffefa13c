"""The model at the far end: accounts with quota windows and tokens that run out, and a script for every job."""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from chaos.month.plans import Plan

WINDOW = timedelta(hours=5)
#: Part of a window that one call takes.
CALL = 0.035
#: Chance that, of a window, its owner used so much beside Ploeg that it ends in a wall.
HUMAN = 0.3
#: Chance that its owner uses up all of it between two calls: what Ploeg was told last does not foretell that wall.
BURST = 0.03
#: Days that a token is good for, least and most.
TOKEN_DAYS = (3.0, 9.0)

NEVER, LONG_AGO = datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)


@dataclass
class Account:
    """One subscription, as the model's owner sees it."""

    name: str
    chance: random.Random
    token: str = ""
    token_until: datetime = NEVER
    used: float = 0.0
    resets_at: datetime = LONG_AGO
    #: The utilization that a client was told last, and whether it met the wall.
    told: float = 0.0
    walled_at: datetime | None = None
    calls: int = 0
    walls: int = 0
    refused_sign_ins: int = 0
    tokens: int = 0

    def sign_in(self, now: datetime) -> str:
        """A new token; the one before is worth nothing."""
        self.tokens += 1
        self.token = f"token-{self.name}-{self.tokens}"
        self.token_until = now + timedelta(days=self.chance.uniform(*TOKEN_DAYS))
        return self.token

    def roll(self, now: datetime) -> None:
        """A window begins with the first call after the last one's end."""
        if now >= self.resets_at:
            self.resets_at = now.replace(microsecond=0) + WINDOW
            self.used = self.chance.uniform(0.5, 0.97) if self.chance.random() < HUMAN else 0.0
            self.told, self.walled_at = 0.0, None

    def window(self, status: str) -> dict[str, Any]:
        return {
            "status": status,
            "rateLimitType": "five_hour",
            "resetsAt": int(self.resets_at.timestamp()),
            "utilization": round(min(self.used, 1.0), 3),
        }


@dataclass
class Model:
    """Answers the agents, and notes what no worker may do."""

    accounts: list[Account]
    plans: dict[str, Plan]
    #: Per cent of a window that its owner keeps.
    floor: int
    #: Told the title of a job that is to be cancelled now.
    cancel: Callable[[str], None]
    now: Callable[[], datetime]
    sessions: dict[str, Plan] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)
    url: str = ""

    async def serve(self) -> asyncio.Server:
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return server

    def reply(self, token: str, asked: dict[str, Any]) -> dict[str, Any]:
        plan = self._plan(asked)
        now = self.now()
        account = next((each for each in self.accounts if each.token == token), None)
        if account is None or now >= account.token_until:
            if account is not None:
                account.refused_sign_ins += 1
            return {"status": 401, "error": "OAuth token has expired", "kind": "authentication_failed"}
        account.roll(now)
        account.calls += 1
        self._mind(account, now, plan)
        account.used = account.used + CALL if account.chance.random() > BURST else 1.0 + CALL
        if account.used > 1.0:
            account.walls += account.walled_at is None
            account.walled_at = account.walled_at or now
            return {"status": 429, "error": "You have hit your limit", "rate_limit_info": account.window("rejected")}
        step = plan.next_step()
        if step == "overloaded":
            # Says nothing about the quota.
            return {"status": 529, "error": "Overloaded", "kind": "overloaded_error"}
        if plan.name == "cancelled":
            self.cancel(plan.title)
        account.told = account.used
        return {"status": 200, "do": step, "rate_limit_info": account.window("allowed")}

    def _mind(self, account: Account, now: datetime, plan: Plan) -> None:
        """Nobody who was told of a wall may come again before its end, nor who was told that the floor is reached.

        An account serves one job at a time, so who comes has heard what the one before was told.
        """
        if account.walled_at is not None:
            self.violations.append(f"{plan.title}: {account.name} was used behind its wall, at {now:%d %H:%M}")
        elif account.told * 100 > 100 - self.floor:
            self.violations.append(f"{plan.title}: {account.name} was used below the floor, at {now:%d %H:%M}")

    def _plan(self, asked: dict[str, Any]) -> Plan:
        """The conversation's first prompt names the task."""
        session = str(asked["session"])
        if session not in self.sessions:
            found = re.search(r"Errand \d{5}", asked["prompt"])
            assert found is not None, asked["prompt"]
            self.sessions[session] = self.plans[found[0]]
        return self.sessions[session]

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = int(_header(head, "content-length") or 0)
        asked = json.loads(await reader.readexactly(length))
        token = (_header(head, "authorization") or "").removeprefix("Bearer ")
        body = json.dumps(self.reply(token, asked)).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n")
        writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        await writer.drain()
        writer.close()


def _header(head: str, name: str) -> str | None:
    found = re.search(rf"^{name}: *(.*?)\r$", head, re.IGNORECASE | re.MULTILINE)
    return found[1] if found else None
