"""Tools with which people's own agents keep ideas, send them on their way, and talk about them."""

from __future__ import annotations

from typing import Any

from ploeg.control.ideas import idea_chat, idea_jobs, ideas
from ploeg.control.ideas import materialise as materialising
from ploeg.control.ideas.idea_chat import MessageLine
from ploeg.control.questions import questions
from ploeg.control.queue.submit import Wish
from ploeg.control.toolbelt.caller import Caller
from ploeg.control.toolbelt.handler import Handlers
from ploeg.control.toolbelt.question import shown as question_shown
from ploeg.domain.idea import Idea
from ploeg.domain.idea_step import Step
from ploeg.domain.job import Job
from ploeg.store.transaction import Transaction
from ploeg.tools.idea import (
    ChatAboutIdea,
    CreateIdea,
    GetIdeaContext,
    IdeaContextShown,
    IdeaLogShown,
    IdeaMaterialised,
    IdeaShown,
    IdeasShown,
    IdeaStarted,
    ListIdeaMessages,
    ListIdeas,
    MaterialiseIdea,
    MessageSent,
    MessageShown,
    MessagesShown,
    StartIdeaJob,
    StepName,
    UpdateIdea,
)

_STEPS: dict[StepName, Step] = {"grill": Step.GRILL, "plan": Step.PLAN, "review": Step.REVIEW}


def create_idea(tx: Transaction, caller: Caller, arguments: CreateIdea) -> IdeaStarted:
    actor = caller.principal
    idea = ideas.add(tx, actor, arguments.title, description=arguments.description, product=arguments.product_id)
    if arguments.until is None:
        return IdeaStarted(idea=_shown(tx, idea))
    going = idea_jobs.set_off(tx, actor, caller.installation, idea.id, arguments.until, Wish())
    return _started(tx, going.idea, going.job)


def update_idea(tx: Transaction, caller: Caller, arguments: UpdateIdea) -> IdeaShown:
    named = {"product_id": "product", "further_product_ids": "products"}
    said = arguments.model_dump(exclude={"idea_id", "shared", "archived"}, exclude_none=True)
    fields: dict[str, Any] = {named.get(name, name): value for name, value in said.items()}
    idea = caller.idea(tx, arguments.idea_id)
    if arguments.archived is False:
        idea = ideas.archive(tx, caller.principal, idea.id, archived=False)
    if fields:
        idea = ideas.edit(tx, caller.principal, idea.id, fields)
    if arguments.shared is not None:
        idea = ideas.share(tx, caller.principal, idea.id, shared=arguments.shared)
    if arguments.archived:
        idea = ideas.archive(tx, caller.principal, idea.id)
    return _shown(tx, idea)


def list_ideas(tx: Transaction, caller: Caller, arguments: ListIdeas) -> IdeasShown:
    found = ideas.listed(
        tx,
        caller.principal,
        product=arguments.product_id,
        statuses=arguments.status,
        archived=arguments.archived,
    )
    return IdeasShown(result=[_line(view) for view in found])


def get_idea_context(tx: Transaction, caller: Caller, arguments: GetIdeaContext) -> IdeaContextShown:
    found = ideas.context_of(tx, caller.principal, caller.idea(tx, arguments.idea_id))
    idea = found.view.idea
    return IdeaContextShown(
        idea=_line(found.view),
        further_products=found.products,
        grill_md=idea.grill_md,
        plan_md=idea.plan_md,
        review_log=idea.review_log,
        open_questions=[question_shown(questions.line(tx, question)) for question in found.questions],
        logs=[
            IdeaLogShown(id=log.id, type=log.type, content=log.content, actor=log.actor, created_at=log.created_at)
            for log in found.logs
        ],
    )


def start_idea_job(tx: Transaction, caller: Caller, arguments: StartIdeaJob) -> IdeaStarted:
    config = arguments.model_dump(include={"runtime", "model"}, exclude_none=True)
    wish = Wish(instruction=arguments.instruction, config=config, key=arguments.key)
    actor, installation, until = caller.principal, caller.installation, arguments.until
    idea = caller.idea(tx, arguments.idea_id)
    if arguments.step is None:
        assert until is not None, "the arguments were checked"
        going = idea_jobs.set_off(tx, actor, installation, idea.id, until, wish)
        return _started(tx, going.idea, going.job)
    made = idea_jobs.take_step(tx, actor, installation, idea.id, _STEPS[arguments.step], wish, until)
    return _started(tx, caller.idea(tx, idea.id), made.job)


def chat_about_idea(tx: Transaction, caller: Caller, arguments: ChatAboutIdea) -> MessageSent:
    said = idea_chat.say(
        tx, caller.principal, caller.installation, arguments.idea_id, arguments.message, arguments.channel
    )
    return MessageSent(number=said.message.number, job=said.job.code if said.job is not None else None)


def list_idea_messages(tx: Transaction, caller: Caller, arguments: ListIdeaMessages) -> MessagesShown:
    lines = idea_chat.messages(tx, caller.principal, arguments.idea_id, arguments.channel, arguments.limit)
    return MessagesShown(result=[_message(line) for line in lines])


def materialise_idea(tx: Transaction, caller: Caller, arguments: MaterialiseIdea) -> IdeaMaterialised:
    became = materialising.materialise(tx, caller.principal, arguments.idea_id, alongside=arguments.alongside)
    return IdeaMaterialised(
        idea=_shown(tx, became.idea),
        pbi=became.pbi.code,
        stories=[story.code for story in became.stories],
        tasks=became.tasks,
        replaced=became.replaced,
    )


def _started(tx: Transaction, idea: Idea, job: Job | None) -> IdeaStarted:
    return IdeaStarted(idea=_shown(tx, idea), job=job.code if job is not None else None)


def _shown(tx: Transaction, idea: Idea) -> IdeaShown:
    return _line(ideas.view(tx, idea))


def _line(view: ideas.IdeaView) -> IdeaShown:
    idea = view.idea
    same = "id code title description status shared archived created_at"
    return IdeaShown(
        **{name: getattr(idea, name) for name in same.split()},
        owner=view.owner,
        product=view.product,
        pbi=view.pbi,
        jobs=view.jobs,
        until=idea.course.until if idea.course is not None else None,
    )


def _message(line: MessageLine) -> MessageShown:
    return MessageShown(
        number=line.message.number,
        author=line.author,
        text=line.message.text,
        created_at=line.message.created_at,
        job=line.job.code if line.job is not None else None,
    )


HANDLERS: Handlers = {
    CreateIdea: create_idea,
    UpdateIdea: update_idea,
    ListIdeas: list_ideas,
    GetIdeaContext: get_idea_context,
    StartIdeaJob: start_idea_job,
    ChatAboutIdea: chat_about_idea,
    ListIdeaMessages: list_idea_messages,
    MaterialiseIdea: materialise_idea,
}
