"""Every tool is declared once, its text is constant, and its arguments are checked by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ploeg.domain.errors import Invalid, NotFound
from ploeg.domain.kinds import KINDS
from ploeg.tools.declaration import Side
from ploeg.tools.job import UpdateJobStatus
from ploeg.tools.registry import TOOLS, tool_named, tools_for, tools_for_people
from ploeg.tools.story_log import LogTestResult

SURFACE = Path(__file__).with_name("surface.json")


def surface() -> list[dict[str, Any]]:
    return [
        {
            "name": tool.name,
            "side": str(tool.side),
            "people": tool.people,
            "writes": tool.writes,
            "description": tool.description,
            "arguments": tool.arguments.model_json_schema(),
            "result": tool.result.model_json_schema(),
        }
        for tool in TOOLS.values()
    ]


def test_the_surface_is_the_one_that_was_reviewed() -> None:
    """When the change is meant, write `surface.json` anew: `python -m tests.tools.test_registry`."""
    assert surface() == json.loads(SURFACE.read_text("utf-8"))


def test_every_tool_that_a_kind_lists_is_declared() -> None:
    for kind in KINDS.values():
        assert [tool.name for tool in tools_for(kind)] == list(kind.tools)


def test_every_declared_tool_is_offered_to_somebody() -> None:
    of_kinds = {name for kind in KINDS.values() for name in kind.tools}
    assert set(TOOLS) == of_kinds | {tool.name for tool in tools_for_people()}


def test_people_are_offered_only_what_the_server_carries_out() -> None:
    assert {tool.side for tool in tools_for_people()} == {Side.SERVER}


def test_an_unknown_tool_is_not_found() -> None:
    with pytest.raises(NotFound, match="wait_for_job"):
        tool_named("wait_for_job")


def test_the_verify_tool_needs_no_path() -> None:
    assert list(tool_named("verify_task_against_plan").arguments.model_fields) == ["task_id"]


def test_a_missing_argument_is_named() -> None:
    with pytest.raises(Invalid) as refused:
        tool_named("update_job_status").check({"status": "done"})
    assert refused.value.field == "job_id"


def test_an_argument_that_the_tool_does_not_take_is_named() -> None:
    with pytest.raises(Invalid, match="takes task_id") as refused:
        tool_named("verify_task_against_plan").check({"task_id": "T-1", "worktree_path": "/tmp"})
    assert refused.value.field == "worktree_path"


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"job_id": "job_1", "status": "DONE"}, "status"),
        ({"job_id": "", "status": "done"}, "job_id"),
        ({"job_id": "job_1", "status": "done", "summary": "x" * 4001}, "summary"),
        ({"job_id": "job_1", "status": "done", "input_tokens": -1}, "input_tokens"),
        ({"job_id": 7, "status": "done"}, "job_id"),
    ],
)
def test_a_value_that_cannot_be_used_names_its_field(arguments: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        tool_named("update_job_status").check(arguments)
    assert refused.value.field == field


def test_skipped_without_a_reason_in_error_is_refused_and_says_where_it_belongs() -> None:
    with pytest.raises(Invalid, match="needs its reason here") as refused:
        tool_named("update_job_status").check({"job_id": "job_1", "status": "skipped", "summary": "nothing to do here"})
    assert refused.value.field == "error"


def test_skipped_with_a_reason_in_error_is_taken() -> None:
    checked = tool_named("update_job_status").check(
        {"job_id": "job_1", "status": "skipped", "error": "the option exists already"}
    )
    assert isinstance(checked, UpdateJobStatus)
    assert checked.error == "the option exists already"


def test_a_test_result_may_be_written_in_capitals() -> None:
    checked = tool_named("log_test_result").check({"story_id": "ST-001", "content": "pytest", "status": "PASSED"})
    assert isinstance(checked, LogTestResult)
    assert checked.status == "passed"


if __name__ == "__main__":
    SURFACE.write_text(json.dumps(surface(), indent=2, ensure_ascii=False) + "\n", "utf-8")
