"""Cuts and spoils what goes between servers and a forge, and counts what was doubled, merged wrongly or left behind.

    python -m chaos.forge [STORIES] [--seed 1] [--dialect forgejo|github|gitlab|all]

Stories are worked on and pushed to a real repository on a forge on loopback; two servers open, update and merge their
pull requests. One request in five is cut before or after it is carried out, answered with 500, 502, 503 or 429, or too
slowly; servers die in the middle; webhooks are lost, doubled and forged; people push to branches, close pull requests
and let checks fail. In the end the faults stop and time passes. Then each branch has one pull request for what landed
on it, whatever was merged was the newest commit with a receipt of a story that was done, in a merge train on top of the
very base that it was verified on, nothing waits, and whatever nobody meddled with is merged.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from chaos.forge_town import HOOK_FAULTS, Tale, Town, town
from ploeg.domain.delivery import Delivery
from ploeg.domain.ids import ProductId, StoryId

DIALECTS = ("forgejo", "github", "gitlab")
#: Stories that are under way at the same time.
AT_ONCE = 4
#: Stories on one forge.
STORIES = 10
#: Turns of the clock after the faults have stopped, in minutes: enough for every wait that there is.
DRAIN = (*[1.0] * 12, *[10.0] * 12, *[60.0] * 4, 60.0 * 24 * 8)


def main() -> int:
    parser = argparse.ArgumentParser(description="Spoils what goes between servers and a forge, and counts.")
    parser.add_argument("stories", nargs="?", type=int, default=60)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--dialect", choices=[*DIALECTS, "all"], default="all")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    kinds = DIALECTS if arguments.dialect == "all" else (arguments.dialect,)
    share = max(1, arguments.stories // len(kinds))
    towns = [(kind, first) for kind in kinds for first in range(0, share, STORIES)]
    findings = [
        finding
        for kind, first in towns
        for finding in asyncio.run(_torment(kind, min(STORIES, share - first), f"{arguments.seed} {kind} {first}"))
    ]
    for finding in findings:
        print(finding)
    return 1 if findings else 0


async def _torment(kind: str, stories: int, seed: str) -> list[str]:
    """A forge of its own for so many stories."""
    began, dice = time.monotonic(), random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="ploeg-chaos-") as folder:
        async with town(Path(folder), kind, dice) as there:
            under_way: list[Tale] = []
            for _ in range(stories):
                under_way.append(await asyncio.to_thread(there.begin_story))
                await _an_hour_of(there, under_way[-AT_ONCE:])
            await _settle(there)
            findings = [f"{kind}: {finding}" for finding in verdict(there)]
            _say(kind, there, time.monotonic() - began)
    return findings


async def _an_hour_of(there: Town, tales: list[Tale]) -> None:
    dice = there.dice
    there.forge.hook_faults[:] = [dice.choice(HOOK_FAULTS) for _ in range(6)]
    for tale in tales:
        match dice.random():
            case p if p < 0.03 and not tale.disturbed:
                there.meddle(tale)
            case p if p < 0.2:
                await asyncio.to_thread(there.go_on, tale)
            case p if p < 0.5:
                there.check(tale, dice.choice(("pending", "failure", "success")))
    for seconds in (0, dice.choice((1, 20, 60, 300))):
        there.house.clock.turn(seconds=seconds)
        await there.serve()
        await asyncio.to_thread(there.catch_up)


async def _settle(there: Town) -> None:
    """The faults stop, the checks pass, and time goes by."""
    there.faulty = False
    there.forge.hook_faults.clear()
    for minutes in DRAIN:
        there.house.clock.turn(minutes=minutes)
        await there.serve()
        await asyncio.to_thread(there.catch_up)
        for tale in there.tales:
            there.check(tale, "success")


def verdict(there: Town) -> list[str]:
    """What must not be, in sentences."""
    return [*_doubled(there), *_merged_wrongly(there), *_left(there), *_missing(there)]


def _doubled(there: Town) -> list[str]:
    """Pull requests that show the same commit of the same branch, where nobody had closed the first one."""
    shown = Counter((pull.head, pull.head_sha) for pull in there.forge.pulls if pull.state != "closed")
    return [f"{count} pull requests for {branch} at {sha[:8]}" for (branch, sha), count in shown.items() if count > 1]


def _merged_wrongly(there: Town) -> list[str]:
    return [
        f"{branch} was merged at {sha[:8]}, after {[each[:8] for each in landed]}, as it may be: {done}"
        for branch, sha, landed, done in there.merges
        if not landed or sha != landed[-1] or not done
    ]


def _left(there: Town) -> list[str]:
    house = there.house
    jobs = [house.job(job) for tale in there.tales for job in tale.jobs]
    found = [f"{job.code} is {job.status}" for job in jobs if not job.status.terminal]
    found += [f"the pull request of {each.branch} is {each.state}" for each in _deliveries(there) if each.due_at]
    asked = house.read(lambda tx: tx.forge_actions.of_product(_product(there), 10_000))
    found += [f"{each.deed} of {each.branch} is {each.state}: {each.reason}" for each in asked if each.due_at]
    return found


def _missing(there: Town) -> list[str]:
    """Stories that nobody meddled with are in the default branch, with all that landed."""
    merged = {(branch, sha) for branch, sha, _, _ in there.merges}
    return [
        f"{tale.branch} is not merged at {tale.landed[-1][:8]}"
        for tale in there.tales
        if not tale.disturbed and (tale.branch, tale.landed[-1]) not in merged
    ]


def _deliveries(there: Town) -> list[Delivery]:
    return there.house.read(
        lambda tx: [each for tale in there.tales for each in tx.deliveries.of_story(StoryId(tale.id))]
    )


def _product(there: Town) -> ProductId:
    return there.tales[0].jobs[0].product_id


def _say(kind: str, there: Town, seconds: float) -> None:
    faults = ", ".join(f"{name} {count}" for name, count in sorted(there.faults.items()))
    told = {
        "stories": len(there.tales),
        "pushes": sum(len(tale.landed) for tale in there.tales),
        "requests": len(there.forge.asked),
        "webhooks": len(there.forge.hooks_sent),
        "pull requests": len(there.forge.pulls),
        "merges": len(there.merges),
    }
    counts = ", ".join(f"{count} {what}" for what, count in told.items())
    how = f"{kind}, a merge train" if there.train else kind
    print(f"{how}, {seconds:.0f} s: {counts}; faults: {faults}")
    parts = {"duplicate pull requests": _doubled, "merges of a wrong commit": _merged_wrongly, "stuck": _left}
    parts["not merged"] = _missing
    print(f"{kind}: " + ", ".join(f"{what} {len(part(there))}" for what, part in parts.items()), flush=True)


if __name__ == "__main__":
    sys.exit(main())
