"""Docs as people's own agents find them: by URI, and the guide in a product's context."""

from __future__ import annotations

from typing import Any

import pytest

from ploeg.control.docs import docs
from ploeg.control.docs.docs import Wish
from ploeg.control.toolbelt import carry_out
from ploeg.control.toolbelt.caller import PersonCaller
from ploeg.domain.errors import NotFound
from ploeg.mcp import resources
from tests.control.house import House

CONTENT = "---\ntitle: Agent guide\nstatus: active\n---\nSpeak Dutch.\n"
URI = "ploeg-doc://demo/MANUAL/agent-guide"


@pytest.fixture
def caller(house: House) -> PersonCaller:
    house.product()
    person = PersonCaller(house.admin, house.installation)
    house.write(docs.write, person, "demo", Wish(folder="MANUAL", content_md=CONTENT))
    return person


def test_docs_are_listed_and_read_by_uri(house: House, caller: PersonCaller) -> None:
    listed = house.read(lambda tx: list(resources.listing(tx, house.admin)))
    assert (URI, "Agent guide", "text/markdown") in [(each.uri, each.title, each.mime_type) for each in listed]
    read = house.read(resources.read, house.admin, URI)
    assert read.mime_type == "text/markdown"
    assert read.text.endswith("---\nSpeak Dutch.\n")


def test_a_doc_of_another_s_product_and_one_that_is_not_there_answer_alike(house: House, caller: PersonCaller) -> None:
    ada = house.person("ada")
    for uri in (URI, "ploeg-doc://nope/MANUAL/agent-guide"):
        with pytest.raises(NotFound, match=r"product «(demo|nope)» was not found"):
            house.read(resources.read, ada, uri)


def test_a_product_s_context_holds_its_guide_or_says_why_not(
    house: House, caller: PersonCaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def context() -> Any:
        return house.read(lambda tx: carry_out(tx, caller, "get_claude_context", {"product_id": "demo"}))

    assert context().agent_guide.endswith("Speak Dutch.\n")
    monkeypatch.setattr("ploeg.domain.guide.GUIDE_MAX", 10)
    assert context().agent_guide is None
    assert "AGENT_GUIDE_TOO_LARGE" in context().agent_guide_error
