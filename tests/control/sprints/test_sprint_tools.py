"""Sprints through the tools of people's own agents."""

from __future__ import annotations

from typing import Any

import pytest

from ploeg.control import toolbelt
from ploeg.control.toolbelt.caller import PersonCaller
from ploeg.domain.errors import Conflict, Invalid
from tests.control.house import House


def call(house: House, tool: str, **arguments: Any) -> dict[str, Any]:
    caller = PersonCaller(house.admin, house.installation)
    return house.write(toolbelt.carry_out, caller, tool, arguments).model_dump(mode="json")


def test_a_sprint_is_made_filled_and_run_by_tools_alone(house: House) -> None:
    house.product()
    pbi = call(house, "create_pbi", product_id="demo", title="Pay")["code"]
    made = call(house, "create_sprint", product_id="demo", sprint_goal="Customers can pay", end_date="2026-12-04")
    code = made["code"]
    assert (code, made["status"], made["end_date"]) == ("S-2026-11-22-1", "open", "2026-12-04")
    story = call(house, "create_story", pbi_id=pbi, title="By card", sprint_id=code)
    assert story["status"] == "in_sprint"
    call(house, "create_task", story_id=story["code"], title="The form", implementation_plan="Edit `form.txt`.")

    context = call(house, "get_claude_context", product_id="demo")
    assert (context["sprint"]["code"], context["sprint"]["stories"]) == (code, 1)
    assert call(house, "check_sprint", sprint_id=code)["tasks"] == ["T-1"]
    assert call(house, "start_sprint", sprint_id=code, pr_strategy="SPRINT")["jobs"] == {"queued": 1}
    paused = call(house, "pause_sprint", sprint_id=code, reason="lunch")
    assert (paused["status"], paused["reason"]) == ("paused", "lunch")
    page = call(house, "get_sprint", sprint_id=code)
    assert page["plan"][0]["tasks"][0]["job"] == "J-1"
    assert page["next"] == ["let it go on"]
    assert call(house, "resume_sprint", sprint_id=code)["status"] == "running"
    with pytest.raises(Conflict, match="J-1, a job of the sprint's run, is queued"):
        call(house, "plan_sprint", sprint_id=code, remove=[story["code"]])
    assert call(house, "cancel_sprint_run", sprint_id=code)["status"] == "cancelled"
    assert call(house, "plan_sprint", sprint_id=code, remove=[story["code"]])["plan"] == []
    assert call(house, "update_sprint", sprint_id=code, status="archived")["status"] == "archived"
    assert [
        sprint["code"] for sprint in call(house, "list_sprints", product_id="demo", status=["archived"])["result"]
    ] == [code]


def test_an_edit_of_nothing_is_refused(house: House) -> None:
    house.product()
    call(house, "create_sprint", product_id="demo", sprint_goal="Go", code="go")
    with pytest.raises(Invalid, match="at least one"):
        call(house, "update_sprint", sprint_id="go")
    with pytest.raises(Invalid, match="name stories"):
        call(house, "plan_sprint", sprint_id="go")
