"""From a job that is done to its pull request, through the outbox, on both databases."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from ploeg.control import read
from ploeg.control.backlog import backlog
from ploeg.control.plane import ControlPlane
from ploeg.control.products import products
from ploeg.control.publishing.act import ForgeActor
from ploeg.control.publishing.outbox import Outbox
from ploeg.control.publishing.publish import Publisher
from ploeg.control.sprints import sprint_runs
from ploeg.control.work import report
from ploeg.domain.backlog import Pbi, Story
from ploeg.domain.delivery import MAX_TRIES, TAKEN_FOR, Delivery
from ploeg.domain.delivery import Trouble as Word
from ploeg.domain.job import Job, JobStatus
from ploeg.domain.sprint_run import RunStatus
from ploeg.forges.registry import Forges
from ploeg.store.store import Store
from ploeg.wire.work import FinishReport
from tests.control.house import BASE, Hand, House, proof
from tests.control.sprinting import Sprinting
from tests.forges.conftest import MakeForges
from tests.forges.fake import FakeForge, Trouble

pytestmark = pytest.mark.anyio

NEXT = "c" * 40


def make_outbox(plane: ControlPlane, forges: Forges, **limits: float) -> Outbox:
    return Outbox(plane, Publisher(forges, **limits), ForgeActor(forges, **limits))


@pytest.fixture
def outbox(house: House, forgejo: FakeForge, forges_of: MakeForges) -> Outbox:
    return make_outbox(house.plane, forges_of(forgejo))


class Scene:
    """A product on the forge with a story, and a worker."""

    def __init__(self, house: House, forge: FakeForge, **product: Any) -> None:
        self.house, self.forge = house, forge
        self.hand = house.hand()
        house.product(**{"repo_url": forge.repo_url, "auto_pr": True, **product})
        self.story_id = house.story()

    def work(self, **said: Any) -> Job:
        """Another task of the story, done and pushed."""
        job = self.house.run(self.house.task(self.story_id))
        return finish_next(self.house, self.hand, self.forge, **said) or job

    @property
    def story(self) -> Story:
        story = self.house.read(backlog.show_story, self.house.admin, self.story_id).item
        assert isinstance(story, Story)
        return story

    @property
    def pbi(self) -> Pbi:
        pbi = self.house.read(lambda tx: tx.backlog.pbi(self.story.pbi_id))
        assert pbi is not None
        return pbi

    @property
    def delivery(self) -> Delivery:
        (found,) = self.house.read(lambda tx: tx.deliveries.of_story(self.story.id))
        return found


def finish_next(house: House, hand: Hand, forge: FakeForge, **said: Any) -> Job:
    assignment = hand.take()
    job = house.job(assignment)
    assert job.branch is not None
    forge.branch(job.branch)
    hand.done(assignment, **said)
    return house.job(job)


@pytest.fixture
def scene(house: House, forgejo: FakeForge) -> Scene:
    return Scene(house, forgejo)


async def test_a_single_task_s_branch_becomes_its_story_s_pull_request(scene: Scene, outbox: Outbox) -> None:
    job = scene.work()
    await outbox.look()
    (pull,) = scene.forge.pulls
    assert (pull.head, pull.base, pull.title) == (job.branch, "trunk", f"{scene.story.code}: A story")
    for part in ("- [x] T-1: A task", f"{job.code} on commit {'a' * 12}: clean"):
        assert part in pull.text
    url = f"{scene.forge.url}/crew/greeter/pulls/1"
    assert (scene.house.job(job).pr_url, scene.pbi.pr_url) == (url, url)
    view = scene.house.read(read.job, scene.house.admin, scene.house.installation, job.code)
    assert view.delivery is not None
    assert (view.delivery.state, view.delivery.pr_url) == ("open", url)
    assert "pull_request.opened" in scene.house.told()


async def test_more_on_the_branch_updates_the_one_there_is(scene: Scene, outbox: Outbox) -> None:
    scene.work()
    await outbox.look()
    second = scene.work(**proof(NEXT))
    await outbox.look()
    (pull,) = scene.forge.pulls
    assert f"{second.code} on commit {'c' * 12}" in pull.text
    assert scene.house.job(second).pr_url == scene.pbi.pr_url


async def test_nothing_is_opened_without_auto_pr_or_without_commits(
    house: House, forgejo: FakeForge, outbox: Outbox
) -> None:
    scene = Scene(house, forgejo)
    scene.work(**proof(BASE))
    house.write(products.edit, house.admin, "demo", {"auto_pr": False})
    scene.work()
    await outbox.look()
    assert (forgejo.pulls, forgejo.asked) == ([], [])


async def test_a_failure_never_fails_the_job_and_is_shown_and_tried_again(scene: Scene, outbox: Outbox) -> None:
    scene.forge.troubles.append(Trouble(503))
    job = scene.work()
    await outbox.look()
    assert scene.house.job(job).status is JobStatus.DONE
    shown = scene.house.read(backlog.show_story, scene.house.admin, scene.story.id).delivery
    assert shown is not None
    assert (shown.state, shown.trouble, shown.tries) == ("pending", Word.UNREACHABLE, 1)
    assert shown.reason is not None
    assert "answered 503" in shown.reason
    await outbox.look()
    assert scene.forge.pulls == []
    scene.house.clock.turn(seconds=15)
    await outbox.look()
    assert (scene.delivery.state, scene.delivery.reason, len(scene.forge.pulls)) == ("open", None, 1)


async def test_it_waits_as_long_as_the_forge_says(scene: Scene, outbox: Outbox) -> None:
    scene.forge.troubles.append(Trouble(429, headers={"Retry-After": "600"}))
    scene.work()
    await outbox.look()
    scene.house.clock.turn(seconds=599)
    await outbox.look()
    assert scene.forge.pulls == []
    scene.house.clock.turn(seconds=2)
    await outbox.look()
    assert len(scene.forge.pulls) == 1


@pytest.mark.parametrize("what", ["before", "after"])
async def test_a_try_that_was_cut_while_it_opened_makes_no_second_one(scene: Scene, outbox: Outbox, what: str) -> None:
    scene.forge.troubles.append(Trouble(what, "POST"))
    scene.work()
    await outbox.look()
    scene.house.clock.turn(seconds=15)
    await outbox.look()
    assert (len(scene.forge.pulls), scene.delivery.state) == (1, "open")


async def test_it_is_given_up_at_last_and_begun_again_when_more_lands(house: House, outbox: Outbox) -> None:
    scene = Scene(house, FakeForge(house.folder / "git", "forgejo"), repo_url="https://elsewhere.invalid/crew/it")
    scene.work()
    for _ in range(MAX_TRIES):
        await outbox.look()
        house.clock.turn(hours=2)
    assert (scene.delivery.state, scene.delivery.trouble) == ("failed", Word.NO_CREDENTIALS)
    scene.work(**proof(NEXT))
    assert (scene.delivery.state, scene.delivery.tries) == ("pending", 0)


async def test_a_slow_forge_is_left_after_a_while(scene: Scene, forges_of: MakeForges, house: House) -> None:
    scene.forge.gate = threading.Event()
    scene.work()
    await make_outbox(house.plane, forges_of(scene.forge), seconds=0.05).look()
    scene.forge.gate.set()
    assert (scene.delivery.trouble, scene.delivery.state) == (Word.UNREACHABLE, "pending")


async def test_one_delivery_is_taken_once_by_two_servers(
    scene: Scene, outbox: Outbox, forges_of: MakeForges, database_url: str
) -> None:
    house = scene.house
    on_postgres = database_url.startswith("postgres")
    store = Store.open(database_url, clock=house.clock) if on_postgres else house.store
    plane = ControlPlane(store, house.installation, house.plane.transcripts, house.clock())
    other = make_outbox(plane, forges_of(scene.forge))
    try:
        scene.work()
        await asyncio.gather(outbox.look(), other.look(), outbox.look(), other.look())
    finally:
        if on_postgres:
            store.close()
    assert len(scene.forge.pulls) == scene.delivery.taken == 1
    assert [method for method, path in scene.forge.asked if path.endswith("/pulls")].count("POST") == 1


async def test_what_a_dead_server_had_taken_is_delivered_by_another(scene: Scene, outbox: Outbox) -> None:
    scene.work()
    taken = scene.house.store.write_blocking(lambda tx: tx.deliveries.take(tx.now))
    assert taken is not None
    await outbox.look()
    assert scene.forge.pulls == []
    scene.house.clock.turn(seconds=TAKEN_FOR.total_seconds() + 1)
    await outbox.look()
    assert (len(scene.forge.pulls), scene.delivery.state) == (1, "open")


async def test_what_lands_while_it_is_delivered_is_delivered_too(scene: Scene, outbox: Outbox) -> None:
    scene.work()
    landed: list[Job] = []

    def land_more(method: str, _: str) -> None:
        if method == "POST" and not landed:
            landed.append(scene.work(**proof(NEXT)))

    scene.forge.on_request = land_more
    await outbox.look()
    (pull,) = scene.forge.pulls
    assert f"on commit {'c' * 12}" in pull.text
    assert scene.delivery.state == "open"


async def test_the_runner_hears_of_what_is_asked(scene: Scene, outbox: Outbox) -> None:
    opened = asyncio.Event()
    loop = asyncio.get_running_loop()

    def tell(method: str, _: str) -> None:
        if method == "POST":
            loop.call_soon_threadsafe(opened.set)

    scene.forge.on_request = tell
    running = asyncio.create_task(outbox.run())
    job = scene.house.run(scene.house.task(scene.story_id))
    assert job.branch is not None
    scene.forge.branch(job.branch)
    done = FinishReport(outcome="done", phase="report", **proof())
    await scene.house.plane.write(
        report.finish, scene.hand.actor, scene.house.installation, scene.hand.take().attempt_id, done
    )
    async with asyncio.timeout(10):
        await opened.wait()
    running.cancel()


def sprint_on(house: House, forge: FakeForge, strategy: str) -> Sprinting:
    return Sprinting.of(house, 2, repo_url=forge.repo_url, auto_pr=True, pr_strategy=strategy)


async def test_a_sprint_s_run_has_one_draft_that_its_end_marks_ready(
    house: House, forgejo: FakeForge, outbox: Outbox
) -> None:
    sprint, hand = sprint_on(house, forgejo, "SPRINT"), house.hand()
    run = sprint.start()
    for left in range(3, -1, -1):
        finish_next(house, hand, forgejo)
        await outbox.look()
        (pull,) = forgejo.pulls
        assert (pull.head, pull.title) == (run.branch, "WIP: Sprint: Ship it" if left else "Sprint: Ship it")
    assert sprint.run.status is RunStatus.DONE
    url = sprint.run.pr_url
    assert url == f"{forgejo.url}/crew/greeter/pulls/1"
    assert {job.pr_url for job in sprint.jobs()} == {url}
    assert {sprint.pbi(story).pr_url for story in sprint.stories} == {url}


async def test_a_story_run_has_a_pull_request_for_each_story(house: House, forgejo: FakeForge, outbox: Outbox) -> None:
    sprint, hand = sprint_on(house, forgejo, "STORY"), house.hand()
    sprint.start()
    for _ in range(4):
        finish_next(house, hand, forgejo)
    await outbox.look()
    assert sorted(pull.title for pull in forgejo.pulls) == ["ST-001: A story", "ST-002: A story"]
    assert len({sprint.pbi(story).pr_url for story in sprint.stories}) == 2


async def test_a_run_s_end_marks_the_draft_ready_that_the_run_before_it_opened(
    house: House, forgejo: FakeForge, outbox: Outbox
) -> None:
    sprint, hand = sprint_on(house, forgejo, "SPRINT"), house.hand()
    sprint.start()
    finish_next(house, hand, forgejo)
    await outbox.look()
    house.write(sprint_runs.pause, house.admin, sprint.code)
    resumed = sprint.resume()
    while sprint.run.status is not RunStatus.DONE:
        finish_next(house, hand, forgejo, **proof(BASE))
    await outbox.look()
    assert [pull.title for pull in forgejo.pulls] == ["Sprint: Ship it"]
    assert resumed.branch == forgejo.pulls[0].head


async def test_a_sibling_in_another_repository_has_a_pull_request_of_its_own(scene: Scene, outbox: Outbox) -> None:
    scene.work()
    other = scene.house.task(scene.story_id, repo_url="https://elsewhere.invalid/crew/it")
    scene.house.run(other)
    job = finish_next(scene.house, scene.hand, scene.forge)
    await outbox.look()
    assert len(scene.forge.pulls) == 1
    assert scene.house.job(job).pr_url is None
    kept = scene.house.read(lambda tx: tx.deliveries.of_story(scene.story.id))
    assert sorted(each.state for each in kept) == ["open", "pending"]
