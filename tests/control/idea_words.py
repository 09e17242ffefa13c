"""Short words for what tests do with ideas."""

from __future__ import annotations

from ploeg.control.ideas import idea_jobs, idea_work, ideas
from ploeg.control.queue.submit import Wish
from ploeg.control.toolbelt.caller import AttemptCaller, PersonCaller
from ploeg.domain.access import Principal
from ploeg.domain.idea import Idea
from ploeg.domain.idea_step import Step
from ploeg.domain.ids import AttemptId
from ploeg.domain.job import Job
from ploeg.wire.assignment import Assignment
from tests.control.house import Hand, House

PLAN = """---
pbi:
  title: Dark mode
  priority: 1
stories:
  - title: A switch
    acceptance_criteria: It switches.
    priority: 3
    tasks:
      - title: Draw it
        implementation_plan: Change `app.py`.
      - title: Keep it
        implementation_plan: Change `store.py`.
        verify_required: ALIGNED
  - title: All pages
    tasks:
      - title: Find them
        implementation_plan: Find all pages, then change each of them.
        verify_required: ALIGNED
---
We take it that every page has the same head.
"""


def a_product(house: House) -> str:
    """Its jobs run with a runtime that has a model."""
    return house.product(config={"runtime": "claude"})


def a_hand(house: House) -> Hand:
    return house.hand(runtimes=["claude"])


def add(house: House, actor: Principal | None = None, product: str | None = "demo", title: str = "Dark mode") -> Idea:
    return house.write(ideas.add, actor or house.admin, title, product=product)


def now(house: House, idea: Idea) -> Idea:
    found = house.read(lambda tx: tx.ideas.get(idea.id))
    assert found is not None
    return found


def step(house: House, idea: Idea, step: Step, until: str | None = None, actor: Principal | None = None) -> Job:
    wish = Wish()
    return house.write(idea_jobs.take_step, actor or house.admin, house.installation, idea.id, step, wish, until).job


def caller(house: House, hand: Hand, assignment: Assignment) -> AttemptCaller:
    attempt = house.read(lambda tx: tx.attempts.get(AttemptId(assignment.attempt_id)))
    assert attempt is not None
    return AttemptCaller(hand.actor, house.installation, house.job(assignment), attempt, "call")


def person(house: House, actor: Principal | None = None) -> PersonCaller:
    return PersonCaller(actor or house.admin, house.installation)


def grill(house: House, hand: Hand, idea: Idea) -> None:
    hand_in(house, hand, hand.take(), idea)


def hand_in(house: House, hand: Hand, taken: Assignment, idea: Idea) -> None:
    """A grill job's report, and its end."""
    house.write(idea_work.write_grill, caller(house, hand, taken), idea.id, "# Scope\nAll pages.")
    hand.done(taken)


def plan(house: House, hand: Hand, idea: Idea, text: str = PLAN) -> None:
    taken = hand.take()
    house.write(idea_work.write_plan, caller(house, hand, taken), idea.id, text)
    hand.done(taken)


def review(house: House, hand: Hand, idea: Idea, verdict: str) -> None:
    taken = hand.take()
    house.write(idea_work.record_review, caller(house, hand, taken), idea.id, verdict, "As I see it.")
    hand.done(taken)


def log_of(house: House, idea: Idea) -> list[str]:
    return [line.content for line in house.read(ideas.logs, house.admin, idea.id)]


def planned_by_hand(house: House, actor: Principal | None = None, text: str = PLAN) -> Idea:
    idea = add(house, actor)
    return house.write(idea_work.write_plan, person(house, actor), idea.id, text).idea
