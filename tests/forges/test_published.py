"""What Ploeg asks, and what the tests' forge answers, is what the forges' publishers describe."""

from __future__ import annotations

import pytest

from tests.forges.conftest import MakeForges
from tests.forges.fake import FakeForge
from tests.forges.published import forgejo as published_forgejo
from tests.forges.published.tour import tour

pytestmark = pytest.mark.anyio


async def test_forgejo_is_spoken_as_its_own_description_says(forgejo: FakeForge, forges_of: MakeForges) -> None:
    async with forges_of(forgejo).on(forgejo.repo_url) as there:
        exchanges = await tour(forgejo, there)
    assert len({(each.method, each.template) for each in exchanges}) > 20
    assert [fault for each in exchanges for fault in published_forgejo.faults(each)] == []
