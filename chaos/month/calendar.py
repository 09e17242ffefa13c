"""What people do in that month: ask for errands, sign in again when they notice, cancel, merge, look."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import psutil

from chaos.month.house import House
from chaos.month.model import Model
from chaos.month.plans import Plan
from chaos.month.virtual_time import VirtualTime

DAY = 86_400.0
#: Hours until somebody notices that a sign-in is needed, least and most.
NOTICED = (0.5, 20.0)
#: Seconds until somebody cancels what hangs: before the limit of its silence.
CANCELLED_AFTER = 60.0


@dataclass
class Sample:
    """How the process stood at the end of a day."""

    day: int
    rss: int
    descriptors: int
    threads: int
    tasks: int
    ended: Counter[str]
    walls: int
    sign_ins: int
    #: The states of the workers, by name, when it was taken.
    states: dict[str, str] = field(default_factory=dict)


class Calendar:
    def __init__(self, house: House, model: Model, clock: VirtualTime, chance: random.Random) -> None:
        self._house = house
        self._model = model
        self._clock = clock
        self._chance = chance
        self._codes: dict[str, str] = {}
        self._pbi = ""
        self._beside: set[asyncio.Task[None]] = set()
        self.samples: list[Sample] = []

    async def live(self, plans: list[Plan], days: float, until: float) -> None:
        """Until every job has ended that was asked for, however long that takes.

        None is asked for after `until`, by `time.perf_counter`, which no virtual time moves.
        """
        await self._house.ask(
            "POST", "/products", {"name": "Month", "code": "month", "repo_url": str(self._house.remote.path)}
        )
        daily = asyncio.create_task(self._daily())
        minding = asyncio.create_task(self._mind_sign_ins())
        try:
            for plan in plans:
                await asyncio.sleep(max(plan.at - self._clock.days * DAY, 0))
                if time.perf_counter() > until:
                    break
                await self._ask_for(plan)
            while (await self._house.ask("GET", "/queue", limit=0))["total"] != _NOTHING:
                assert self._clock.days < days + 40, "jobs are stuck"
                await asyncio.sleep(3600)
        finally:
            daily.cancel()
            minding.cancel()
        await self.take_sample()

    def cancel_soon(self, title: str) -> None:
        task = asyncio.create_task(self._cancel(title))
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    async def take_sample(self) -> None:
        process = psutil.Process()
        workers = (await self._house.ask("GET", "/workers"))["items"]
        sample = Sample(
            day=round(self._clock.days),
            rss=process.memory_info().rss,
            descriptors=process.num_fds(),
            threads=process.num_threads(),
            tasks=len(asyncio.all_tasks()),
            ended=await self._ended(),
            walls=sum(account.walls for account in self._model.accounts),
            sign_ins=sum(account.tokens - 1 for account in self._model.accounts),
            states={worker["hostname"]: worker["state"] for worker in workers},
        )
        self.samples.append(sample)
        done = ", ".join(f"{status} {count}" for status, count in sorted(sample.ended.items()))
        seen = f"walls {sample.walls}, sign-ins {sample.sign_ins}, against the rules {len(self._model.violations)}"
        stands = f"rss {sample.rss / 1e6:.0f} MB, fds {sample.descriptors}"
        print(f"day {sample.day:3}  {done}; {seen}; {stands}", flush=True)

    async def _ask_for(self, plan: Plan) -> None:
        ask = self._house.ask
        if not self._pbi or plan.number % 100 == 1:
            self._pbi = (await ask("POST", "/products/month/pbis", {"title": f"Hundred {plan.number // 100}"}))["code"]
        story = await ask("POST", f"/pbis/{self._pbi}/stories", {"title": plan.title})
        body = {"title": plan.title, "implementation_plan": "Do the work in `work.txt`."}
        task = await ask("POST", f"/stories/{story['code']}/tasks", body)
        self._codes[plan.title] = (await ask("POST", "/jobs", {"task": task["code"]}))["code"]

    async def _cancel(self, title: str) -> None:
        await asyncio.sleep(CANCELLED_AFTER)
        await self._house.ask("POST", f"/jobs/{self._codes[title]}/cancellation")

    async def _mind_sign_ins(self) -> None:
        """Each expired token is replaced some hours after it was first refused."""
        while True:
            await asyncio.sleep(1800)
            for account in self._model.accounts:
                if account.refused_sign_ins and self._model.now() >= account.token_until:
                    account.refused_sign_ins = 0
                    await asyncio.sleep(self._chance.uniform(*NOTICED) * 3600)
                    self._house.sign_in(account, account.sign_in(self._model.now()))

    async def _daily(self) -> None:
        while True:
            await asyncio.sleep(DAY)
            await self.take_sample()
            await asyncio.to_thread(self._merge)

    def _merge(self) -> None:
        """Branches that people merged are gone from the remote."""
        for branch in self._house.remote.branches():
            if branch.startswith("ploeg/"):
                self._house.remote.git("update-ref", "-d", f"refs/heads/{branch}")

    async def _ended(self) -> Counter[str]:
        """Counted where they are stored: a list of them all would be the largest thing in this process."""
        rows = await self._house.server.store.read(lambda tx: list(tx.connection.exec_driver_sql(_ENDED)))
        return Counter({row[0]: row[1] for row in rows})

    async def jobs_by_title(self) -> dict[str, dict[str, Any]]:
        """Every job with its attempts, by the title of its task."""
        return {title: await self._house.ask("GET", f"/jobs/{code}") for title, code in self._codes.items()}


_ENDED = "SELECT status, count(*) FROM jobs WHERE ended_at IS NOT NULL GROUP BY status"
_NOTHING = {"ready": 0, "due": 0, "later": 0, "running": 0, "waiting": 0}
