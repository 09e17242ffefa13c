"""A story's branch with a pull request at a forge that exists in name only."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ploeg.control.intake import state
from ploeg.control.publishing import publication
from ploeg.domain.forge import Check, Checks, ChecksState, Comment, PullState, PullStatus, Review, Verdict
from ploeg.domain.job import Job
from ploeg.domain.pull import Pull
from ploeg.domain.remark import Remark
from tests.control.house import SHA, House, proof

UNCHECKED = Checks(ChecksState.NONE)
FIRST = datetime(2026, 11, 22, 11, tzinfo=UTC)


class Scene:
    """A done job whose commits are in pull request 7; what its forge shows is said by `seen`."""

    def __init__(self, house: House, **product: Any) -> None:
        self.house = house
        self.hand = house.hand(runtimes=["patch", "claude"])
        config = {"runtime": "claude", **product.pop("config", {})}
        house.product(**{"auto_pr": True, "config": config, **product})
        self.story = house.story()
        self.job = self.work()
        self.publish()

    def work(self, **said: Any) -> Job:
        """A task of the story, done and pushed."""
        self.house.run(self.house.task(self.story))
        assignment = self.hand.take()
        self.hand.done(assignment, **{**proof(), "session_id": "the-session", **said})
        return self.house.job(assignment)

    def publish(self, number: int = 7) -> None:
        """What the outbox does with what is owed."""
        tried = self.house.write(publication.take)
        assert tried is not None
        self.house.write(publication.delivered, tried, f"https://git.example.org/crew/demo/pulls/{number}")

    @property
    def pull(self) -> Pull:
        (found,) = self.house.read(lambda tx: tx.pulls.of_products([self.job.product_id], None, 10))
        return found

    @property
    def remarks(self) -> list[Remark]:
        return self.house.read(lambda tx: tx.pulls.remarks(self.pull.id))

    def jobs(self) -> list[Job]:
        """The newest first."""
        return self.house.read(lambda tx: tx.jobs.of_products([self.job.product_id]))

    def look(
        self,
        *,
        reviews: tuple[Review, ...] = (),
        comments: tuple[Comment, ...] = (),
        checks: Checks = UNCHECKED,
        writers: tuple[str, ...] = ("ada",),
        **stands: Any,
    ) -> Pull:
        """One look at the forge, which shows that."""
        self.house.clock.turn(minutes=10)
        taken = self.house.write(state.take)
        assert taken is not None, "nothing is due"
        sight = state.Sight(
            seen=shown(self.job, **stands),
            checks=checks,
            reviews=reviews,
            comments=comments,
            me="ploeg-bot",
            writers=frozenset(writers),
        )
        self.house.write(state.noted, self.house.installation, taken, sight)
        return self.pull


def shown(job: Job, **stands: Any) -> PullState:
    return PullState(
        **{
            "number": 7,
            "url": "https://git.example.org/crew/demo/pulls/7",
            "title": "ST-001: A story",
            "text": "",
            "status": PullStatus.OPEN,
            "draft": False,
            "head": job.branch or "",
            "head_sha": SHA,
            "base": "main",
            "mergeable": True,
            "author": "ploeg-bot",
            **stands,
        }
    )


def review(text: str = "Rename it.", verdict: Verdict = Verdict.CHANGES_REQUESTED, **said: Any) -> Review:
    return Review(
        **{
            "id": "1",
            "author": "ada",
            "verdict": verdict,
            "text": text,
            "sha": SHA,
            "submitted_at": FIRST,
            **said,
        }
    )


def comment(text: str, **said: Any) -> Comment:
    return Comment(**{"id": "1", "author": "ada", "text": text, "url": "", "created_at": FIRST, **said})


def red(name: str = "tests", text: str = "2 failed") -> Checks:
    return Checks(ChecksState.RED, (Check(name, "https://ci.example.org/1", text),))
