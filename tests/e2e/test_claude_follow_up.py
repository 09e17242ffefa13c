"""The real Claude Code program goes on with an ended job's branch and conversation, as a person told it to."""

from __future__ import annotations

from tests.e2e.repository import Remote
from tests.e2e.test_claude_main_job import CODE, DONE, PLAN, Install, Model, commit, ploeg
from tests.e2e.test_claude_questions import command
from tests.scripted.script import say

POLITE = CODE.replace('"Goodbye "', '"Goodbye, dear "')
ASK = "Say «dear» in `farewell.py`."
DONE_AGAIN = ploeg("update_job_status", job_id="J-2", status="done", summary="The farewell is polite now, as asked.")


def test_a_done_job_goes_on_in_its_session_and_on_its_branch(
    install_claude: Install, scripted_model: Model, remote: Remote
) -> None:
    model = scripted_model(
        commit("farewell.py", CODE),
        DONE,
        say("The first job is over."),
        commit("farewell.py", POLITE),
        DONE_AGAIN,
        say("All done."),
    )
    ploeg_home = install_claude(model)
    ploeg_home.add_product(remote.path, config={"verify_commands": ["grep -q Goodbye farewell.py"]})
    ploeg_home.run_task(ploeg_home.add_task(PLAN))
    ploeg_home.start_worker()
    first = ploeg_home.wait_for_job("J-1")
    assert first["status"] == "done", first
    before = len(model.requests)

    assert command(ploeg_home, "job", "follow-up", "J-1", ASK).startswith("J-2 queued")

    second = ploeg_home.wait_for_job("J-2")
    assert second["status"] == "done", second
    assert (second["follow_up_of"], second["branch"]) == ("J-1", first["branch"])
    (attempt,) = second["attempts"]
    assert attempt["session_id"] == first["attempts"][0]["session_id"]
    assert attempt["base_sha"] == first["attempts"][0]["head_sha"]
    asked = str(model.requests[before].body)
    assert "The first job is over." in asked, "the conversation goes on"
    assert ASK in asked
    assert remote.content(remote.pushed_branch(), "farewell.py") == POLITE
    assert ploeg_home.ask("GET", "/tasks/T-1")["status"] == "DONE"
