"""Questions by command: an agent asks over the worker protocol, a person answers on the terminal."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import pytest

from ploeg.wire.work import ClaimRequest, ToolCall, WorkerInfo
from ploeg.worker.client import WorkClient
from tests.cli.conftest import Ploeg

pytestmark = pytest.mark.anyio


@pytest.fixture
async def asked(crew: Ploeg, repository: Path) -> str:
    """The code of a question that a job of this test's own asked; no other worker may take that job."""
    name = f"asks-{uuid.uuid4().hex[:8]}"
    crew("product", "add", name, "--code", name, "--repo", str(repository))
    pbi = crew("backlog", "pbi", "add", "An item", "-p", name, "--json").json
    story = crew("backlog", "story", "add", pbi["id"], "A story", "--json").json
    plan = ("--plan-file", "-")
    task = crew("backlog", "task", "add", story["id"], "A task", *plan, "--json", stdin="Edit `a.txt`.").json
    assert crew("job", "run", task["id"], "--label", name).code == 0
    signed_in = json.loads((crew.home / "credentials.json").read_text())
    info = WorkerInfo(instance=name, hostname=name, pid=1, version="1", runtimes=["patch"], labels=[name])
    async with WorkClient(signed_in["server_url"], signed_in["worker_token"]) as worker:
        claimed = await worker.claim(ClaimRequest(worker=info, claim_key=name, wait_seconds=10))
        assert claimed is not None
        arguments = {"story_id": story["id"], "question": "Which?\nSay.", "options": ["red", "blue"], "recommended": 2}
        call = ToolCall(call_id="1", tool="ask_user_question", arguments=arguments)
        reply = await worker.call(claimed.attempt_id, call)
    assert reply.result is not None, reply.error
    return str(reply.result["code"])


async def test_a_question_is_listed_shown_and_answered_by_its_options_number(crew: Ploeg, asked: str) -> None:
    assert asked in [question["code"] for question in crew("question", "list", "--json").json]
    listed = crew("question", "list")
    assert listed.out.splitlines()[0].split()[:4] == ["CODE", "STATUS", "JOB", "ABOUT"]
    assert "Say." not in listed.out
    shown = crew("question", "show", asked).out
    assert "2. blue (recommended)" in shown
    assert crew("question", "answer", asked, "1").out == f"{asked} answered: red\n"
    assert asked not in crew("question", "list").out
    assert crew("question", "list", "--status", "answered", "--json").json[0]["answer"] == "red"
    again = crew("question", "answer", asked, "2")
    assert (again.code, again.err) == (1, f"ploeg: {asked} is answered already\n")


async def test_a_question_is_withdrawn(crew: Ploeg, asked: str) -> None:
    assert crew("question", "cancel", asked).out == f"{asked} cancelled\n"
    assert crew("question", "show", asked, "--json").json["status"] == "cancelled"
    assert crew("question", "show", "Q-99999").code == 2
