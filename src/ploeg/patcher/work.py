"""Carries out a plan and reports it, section by section."""

from __future__ import annotations

from ploeg.patcher import speech, workspace
from ploeg.patcher.endpoint import Tools
from ploeg.patcher.orders import Orders
from ploeg.patcher.plan import Block, DeleteFiles, Diff, Section, Shell, Unclear, WriteFile, read_plan
from ploeg.patcher.workspace import NotApplied

#: Characters of an error that a report takes.
ERROR_MAX = 1900

NO_TASK = "this runtime carries out the plan of one task, without a model; this job needs one, so name another runtime"


class Impossible(Exception):
    """The plan cannot be carried out; its text names the block."""


async def carry_out(orders: Orders, tools: Tools) -> str:
    """Does the work and closes the job; gives the last words. A refused `done` is not mended: there is no model."""
    if orders.task_id is None:
        await tools.call("update_job_status", job_id=orders.job_id, status="failed", error=NO_TASK)
        return f"failed: {NO_TASK}"
    await tools.call("update_task_status", task_id=orders.task_id, status="in_progress")
    try:
        summary = await _work(orders, tools)
    except Impossible as error:
        await tools.call("update_job_status", job_id=orders.job_id, status="failed", error=str(error)[:ERROR_MAX])
        return f"failed: {error}"
    await tools.call("verify_task_against_plan", task_id=orders.task_id)
    answer = await tools.call("update_job_status", job_id=orders.job_id, status="done", summary=summary)
    return f"done was refused: {answer.text}" if answer.refused else summary


async def _work(orders: Orders, tools: Tools) -> str:
    sections = _sections(orders.plan)
    await _log(orders, tools, "log_implementation", content=_intention(sections))
    commits = 0
    for section in sections:
        for block in section.blocks:
            await _carry_out_block(block, orders, tools)
        commits += await _commit(section, orders, tools)
    blocks = sum(len(section.blocks) for section in sections)
    return f"Carried out {blocks} mechanical parts of the plan, in {commits} commits."


def _sections(plan: str) -> list[Section]:
    try:
        sections = read_plan(plan)
    except Unclear as error:
        raise Impossible(str(error)) from None
    if not sections:
        raise Impossible(
            "the plan has no part that can be carried out without a model: no diff, no file block, no shell block"
        )
    return sections


def _intention(sections: list[Section]) -> str:
    lines = []
    for section in sections:
        lines.append(f"{section.title or 'The plan'}:")
        lines += [f"- {_named(block)}" for block in section.blocks]
    return "\n".join(lines)[:20_000]


def _named(block: Block) -> str:
    """The block in a few words, with its line in the plan."""
    match block:
        case Diff(line):
            return f"the diff at line {line}"
        case WriteFile(line, path):
            return f"the file {path} at line {line}"
        case DeleteFiles(line, paths):
            return f"the deletion of {', '.join(paths)} at line {line}"
        case Shell(line, is_test=True):
            return f"the test at line {line}"
        case Shell(line):
            return f"the shell block at line {line}"


async def _carry_out_block(block: Block, orders: Orders, tools: Tools) -> None:
    try:
        match block:
            case Diff():
                speech.said(workspace.apply_diff(block))
            case WriteFile():
                speech.said(workspace.write_file(block))
            case DeleteFiles():
                speech.said(workspace.delete_files(block))
            case Shell():
                await _run(block, orders, tools)
    except NotApplied as error:
        raise Impossible(f"{_named(block)} of the plan cannot be carried out: {error}") from None


async def _run(block: Shell, orders: Orders, tools: Tools) -> None:
    if block.is_test:
        workspace.stage_all()
    identifier = speech.tool_called(block.program, {"script": block.script, "limit": block.limit})
    ran = workspace.run_shell(block)
    speech.tool_returned(identifier, ran.tail, is_error=not ran.passed)
    if block.is_test:
        workspace.drop_unstaged_new_files()
        content = f"```\n{block.script}```\n\n{ran.tail}"
        await _log(orders, tools, "log_test_result", content=content, status="passed" if ran.passed else "failed")
    if not ran.passed:
        how = f"ran longer than {block.limit:g} s" if ran.code is None else f"ended with exit code {ran.code}"
        raise Impossible(f"{_named(block)} of the plan {how}:\n{ran.tail}")


async def _commit(section: Section, orders: Orders, tools: Tools) -> int:
    """Commits what the section changed; the number of commits made."""
    title = section.title or orders.task_title or "Carry out the plan"
    message = f"{orders.story_code} {title}" if orders.story_code else title
    try:
        commit = workspace.commit(message)
    except NotApplied as error:
        raise Impossible(str(error)) from None
    if commit is None:
        return 0
    await _log(orders, tools, "log_commit", content=message, commit_hash=commit, commit_message=message)
    return 1


async def _log(orders: Orders, tools: Tools, tool: str, **content: str) -> None:
    """Into the story's log; what it refuses does not stop the work."""
    if orders.story_id is not None:
        await tools.call(tool, story_id=orders.story_id, **content)
