"""Ideas: kept, taken further step by step or by themselves, made into backlog."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response

from ploeg.api.access import Caller, Plane
from ploeg.api.jobs import job_out
from ploeg.api.questions import question_out
from ploeg.control import read
from ploeg.control.ideas import idea_jobs, idea_work, ideas, materialise, plan_document
from ploeg.control.ideas.ideas import IdeaContext, IdeaView
from ploeg.control.plane import ControlPlane
from ploeg.control.questions import questions
from ploeg.control.queue.submit import Wish
from ploeg.control.toolbelt.caller import PersonCaller
from ploeg.domain.idea import Idea
from ploeg.domain.idea_step import Step
from ploeg.domain.job import Job
from ploeg.wire.base import Items
from ploeg.wire.ideas import (
    FlawOut,
    IdeaDetailOut,
    IdeaEdit,
    IdeaIn,
    IdeaJobIn,
    IdeaLogIn,
    IdeaLogOut,
    IdeaOut,
    IdeasOut,
    IdeaStartedOut,
    JobOfIdea,
    MaterialisationIn,
    MaterialisedOut,
    OutlineOut,
    PlanWrittenOut,
    ReviewIn,
    StepName,
    TextIn,
)

router = APIRouter(prefix="/ideas", tags=["ideas"])

Key = Annotated[str | None, Header(alias="Idempotency-Key")]
_STEPS: dict[StepName, Step] = {"grill": Step.GRILL, "plan": Step.PLAN, "review": Step.REVIEW}


@router.get("")
async def list_ideas(
    plane: Plane,
    caller: Caller,
    product: str | None = None,
    status: Annotated[list[str] | None, Query()] = None,
    archived: bool = False,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[str | None, Query(max_length=80)] = None,
) -> IdeasOut:
    """The caller's own ideas and those shared with the caller's products, the newest first."""
    found = await plane.read(
        ideas.listed,
        caller,
        product=product,
        statuses=status or (),
        archived=archived,
        limit=limit,
        before=before,
    )
    more = found[-1].idea.id if len(found) == limit else None
    return IdeasOut(items=[IdeaOut(**_line(view)) for view in found], next_before=more)


@router.post("", status_code=201)
async def add_idea(plane: Plane, caller: Caller, wish: IdeaIn) -> IdeaStartedOut:
    """A new idea, its writer's alone. With `until` it goes on by itself at once."""
    started = await plane.write(
        idea_jobs.begin,
        caller,
        plane.installation,
        wish.title,
        description=wish.description,
        product=wish.product,
        until=wish.until,
        wish=_wish(wish.job),
    )
    return await _started(plane, started.idea, started.job)


@router.get("/{idea}")
async def show_idea(plane: Plane, caller: Caller, idea: str) -> IdeaDetailOut:
    """One idea with its texts, its review, its open questions and the end of its log."""
    context = await plane.read(ideas.context, caller, idea)
    asked = [question_out(await plane.read(questions.line, question)) for question in context.questions]
    return IdeaDetailOut(**_detail(context), questions=asked)


@router.patch("/{idea}")
async def edit_idea(plane: Plane, caller: Caller, idea: str, wish: IdeaEdit) -> IdeaOut:
    """Changes the fields that are given."""
    return await _shown(plane, await plane.write(ideas.edit, caller, idea, wish.model_dump(exclude_unset=True)))


@router.put("/{idea}/sharing")
async def share_idea(plane: Plane, caller: Caller, idea: str) -> IdeaOut:
    """Shows it to everybody of its product; members may work on it."""
    return await _shown(plane, await plane.write(ideas.share, caller, idea))


@router.delete("/{idea}/sharing")
async def stop_sharing_idea(plane: Plane, caller: Caller, idea: str) -> IdeaOut:
    """Makes it its owner's alone again."""
    return await _shown(plane, await plane.write(ideas.share, caller, idea, shared=False))


@router.put("/{idea}/archival")
async def archive_idea(plane: Plane, caller: Caller, idea: str) -> IdeaOut:
    """Puts it away."""
    return await _shown(plane, await plane.write(ideas.archive, caller, idea))


@router.delete("/{idea}/archival")
async def restore_idea(plane: Plane, caller: Caller, idea: str) -> IdeaOut:
    """Takes it out of the archive."""
    return await _shown(plane, await plane.write(ideas.archive, caller, idea, archived=False))


@router.post("/{idea}/jobs", status_code=201)
async def start_idea_job(
    plane: Plane, caller: Caller, idea: str, wish: IdeaJobIn, response: Response, key: Key = None
) -> IdeaStartedOut:
    """Queues the job of a step; with `until` the idea goes on by itself from there, or from where it stands."""
    wished = _wish(wish, key)
    if wish.step is None:
        gone = await plane.write(idea_jobs.set_off, caller, plane.installation, idea, wish.until or "", wished)
        return await _started(plane, gone.idea, gone.job)
    made = await plane.write(
        idea_jobs.take_step, caller, plane.installation, idea, _STEPS[wish.step], wished, wish.until
    )
    response.status_code = 201 if made.new else 200
    found = await plane.read(ideas.context, caller, idea)
    return await _started(plane, found.view.idea, made.job)


@router.put("/{idea}/grill")
async def write_grill(plane: Plane, caller: Caller, idea: str, text: TextIn) -> IdeaOut:
    """Writes its grill report by hand."""
    person = PersonCaller(caller, plane.installation)
    return await _shown(plane, await plane.write(idea_work.write_grill, person, idea, text.markdown))


@router.put("/{idea}/plan")
async def write_plan(plane: Plane, caller: Caller, idea: str, text: TextIn) -> PlanWrittenOut:
    """Writes its plan by hand; `flaws` has everything that keeps the text from being one."""
    person = PersonCaller(caller, plane.installation)
    written = await plane.write(idea_work.write_plan, person, idea, text.markdown)
    counts = written.plan.counts if written.plan is not None else {"stories": 0, "tasks": 0}
    return PlanWrittenOut(
        idea=await _shown(plane, written.idea),
        ok=written.plan is not None,
        flaws=[FlawOut.model_validate(flaw) for flaw in written.flaws],
        **counts,
    )


@router.post("/{idea}/review")
async def review_plan(plane: Plane, caller: Caller, idea: str, review: ReviewIn) -> IdeaOut:
    """A person's own verdict on its plan."""
    person = PersonCaller(caller, plane.installation)
    findings = [finding.model_dump(exclude_none=True) for finding in review.findings]
    verdict = (review.verdict, review.summary, findings)
    return await _shown(plane, await plane.write(idea_work.record_review, person, idea, *verdict))


@router.post("/{idea}/materialisation", status_code=201)
async def materialise_idea(
    plane: Plane, caller: Caller, idea: str, wish: MaterialisationIn | None = None
) -> MaterialisedOut:
    """Makes a backlog item with stories and tasks of its plan."""
    alongside = wish.alongside if wish is not None else False
    made = await plane.write(materialise.materialise, caller, idea, alongside=alongside)
    return MaterialisedOut(
        idea=await _shown(plane, made.idea),
        pbi=made.pbi.code,
        stories=[story.code for story in made.stories],
        tasks=made.tasks,
        replaced=made.replaced,
    )


@router.get("/{idea}/log")
async def idea_log(plane: Plane, caller: Caller, idea: str) -> Items[IdeaLogOut]:
    """What was decided, noted and done, oldest first."""
    return Items(items=[IdeaLogOut.model_validate(line) for line in await plane.read(ideas.logs, caller, idea)])


@router.post("/{idea}/log", status_code=201)
async def log_idea(plane: Plane, caller: Caller, idea: str, entry: IdeaLogIn) -> IdeaLogOut:
    """Writes down a decision or a note."""
    person = PersonCaller(caller, plane.installation)
    return IdeaLogOut.model_validate(await plane.write(idea_work.log, person, idea, entry.type, entry.content))


def _wish(job: JobOfIdea, key: str | None = None) -> Wish:
    return Wish(
        instruction=job.instruction,
        labels=tuple(job.labels),
        rank=job.rank,
        config=job.config.said() if job.config is not None else {},
        key=key if key is not None else job.key,
    )


async def _shown(plane: ControlPlane, idea: Idea) -> IdeaOut:
    """Shows an idea to whoever just changed it."""
    return IdeaOut(**_line(await plane.read(ideas.view, idea)))


async def _started(plane: ControlPlane, idea: Idea, job: Job | None) -> IdeaStartedOut:
    queued = job_out(await plane.read(read.line, job)) if job is not None else None
    return IdeaStartedOut(idea=await _shown(plane, idea), job=queued)


def _line(view: IdeaView) -> dict[str, Any]:
    same = "id code title status shared created_at reviewed_at archived_at"
    return {
        **{name: getattr(view.idea, name) for name in same.split()},
        "owner": view.owner,
        "product": view.product,
        "pbi": view.pbi,
        "until": view.idea.course.until if view.idea.course is not None else None,
        "jobs": view.jobs,
    }


def _detail(context: IdeaContext) -> dict[str, Any]:
    idea = context.view.idea
    plan, flaws = plan_document.read(idea.plan_md) if idea.plan_md is not None else (None, [])
    stories = plan.stories if plan is not None else ()
    return {
        **_line(context.view),
        **{name: getattr(idea, name) for name in ("description", "grill_md", "plan_md", "review_log")},
        "products": context.products,
        "outline": [OutlineOut(title=story.title, tasks=[task.title for task in story.tasks]) for story in stories],
        "flaws": [FlawOut.model_validate(flaw) for flaw in flaws],
        "log": [IdeaLogOut.model_validate(line) for line in context.logs],
    }
