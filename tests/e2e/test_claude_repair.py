"""The real Claude Code program gives up on a refused `done`, and is resumed once in the same session to mend it."""

from __future__ import annotations

from collections.abc import Callable

from tests.e2e.installation import Installation
from tests.e2e.repository import Remote
from tests.e2e.test_claude_main_job import CODE, DONE, PLAN, VERIFY, commit
from tests.scripted.anthropic import ScriptedModel
from tests.scripted.script import say


def test_a_refused_agent_that_gave_up_mends_it_in_its_own_session(
    install_claude: Callable[..., Installation], scripted_model: Callable[..., ScriptedModel], remote: Remote
) -> None:
    model = scripted_model(
        commit("farewell.py", "wrong\n"), DONE, say("Good enough."), commit("farewell.py", CODE), DONE, say("Mended.")
    )
    ploeg_home = install_claude(model)
    ploeg_home.add_product(remote.path, config={"verify_commands": VERIFY, "repair_rounds": 1})
    ploeg_home.run_task(ploeg_home.add_task(PLAN))
    ploeg_home.start_worker()

    job = ploeg_home.wait_for_job("J-1")

    assert job["status"] == "done", job
    first, second = job["attempts"]
    assert (first["outcome"], second["outcome"]) == ("gate_refused", "done")
    assert first["session_id"] == second["session_id"] is not None
    assert job["counted_attempts"] == 0
    assert "`done` was refused" in str(model.requests[-1].body)
    assert "Good enough." in str(model.requests[-1].body), "the conversation goes on where it was"
    assert remote.content(remote.pushed_branch(), "farewell.py") == CODE
