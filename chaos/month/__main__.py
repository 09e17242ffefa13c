"""A month without anybody looking: a server, two workers, three accounts, and everything that goes wrong in between.

    python -m chaos.month [JOBS] [--days 30] [--seed 1]

Real server, workers, git and agent processes; in the place of Claude Code a program that prints what it prints, driven
by a scripted model whose accounts run into quota walls, whose tokens expire, which is overloaded, and which has agents
hang, crash, forget to report. Time is virtual: it passes while all of them wait. In the end every job must be in the
state that its plan says, no wall and no expired token may have cost an attempt, nobody may have come to an account
before its wall or the owner's floor was over, and memory and descriptors must be flat.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from chaos.month.virtual_time import VirtualTime

START = datetime(2026, 12, 1, tzinfo=UTC)


def main() -> int:
    parser = argparse.ArgumentParser(description="Lives through a month in virtual time, and judges it.")
    parser.add_argument("jobs", nargs="?", type=int, default=3000)
    parser.add_argument("--days", type=float, default=30.0)
    parser.add_argument("--minutes", type=float, default=600.0, help="ask for no more jobs after so long, really")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}, {arguments.jobs} jobs, {arguments.days:g} days", flush=True)
    began = time.monotonic()
    real = time.monotonic
    clock = VirtualTime(START)
    with clock.ruling(), tempfile.TemporaryDirectory(prefix="ploeg-month-") as folder:
        loop = clock.loop()
        asyncio.set_event_loop(loop)
        try:
            wrong = loop.run_until_complete(_live(Path(folder), clock, arguments))
        finally:
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()
    days, seconds = clock.days, real() - began
    print(f"\n{days:.1f} days in {seconds:.0f} s; {'nothing' if not wrong else len(wrong)} went wrong")
    for sentence in wrong[:20]:
        print(f"  {sentence}")
    return 1 if wrong else 0


async def _live(folder: Path, clock: VirtualTime, arguments: argparse.Namespace) -> list[str]:
    # Here, since time must be virtual before these take a clock.
    from chaos.month import plans as drawn
    from chaos.month.calendar import Calendar
    from chaos.month.house import CREW, House
    from chaos.month.model import Account, Model
    from chaos.month.verdict import judge, table

    _go_by_the_date()
    _quiet()
    chance = random.Random(arguments.seed)
    random.seed(arguments.seed)
    plans = drawn.draw(arguments.jobs, arguments.days, chance)
    house = House(folder)
    names = [name for worker in CREW.values() for name in worker]
    model = Model(
        accounts=[Account(name, random.Random(chance.random())) for name in names],
        plans={plan.title: plan for plan in plans},
        floor=20,
        cancel=lambda title: calendar.cancel_soon(title),
        now=lambda: datetime.now(UTC),
    )
    calendar = Calendar(house, model, clock, chance)
    for account in model.accounts:
        house.sign_in(account, account.sign_in(model.now()))
    async with await model.serve(), house.open(model):
        await calendar.live(plans, arguments.days, time.perf_counter() + arguments.minutes * 60)
        jobs = await calendar.jobs_by_title()
    asked = [plan for plan in plans if plan.title in jobs]
    if len(asked) < len(plans):
        print(f"\nout of time: {len(asked)} of {len(plans)} jobs were asked for")
    print(f"\n{table(asked, jobs, calendar.samples)}")
    return judge(asked, jobs, model, calendar.samples)


def _quiet() -> None:
    from ploeg.control import log

    log.configure("error", "text")


def _go_by_the_date() -> None:
    """The clock that goes on while a machine sleeps: time that is virtual moves the date alone."""
    from ploeg.worker import clock

    clock._PASSING = time.CLOCK_REALTIME


if __name__ == "__main__":
    sys.exit(main())
