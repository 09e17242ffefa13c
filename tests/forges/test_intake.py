"""From what people do at a forge, in each dialect, to work for Ploeg and back."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest
from sqlalchemy import delete

from ploeg.control.intake import following, pull_reviews, pulls
from ploeg.control.intake.hear import Ear
from ploeg.control.intake.look import Looker
from ploeg.control.queue.submit import Wish
from ploeg.domain.delivery import Trouble as Word
from ploeg.domain.errors import Invalid, NotFound, Unauthenticated
from ploeg.domain.forge import ChecksState, PullStatus
from ploeg.domain.forge_action import Deed
from ploeg.domain.job import Job
from ploeg.domain.pull import Pull
from ploeg.domain.remark import RemarkKind, RemarkState
from ploeg.forges.webhook import HookKey, address, same_repository
from ploeg.store.tables import pulls as tables
from tests.control.agent import Agent
from tests.control.house import House, house, proof, template
from tests.forges.conftest import MakeForges
from tests.forges.fake import FakeForge, Trouble
from tests.forges.far.serving import DIALECTS
from tests.forges.test_outbox import make_outbox

__all__ = ["house", "template"]

pytestmark = pytest.mark.anyio


class Scene:
    """A story whose work is in a pull request, and a server beside the forge."""

    def __init__(self, house: House, forge: FakeForge, forges_of: MakeForges) -> None:
        self.house, self.forge = house, forge
        self.hand = house.hand(runtimes=["claude"])
        forges = forges_of(forge)
        self.outbox, self.looker = make_outbox(house.plane, forges), Looker(house.plane, forges)
        self.key = HookKey.load(house.folder / "hook-key")
        self.ear = Ear(house.plane, forges, self.key)
        config = {"runtime": "claude"}
        house.product(repo_url=forge.repo_url, auto_pr=True, follow_ups="on", config=config)
        self.story = house.story()
        house.run(house.task(self.story))

    @property
    def place(self) -> str:
        return f"{self.forge.url.removeprefix('http://')}/crew/greeter"

    async def work(self) -> Job:
        """The next job is done, pushed and published, and the forge is looked at."""
        assignment = self.hand.take()
        sha = self.forge.push(assignment.branch, {"greet.py": f"print('{assignment.job_code}')\n"})
        self.hand.done(assignment, **proof(sha), session_id="one")
        await self.settle()
        return self.house.job(assignment)

    async def settle(self) -> None:
        await self.outbox.look()
        await self.looker.look()

    async def hook(self, what: str, thing: object, secret: str | None = None) -> int:
        """The webhook that the forge sends about that."""
        signed = self.key.secret_of(self.forge.repo_url) if secret is None else secret
        told = DIALECTS[self.forge.kind].hook(self.forge, what, thing, signed)
        assert told is not None
        headers, body = told
        return await self.ear.hear(self.place, headers, body)

    @property
    def pull(self) -> Pull:
        product = self.house.read(lambda tx: tx.products.by_code("demo"))
        assert product is not None
        pull = self.house.read(lambda tx: tx.pulls.numbered_in(product.id, 1))
        assert pull is not None
        return pull

    def remarks(self) -> list[tuple[RemarkKind, str, RemarkState]]:
        found = self.house.read(lambda tx: tx.pulls.remarks(self.pull.id))
        return [(remark.kind, remark.author, remark.state) for remark in found]


@pytest.fixture
async def scene(house: House, forgejo: FakeForge, forges_of: MakeForges) -> Scene:
    scene = Scene(house, forgejo, forges_of)
    await scene.work()
    return scene


async def test_a_review_becomes_a_follow_up_whose_push_answers_it_and_a_merge_ends_it(
    house: House, forge: FakeForge, forges_of: MakeForges
) -> None:
    scene = Scene(house, forge, forges_of)
    await scene.work()
    assert (scene.pull.status, scene.pull.author, scene.pull.head_sha) == (
        PullStatus.OPEN,
        "robot",
        forge.pull(1).head_sha,
    )
    opinion = forge.hand_in(1, "ada", "CHANGES_REQUESTED", "Rename it.", (("greet.py", 1, "This one."),))
    assert await scene.hook("review", opinion) in {0, 1}, "GitLab tells nothing of that, and is asked every few minutes"
    scene.house.clock.turn(minutes=6)
    await scene.looker.look()
    told = {(kind, author) for kind, author, state in scene.remarks() if state is RemarkState.ANSWERED}
    assert (RemarkKind.REMARK, "ada") in told
    follow_up = await scene.work()
    assert follow_up.follow_up_of is not None
    assert scene.pull.head_sha == forge.git.tip(scene.pull.branch)
    forge.merge(1)
    assert await scene.hook("pull", forge.pull(1)) == 1
    await scene.looker.look()
    assert (scene.pull.status, scene.pull.look_at) == (PullStatus.MERGED, None)
    assert scene.house.told().count("pull_request.merged") == 1


async def test_orders_and_checks_are_heard_from_those_who_may(scene: Scene) -> None:
    forge = scene.forge
    for login in ("eve", "robot", "ada"):
        note = forge.say(1, login, f"/ploeg fix it as {login} says")
    assert await scene.hook("comment", note) == 1
    assert await scene.hook("comment", note) == 1, "doubled"
    forge.check(scene.pull.head_sha, "tests", "failure", "2 failed")
    await scene.looker.look()
    assert sorted(scene.remarks()) == [
        (RemarkKind.CHECKS, "", RemarkState.ANSWERED),
        (RemarkKind.COMMAND, "ada", RemarkState.ANSWERED),
        (RemarkKind.COMMAND, "eve", RemarkState.NOTED),
    ]
    assert scene.pull.checks is ChecksState.RED
    job = scene.house.job(scene.hand.take())
    assert job.instruction is not None
    assert job.instruction.endswith("ada asks for this:\n\nit as ada says")
    await scene.outbox.look()
    assert forge.notes[-1].text.startswith(f"fix: {job.code} is queued.")


async def test_an_agent_s_review_stands_at_the_forge(scene: Scene) -> None:
    forge, house = scene.forge, scene.house
    forge.push("theirs", {"more.py": "print()\n"})
    forge.open_pull(head="theirs", base=forge.default_branch, title="More", text="", author="ada")
    house.write(pulls.add, house.admin, "demo#2")
    await scene.looker.look()
    for reference in ("demo#1", "demo#2"):
        house.write(pull_reviews.ask, house.admin, house.installation, reference, Wish())
        agent = Agent(house, scene.hand)
        finding = {"severity": "minor", "problem": "A comma."}
        agent.call("post_pr_review", verdict="changes_requested", summary="Not so.", findings=[finding])
        agent.end(summary="Not so.")
    await scene.outbox.look()
    owed = house.read(lambda tx: tx.forge_actions.of_product(scene.pull.product_id, 20))
    assert {each.state for each in owed if each.deed is Deed.REVIEW} == {"done"}
    said = [note.text for note in forge.notes] + [opinion.text for opinion in forge.opinions]
    assert sum("Not so." in text for text in said) == 2
    if forge.kind != "gitlab":
        assert sorted(opinion.verdict for opinion in forge.opinions) == ["CHANGES_REQUESTED", "COMMENTED"]
    scene.house.clock.turn(minutes=6)
    await scene.looker.look()
    assert {author for _, author, _ in scene.remarks()} == {"ploeg"}, "its own review is not heard once more"


async def test_hooks_that_are_forged_lost_or_strange_do_no_harm(scene: Scene) -> None:
    forge = scene.forge
    for secret in ("", "guessed", scene.key.secret_of(f"{forge.url}/crew/other")):
        with pytest.raises(Unauthenticated):
            await scene.hook("pull", forge.pull(1), secret)
    with pytest.raises(NotFound):
        await scene.ear.hear("elsewhere.example.org/crew/greeter", {}, b"{}")
    with pytest.raises(Invalid):
        await scene.ear.hear(scene.place, _signed(scene, b"[]"), b"[]")
    forge.merge(1)
    scene.house.clock.turn(minutes=4)
    await scene.looker.look()
    assert scene.pull.status is PullStatus.OPEN
    scene.house.clock.turn(minutes=2)
    await scene.looker.look()
    assert scene.pull.status is PullStatus.MERGED


async def test_a_look_that_fails_is_taken_again_and_changes_nothing(scene: Scene) -> None:
    scene.forge.hand_in(1, "ada", "CHANGES_REQUESTED", "Rename it.")
    scene.house.clock.turn(minutes=6)
    scene.forge.troubles.append(Trouble(503, path="/reviews"))
    await scene.looker.look()
    assert (scene.pull.trouble, scene.pull.tries, scene.remarks()) == (Word.UNREACHABLE, 1, [])
    scene.house.clock.turn(minutes=1)
    await scene.looker.look()
    assert (scene.pull.trouble, len(scene.remarks())) == (None, 1)
    assert scene.hand.take().follows == "J-1"


async def test_what_was_opened_before_pull_requests_were_followed_is_caught_up_with(scene: Scene) -> None:
    scene.house.write(lambda tx: tx.connection.execute(delete(tables.pulls)))
    for _ in range(2):
        scene.house.write(following.catch_up)
    await scene.looker.look()
    assert scene.pull.status is PullStatus.OPEN


async def test_a_repository_s_hook_has_an_address_and_a_secret_of_its_own(house: House) -> None:
    one, other = "https://git.example.org:8443/crew/it.git", "git@git.example.org:Crew/It"
    assert address("https://ploeg.example.org/", one) == (
        "https://ploeg.example.org/api/v1/hooks/git.example.org:8443/crew/it"
    )
    assert not same_repository(one, other)
    assert same_repository(other, "https://git.example.org/crew/it")
    key, again = HookKey.load(house.folder / "key"), HookKey.load(house.folder / "key")
    assert (house.folder / "key").stat().st_mode & 0o777 == 0o600
    assert key.secret_of(one) == again.secret_of(one.removesuffix(".git"))
    assert key.secret_of(one) != key.secret_of(other)
    with pytest.raises(Invalid):
        key.secret_of("/srv/git/it.git")


def _signed(scene: Scene, body: bytes) -> dict[str, Any]:
    secret = scene.key.secret_of(scene.forge.repo_url).encode()
    return {"X-Forgejo-Signature": hmac.new(secret, body, hashlib.sha256).hexdigest()}
