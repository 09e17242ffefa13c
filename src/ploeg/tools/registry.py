"""Every tool once. Which of them a kind of job may call stands in `domain/kinds.py`; which of them people's own agents
may call, each tool says itself."""

from __future__ import annotations

from ploeg.domain.errors import NotFound
from ploeg.domain.kinds import Kind
from ploeg.tools import (
    backlog,
    dispatch,
    docs,
    execution,
    export,
    grooming,
    idea,
    idea_work,
    imports,
    job,
    notice,
    overlap,
    product,
    publishing,
    pull_request,
    pull_review,
    pulls,
    question,
    queue,
    sprint,
    story_log,
    task,
    todo,
    worker,
)
from ploeg.tools.declaration import Tool

TOOLS: dict[str, Tool] = {
    tool.name: tool
    for tool in (
        job.UPDATE_JOB_STATUS,
        task.UPDATE_TASK_STATUS,
        task.UPDATE_TASK_PLAN,
        task.VERIFY_TASK_AGAINST_PLAN,
        execution.UPDATE_TASK_EXECUTION,
        execution.VERIFY_SPRINT_TASK,
        story_log.LOG_IMPLEMENTATION,
        story_log.LOG_TEST_RESULT,
        story_log.LOG_COMMIT,
        docs.GET_AGENT_GUIDE,
        docs.LIST_PRODUCT_DOCS,
        docs.GET_PRODUCT_DOC,
        docs.SEARCH_PRODUCT_DOCS,
        docs.RELATED_PRODUCT_DOCS,
        docs.CREATE_PRODUCT_DOC,
        docs.LINK_PBI_DOC,
        product.HEALTH,
        product.LIST_PRODUCTS,
        product.GET_CLAUDE_CONTEXT,
        backlog.CREATE_PBI,
        backlog.CREATE_STORY,
        backlog.CREATE_TASK,
        grooming.EDIT_PBI,
        grooming.EDIT_STORY,
        grooming.EDIT_TASK,
        grooming.ARCHIVE_ITEM,
        grooming.SET_DEPENDENCY,
        grooming.SEARCH_BACKLOG,
        grooming.GET_STORY_ACTIVITY,
        sprint.CREATE_SPRINT,
        sprint.UPDATE_SPRINT,
        sprint.LIST_SPRINTS,
        sprint.GET_SPRINT,
        sprint.PLAN_SPRINT,
        sprint.CHECK_SPRINT,
        sprint.START_SPRINT,
        sprint.PAUSE_SPRINT,
        sprint.RESUME_SPRINT,
        sprint.CANCEL_SPRINT_RUN,
        imports.IMPORT_ITEMS,
        export.EXPORT_ITEMS,
        todo.CREATE_TODO,
        todo.LIST_TODOS,
        todo.CLOSE_TODO,
        publishing.LIST_FORGE_ACTIONS,
        pull_request.SET_PBI_PR,
        pull_request.MARK_PBI_PR_MERGED,
        pull_review.POST_PR_REVIEW,
        pulls.LIST_PULL_REQUESTS,
        pulls.GET_PULL_REQUEST,
        pulls.FOLLOW_UP_PULL_REQUEST,
        pulls.REVIEW_PULL_REQUEST,
        dispatch.DISPATCH_JOB,
        dispatch.FOLLOW_UP_JOB,
        dispatch.RETRY_JOB,
        dispatch.PREVIEW_FAILURE,
        dispatch.GET_JOB_STATUS,
        dispatch.LIST_JOBS,
        dispatch.CANCEL_JOB,
        dispatch.CHECK_QUEUE_EMPTY,
        overlap.FORESEE_CONFLICTS,
        queue.SHOW_QUEUE,
        queue.SHOW_BUDGETS,
        queue.CHANGE_JOB,
        queue.SCHEDULE_TASK,
        queue.LIST_SCHEDULES,
        queue.REMOVE_SCHEDULE,
        idea.CREATE_IDEA,
        idea.UPDATE_IDEA,
        idea.LIST_IDEAS,
        idea.GET_IDEA_CONTEXT,
        idea.START_IDEA_JOB,
        idea.CHAT_ABOUT_IDEA,
        idea.LIST_IDEA_MESSAGES,
        idea.MATERIALISE_IDEA,
        idea_work.UPDATE_IDEA_GRILL_MD,
        idea_work.UPDATE_IDEA_PLAN_MD,
        idea_work.UPDATE_IDEA_PLAN_REVIEWED,
        idea_work.LOG_IDEA_DECISION,
        question.ASK_USER_QUESTION,
        question.GET_QUESTION_ANSWER,
        question.LIST_OPEN_QUESTIONS,
        question.ANSWER_QUESTION,
        question.CANCEL_QUESTION,
        notice.LIST_NOTICES,
        worker.GET_WORKER_SETTINGS,
        worker.WORKER_HEARTBEAT,
    )
}


def tool_named(name: str) -> Tool:
    """The tool of that name, or `NotFound`."""
    try:
        return TOOLS[name]
    except KeyError:
        raise NotFound("tool", name) from None


def tools_for(kind: Kind) -> tuple[Tool, ...]:
    """The tools that a kind may call, in the order in which the kind lists them."""
    return tuple(tool_named(name) for name in kind.tools)


def tools_for_people() -> tuple[Tool, ...]:
    """The tools that the server offers to people's own agents."""
    return tuple(tool for tool in TOOLS.values() if tool.people)
