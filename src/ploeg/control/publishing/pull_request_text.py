"""A pull request's title and text: what was to be done and how, what was verified on which commit, what it cost.

Made of the backlog and of what Ploeg verified; what an agent reports does not get into it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ploeg.control.people.tokens import without_secrets
from ploeg.control.publishing import publication, receipts
from ploeg.control.publishing.receipts import in_line
from ploeg.domain.backlog import Story, Task, TaskStatus
from ploeg.domain.delivery import Delivery
from ploeg.domain.job import Job
from ploeg.domain.sprint_run import RunStatus, SprintRun
from ploeg.store.transaction import Transaction

#: Characters; the forges' own limits lie a little higher.
TITLE_MAX = 200
TEXT_MAX = 50_000
#: Of all plans together.
PLANS_MAX = 12_000

#: GitLab carries out what a line of a description orders, with the rights of Ploeg's token.
_ORDER = re.compile(r"(?m)^([ \t]*)/(?=\w)")
_FOLD = re.compile(r"<(?=/?\s*(?:details|summary))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """How a branch's pull request should read."""

    title: str
    text: str
    #: It begins as a draft, and is ready now.
    draft: bool = False
    ready: bool = False


def page(tx: Transaction, delivery: Delivery) -> Page | None:
    """As things stand now; None when the product no longer opens pull requests by itself."""
    product = tx.products.get(delivery.product_id)
    if product is None or not product.auto_pr or product.archived:
        return None
    jobs = publication.jobs_of(tx, delivery)
    run = tx.sprints.run(delivery.sprint_run_id) if delivery.sprint_run_id is not None else None
    if run is not None:
        return _of_run(tx, run, jobs)
    story = tx.backlog.story(delivery.story_id) if delivery.story_id is not None else None
    return _of_story(tx, story, jobs) if story is not None else None


def _of_story(tx: Transaction, story: Story, jobs: Sequence[Job]) -> Page:
    parts = [story.description, _titled("Acceptance criteria", story.acceptance_criteria)]
    tasks = tx.backlog.tasks(story.product_id, story.id)
    parts.append(_titled("Tasks", "\n".join(_tasks(tasks))))
    return Page(_title(f"{story.code}: {story.title}"), _text([*parts, *_proof(tx, jobs), *plans(tasks)]))


def _of_run(tx: Transaction, run: SprintRun, jobs: Sequence[Job]) -> Page:
    sprint = tx.sprints.get(run.sprint_id)
    assert sprint is not None, "a foreign key keeps the sprint of every run"
    parts = [f"Sprint {sprint.code}: {sprint.goal}"]
    for story in tx.sprints.stories(sprint.id):
        tasks = "\n".join(_tasks(tx.backlog.tasks(story.product_id, story.id)))
        parts.append(_titled(f"{story.code}: {in_line(story.title)}", tasks))
    done = run.status is RunStatus.DONE
    return Page(_title(f"Sprint: {sprint.goal}"), _text([*parts, *_proof(tx, jobs)]), draft=not done, ready=done)


def _tasks(tasks: Iterable[Task]) -> Iterator[str]:
    for task in tasks:
        if task.archived_at is None:
            mark = "x" if task.status is TaskStatus.DONE else " "
            left_out = " (left out)" if task.status is TaskStatus.EXCLUDED else ""
            yield f"- [{mark}] {task.code}: {in_line(task.title)}{left_out}"


def plans(tasks: Iterable[Task]) -> Iterator[str]:
    """Folded away, each cut where it is long."""
    left = PLANS_MAX
    for task in tasks:
        plan = (task.implementation_plan or "").strip()
        if not plan or task.archived_at is not None or left <= 0:
            continue
        plan = plan if len(plan) <= left else plan[:left] + "…"
        left -= len(plan)
        # Quoted, so that a code block that is not closed ends with the plan.
        quoted = "\n".join(f"> {line}" for line in _FOLD.sub("&lt;", plan).splitlines())
        yield f"<details>\n<summary>Plan of {task.code}</summary>\n\n{quoted}\n\n</details>"


def _proof(tx: Transaction, jobs: Sequence[Job]) -> Iterator[str]:
    """What was verified, and what it all cost."""
    verified: list[str] = []
    costs: list[float | None] = []
    for job in jobs:
        attempts = tx.attempts.of_job(job.id)
        costs += [attempt.usage.cost_usd for attempt in attempts]
        shown = [attempt.receipt for attempt in attempts if attempt.receipt is not None]
        if shown:
            verified += receipts.lines(job, shown[-1])
    yield _titled("Verified", "\n".join(verified))
    yield _cost(costs, len(jobs))


def _cost(costs: Sequence[float | None], jobs: int) -> str:
    known = [cost for cost in costs if cost is not None]
    if not known:
        return ""
    more = " or more" if len(known) < len(costs) else ""
    return f"Cost: ${sum(known):.2f}{more}, {jobs} {'job' if jobs == 1 else 'jobs'}."


def _titled(title: str, text: str | None) -> str:
    return f"### {title}\n\n{text.strip()}" if text and text.strip() else ""


def _text(parts: Iterable[str | None]) -> str:
    """The parts that say something, without orders.

    Marks of comments are taken out, since Ploeg's own part lies between two.
    """
    text = "\n\n".join(part.strip() for part in parts if part and part.strip())
    clean = without_secrets(text).replace("<!--", "&lt;!--").replace("-->", "--&gt;")
    clean = _ORDER.sub(r"\1\\/", clean)
    return clean if len(clean) <= TEXT_MAX else clean[: TEXT_MAX - 1] + "…"


def _title(title: str) -> str:
    line = without_secrets(in_line(title))
    return line if len(line) <= TITLE_MAX else line[: TITLE_MAX - 1] + "…"
