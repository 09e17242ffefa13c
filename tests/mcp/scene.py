"""A product with something for every tool to work on, and one principal of each kind around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from ploeg.control.ideas import ideas
from ploeg.control.intake import state
from ploeg.control.people import people, tokens
from ploeg.control.products import products
from ploeg.control.publishing import publication
from ploeg.control.queue import schedules
from ploeg.control.queue.submit import Wish
from ploeg.control.sprints import sprints
from ploeg.control.work import calls
from ploeg.domain.access import TokenKind, User
from ploeg.domain.ids import UserId
from ploeg.domain.job import Job
from ploeg.store.ids import new_id
from ploeg.wire.assignment import Assignment
from ploeg.wire.work import ToolCall, ToolReply
from tests.control.house import Hand, House
from tests.control.intake.scene import shown

DOC = "---\ntitle: Use SQLite\nstatus: ACTIVE\n---\n\nOne file.\n"


class Scene:
    """Product `demo`: PBI-1, ST-001, task T-1 at work (J-1, which asked Q-1 and Q-2), T-2 queued (J-2), T-3 free, with
    the schedule SCH-1; the sprint `works` with ST-002 and its task T-4; T-5, whose job J-3 failed; T-6, whose job J-4
    is in the open pull request 7; and the administrator's idea IDEA-001, shared."""

    def __init__(self, house: House) -> None:
        self.house = house
        house.product("demo", auto_pr=True, config={"runtime": "claude"})
        self.story = house.story("demo")
        tasks = [house.task(self.story) for _ in range(3)]
        house.run(tasks[0])
        self.hand: Hand = house.hand(runtimes=["claude"])
        self.work: Assignment = self.hand.take()
        house.run(tasks[1])
        planned = house.story("demo")
        house.task(planned)
        house.write(sprints.add, house.admin, "demo", "Ship it", "works", {})
        house.write(sprints.plan, house.admin, "works", [planned])
        house.run(house.task(house.story("demo")))
        self.hand.finish(self.hand.take(), "reported_failed", reason="it cannot be done")
        self._publish(house.run(house.task(house.story("demo"))))
        house.write(schedules.add, house.admin, tasks[2], "daily 03:00", "UTC", Wish())
        idea = house.write(ideas.add, house.admin, "Sell by post", product="demo")
        house.write(ideas.share, house.admin, idea.id)
        for number in (1, 2):
            asked = {"story_id": "ST-001", "question": f"Which colour, {number}?", "options": ["red", "blue"]}
            assert self.call("ask_user_question", f"ask-{number}", **asked).error is None

    def call(self, tool: str, call_id: str = "c-1", **arguments: object) -> ToolReply:
        """What the attempt's agent is told."""
        request = ToolCall(call_id=call_id, tool=tool, arguments=arguments)
        return self.house.write(calls.call, self.hand.actor, self.house.installation, self.work.attempt_id, request)

    def _publish(self, job: Job) -> None:
        """The job's work is in a pull request that the forge shows."""
        self.hand.done(self.hand.take())
        owed = self.house.write(publication.take)
        assert owed is not None
        self.house.write(publication.delivered, owed, "https://git.example.org/crew/demo/pulls/7")
        taken = self.house.write(state.take)
        assert taken is not None
        self.house.write(state.noted, self.house.installation, taken, state.Sight(seen=shown(job)))

    def member(self, role: str, username: str) -> str:
        """The token of somebody with that role in the product."""
        self._user(username)
        self.house.write(products.set_member, self.house.admin, "demo", username, role)
        return self._token(username, ["read", "write"])

    def reader(self) -> str:
        self.member("owner", "reader")
        return self._token("reader", ["read"])

    def demo(self) -> str:
        """The demo account, even as an owner."""
        self._user("demo", is_demo=True)
        self.house.write(products.set_member, self.house.admin, "demo", "demo", "owner")
        return self._token("demo", ["read", "write"])

    def foreigner(self) -> str:
        self._user("foreigner")
        self.house.product("elsewhere")
        self.house.write(products.set_member, self.house.admin, "elsewhere", "foreigner", "owner")
        return self._token("foreigner", ["read", "write"])

    def expired(self) -> str:
        made = self.house.write(people.make_token, self.house.admin, "short", expires_in_days=1)
        self.house.clock.now += timedelta(days=1)
        return made.secret

    def revoked(self) -> str:
        made = self.house.write(people.make_token, self.house.admin, "gone")
        self.house.write(people.revoke_token, self.house.admin, made.token.id)
        return made.secret

    def _user(self, username: str, *, is_demo: bool = False) -> None:
        user = User(id=UserId(new_id("usr")), username=username, created_at=self.house.clock())
        self.house.write(lambda tx: tx.people.add_user(replace(user, is_demo=is_demo)))

    def _token(self, username: str, scopes: list[str]) -> str:
        return self.house.write(people.make_token, self.house.admin, username, scopes=scopes, username=username).secret


#: Everybody who may knock, and the token they knock with; None is no token.
PRINCIPALS: dict[str, Callable[[Scene], str | None]] = {
    "nobody": lambda scene: None,
    "unknown token": lambda scene: tokens.mint(TokenKind.PERSONAL),
    "expired token": Scene.expired,
    "revoked token": Scene.revoked,
    "worker": lambda scene: scene.hand.secret,
    "attempt": lambda scene: "x" * 43,
    "admin": lambda scene: scene.house.secret,
    "owner": lambda scene: scene.member("owner", "owner"),
    "member": lambda scene: scene.member("member", "member"),
    "viewer": lambda scene: scene.member("viewer", "viewer"),
    "reader": Scene.reader,
    "demo": Scene.demo,
    "foreigner": Scene.foreigner,
}
