"""A server and a forge with faults between them, and people on both sides who go on regardless."""

from __future__ import annotations

import asyncio
import random
import shutil
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from tests.control.house import Clock, Hand, House, proof
from tests.e2e.repository import make_remote
from tests.forges.conftest import tokens_file
from tests.forges.fake import FakeForge
from tests.forges.far.serving import fake_forge
from tests.forges.far.things import Hook, Pull, Trouble

from ploeg.api.app import create_app
from ploeg.control.backlog import backlog
from ploeg.control.installation import Installation
from ploeg.control.intake.hear import Ear
from ploeg.control.intake.look import Looker
from ploeg.control.people import people
from ploeg.control.publishing.act import ForgeActor
from ploeg.control.publishing.outbox import Outbox
from ploeg.control.publishing.publish import Publisher
from ploeg.control.queue import follow_up
from ploeg.control.queue.submit import Wish
from ploeg.domain.backlog import Story, StoryStatus
from ploeg.domain.job import Job
from ploeg.forges.registry import Forges
from ploeg.forges.webhook import HookKey, address
from ploeg.store.store import Store
from ploeg.wire.assignment import Assignment

#: How often a request to the forge goes wrong, and how.
FAULTY = 0.2
FAULTS: tuple[str | int, ...] = ("before", "after", 500, 502, 503, 429, "slow")
FREQUENCIES = (10, 10, 4, 4, 4, 4, 1)
#: How many towns merge as a train.
TRAINS = 0.5
HOOK_FAULTS = ("", "", "lost", "doubled", "forged")
#: Seconds that one try may take here, and that a slow answer takes.
PATIENCE, SLOW = 3.0, 3.1


@dataclass
class Tale:
    """What happened to one story's branch."""

    id: str
    branch: str = ""
    #: Commits whose work was verified and pushed, the oldest first.
    landed: list[str] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    #: People did something that keeps it from being merged.
    disturbed: bool = False


class Town:
    """One installation, and one forge in its dialect."""

    def __init__(self, house: House, forge: FakeForge, forges: Forges, key: HookKey, dice: random.Random) -> None:
        self.house, self.forge, self.dice = house, forge, dice
        self.train = dice.random() < TRAINS
        fields = {"auto_pr": True, "auto_merge": True, "delete_merged_branches": True, "merge_train": self.train}
        house.product(repo_url=forge.repo_url, **fields)
        publisher, actor = Publisher(forges, seconds=PATIENCE), ForgeActor(forges, seconds=PATIENCE)
        self.servers = [Outbox(house.plane, publisher, actor) for _ in range(2)]
        self.looker = Looker(house.plane, forges, seconds=PATIENCE)
        self.ear = Ear(house.plane, forges, key)
        self.hand: Hand = house.hand()
        self.tales: list[Tale] = []
        self.faults: Counter[str] = Counter()
        #: Of each merge the branch, the head that went in, what had landed there at that moment, and whether its story
        #: was done and, in a merge train, it was verified on the base that it went into.
        self.merges: list[tuple[str, str, list[str], bool]] = []
        self.faulty = True
        self._landed: dict[str, list[str]] = defaultdict(list)
        self._verified_on: dict[str, str] = {}
        self._spoil()
        self._witness()

    # People and workers

    def begin_story(self) -> Tale:
        tale = Tale(self.house.story())
        self.tales.append(tale)
        tasks = [self.house.task(tale.id) for _ in range(self.dice.choice((1, 1, 2)))]
        for task in tasks:
            self.house.run(task)
            self._work(tale)
        return tale

    def go_on(self, tale: Tale) -> None:
        """A follow-up lands on the branch as well."""
        wish = Wish(instruction="Mend what the review found.")
        self.house.write(follow_up.follow_up, self.house.admin, self.house.installation, tale.jobs[-1].code, wish)
        self._work(tale)

    def meddle(self, tale: Tale) -> None:
        """Somebody pushes to the branch, or closes its pull request."""
        tale.disturbed = True
        pulls = [pull for pull in self.forge.pulls if pull.head == tale.branch]
        with self.forge.lock:
            if pulls and self.dice.random() < 0.5:
                self.forge.close(pulls[-1].number)
            else:
                self.forge.push(tale.branch)

    def check(self, tale: Tale, state: str) -> None:
        self.forge.check(tale.landed[-1], "ci", state)

    def story(self, tale: Tale) -> Story:
        found = self.house.read(backlog.show_story, self.house.admin, tale.id).item
        assert isinstance(found, Story)
        return found

    # Servers

    async def serve(self) -> None:
        """Both servers at once; now and then one of them dies in the middle of it."""
        looks = [asyncio.create_task(server.look()) for server in (*self.servers, self.looker)]
        if self.faulty and self.dice.random() < 0.2:
            await asyncio.sleep(self.dice.random() * 0.2)
            looks[self.dice.randrange(len(looks))].cancel()
            self.faults["server died"] += 1
        for came in await asyncio.gather(*looks, return_exceptions=True):
            if isinstance(came, Exception):
                raise came

    # What stands between them

    def catch_up(self) -> None:
        """Whoever is to be brought up to date is."""
        while (assignment := self.hand.claim()) is not None:
            assert assignment.catches_up, "every other job is worked on when it is queued"
            self._bring_up_to_date(assignment)

    def _work(self, tale: Tale) -> None:
        assignment = self.hand.take()
        while assignment.catches_up:
            self._bring_up_to_date(assignment)
            assignment = self.hand.take()
        job = self.house.job(assignment)
        assert job.branch is not None
        tale.branch = job.branch
        with self.forge.lock:
            base = self.forge.git.tip(job.branch) or self.forge.git.tip(self.forge.default_branch) or ""
            sha = self.forge.push(job.branch, {f"{job.code}.txt": f"{job.code} {len(tale.landed)}\n"})
            self._land(tale, sha, base)
        self._done(assignment, tale, sha, base)

    def _bring_up_to_date(self, assignment: Assignment) -> None:
        tale = next(tale for tale in self.tales if tale.branch == assignment.branch)
        assert assignment.resume is not None
        with self.forge.lock:
            base = self.forge.git.tip(self.forge.default_branch) or ""
            if self.forge.git.tip(tale.branch) != assignment.resume.commit:
                tale.disturbed = True
                self.hand.finish(assignment, "push_conflict", reason="somebody else has pushed")
                return
            sha = self.forge.git.merge(tale.branch, base, "merge", "Bring it up to date")
            self.forge.pushed(tale.branch)
            self._land(tale, sha, base)
        self._done(assignment, tale, sha, base)

    def _land(self, tale: Tale, sha: str, base: str) -> None:
        """Noted while nothing can be merged in between."""
        tale.landed.append(sha)
        self._landed[tale.branch] = list(tale.landed)
        self._verified_on[sha] = base

    def _done(self, assignment: Assignment, tale: Tale, sha: str, base: str) -> None:
        shown = proof(sha)
        self.hand.done(assignment, **{**shown, "base_sha": base, "receipt": {**shown["receipt"], "base_sha": base}})
        tale.jobs.append(self.house.job(assignment))

    def _spoil(self) -> None:
        def trouble(method: str, path: str) -> Trouble | None:
            if not self.faulty or self.dice.random() > FAULTY:
                return None
            what = self.dice.choices(FAULTS, FREQUENCIES)[0]
            self.faults[str(what)] += 1
            if what == "slow":
                time.sleep(SLOW)
                return None
            return Trouble(what, headers={"Retry-After": "30"} if what == 429 else {})

        self.forge.next_trouble = trouble  # type: ignore[method-assign]  # by the dice

    def _witness(self) -> None:
        merge = self.forge.merge

        def watched(number: int, **how: Any) -> Pull:
            pull = self.forge.pull(number)
            on = self.forge.git.tip(pull.base)
            done = merge(number, **how)
            tale = next((tale for tale in self.tales if tale.branch == pull.head), None)
            finished = tale is not None and self.story(tale).status is StoryStatus.DONE
            in_train = not self.train or self._verified_on.get(pull.head_sha) == on
            self.merges.append((pull.head, pull.head_sha, list(self._landed[pull.head]), finished and in_train))
            return done

        self.forge.merge = watched  # type: ignore[method-assign]  # it looks, and merges as before


@asynccontextmanager
async def town(folder: Path, kind: str, dice: random.Random) -> AsyncIterator[Town]:
    """With webhooks from the forge to the server's own API, over loopback."""
    with ExitStack() as stack:
        forge = stack.enter_context(_forge(folder, kind))
        house = stack.enter_context(_house(folder))
        key = HookKey.load(folder / "hook.key")
        made = Town(house, forge, Forges.load(tokens_file(folder, forge)), key, dice)
        app = create_app(house.plane, ear=made.ear)
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", lifespan="off"))
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        secret = key.secret_of(forge.repo_url)
        forge.hooks.append(Hook(1, address(url, forge.repo_url), secret, [], forge.now()))
        try:
            yield made
        finally:
            forge.hooks.clear()
            server.should_exit = True
            await serving


@contextmanager
def _forge(folder: Path, kind: str) -> Iterator[FakeForge]:
    remote = make_remote(folder / "made", default_branch="trunk")
    shutil.copytree(remote.path, folder / "git" / "crew" / "greeter.git")
    with fake_forge(folder / "git", kind) as forge:
        yield forge


@contextmanager
def _house(folder: Path) -> Iterator[House]:
    clock = Clock()
    store = Store.open(f"sqlite:///{folder / 'ploeg.db'}", clock=clock)
    made = store.write_blocking(lambda tx: people.sign_in_this_machine(tx, "admin"))
    admin = store.read_blocking(lambda tx: people.person(tx, made.token))
    try:
        yield House(store, clock, folder, Installation(), admin, made.token, made.worker_token)
    finally:
        store.close()
