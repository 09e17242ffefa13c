"""What Ploeg asks, and what the tests' forge answers, is what the forges' publishers describe."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.forges.conftest import MakeForges
from tests.forges.fake import FakeForge
from tests.forges.far.things import Exchange
from tests.forges.published import forgejo as published_forgejo
from tests.forges.published import gitlab as published_gitlab
from tests.forges.published.tour import tour
from tests.forges.published.typescript import github_faults, gitlab_faults
from tests.scripted.fixtures import agent_programs

__all__ = ["agent_programs"]

pytestmark = pytest.mark.anyio


async def test_forgejo_is_spoken_as_its_own_description_says(forgejo: FakeForge, forges_of: MakeForges) -> None:
    async with forges_of(forgejo).on(forgejo.repo_url) as there:
        exchanges = await tour(forgejo, there)
    assert len({(each.method, each.template) for each in exchanges}) > 20
    assert [fault for each in exchanges for fault in published_forgejo.faults(each)] == []


@pytest.mark.campaign
async def test_github_is_spoken_as_its_description_says(
    github: FakeForge, forges_of: MakeForges, agent_programs: Path, tmp_path: Path
) -> None:
    async with forges_of(github).on(github.repo_url) as there:
        exchanges = await tour(github, there)
    wrong = Exchange("GET", "/v3/repos/{owner}/{repo}/labels/{name}", {}, None, 200, {"id": 1, "mood": 1})
    (fault,) = github_faults([*exchanges, wrong], agent_programs.parent, tmp_path)
    assert '"mood"' in fault


@pytest.mark.campaign
async def test_gitlab_answers_as_its_published_types_say(
    gitlab: FakeForge, forges_of: MakeForges, agent_programs: Path, tmp_path: Path
) -> None:
    async with forges_of(gitlab).on(gitlab.repo_url) as there:
        exchanges = await tour(gitlab, there)
    assert gitlab_faults(exchanges, agent_programs.parent, tmp_path) == []


async def test_gitlab_is_asked_what_it_takes(gitlab: FakeForge, forges_of: MakeForges) -> None:
    async with forges_of(gitlab).on(gitlab.repo_url) as there:
        exchanges = await tour(gitlab, there)
    assert [fault for each in exchanges for fault in published_gitlab.faults(each)] == []


def test_what_nobody_described_is_found() -> None:
    pull = "/repos/{owner}/{repo}/pulls/{number}"
    for exchange in (
        Exchange("GET", pull, {"mood": "1"}, None, 200, {}),
        Exchange("GET", pull, {}, None, 200, {"user": {"loginn": "ada"}}),
        Exchange("GET", pull, {}, None, 200, {"number": "seven"}),
        Exchange("GET", pull, {}, None, 207, {}),
        Exchange("GET", pull + "/mood", {}, None, 200, {}),
        Exchange("PATCH", pull, {}, {"mood": 1}, 201, {}),
    ):
        assert published_forgejo.faults(exchange)
    asked = Exchange("POST", "/projects/{id}/merge_requests", {}, {"title": "Greet"}, 201, {})
    assert published_gitlab.faults(asked) == [
        "POST /projects/{}/merge_requests lacks source_branch",
        "POST /projects/{}/merge_requests lacks target_branch",
    ]
