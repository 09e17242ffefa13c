"""The tools for docs, as a job's agent and as people's own agents call them."""

from __future__ import annotations

from typing import Any

import pytest

from ploeg.control.toolbelt import carry_out
from ploeg.control.toolbelt.caller import PersonCaller
from ploeg.control.work import calls
from ploeg.domain.errors import NotFound
from ploeg.tools.declaration import Result
from ploeg.wire.work import ToolCall, ToolReply
from tests.control.house import House

TEXT = "# Why\n" + "one file " * 200 + "\n# How\nSee [[gone]].\n"
CONTENT = f"---\ntitle: Use SQLite\nstatus: active\n---\n{TEXT}"
DOC = {"product_id": "demo", "folder": "adr", "slug": "use-sqlite"}


@pytest.fixture(autouse=True)
def story(house: House) -> str:
    return house.story(house.product())


def person(house: House, tool: str, **arguments: Any) -> Any:
    def run(tx: Any) -> Result:
        return carry_out(tx, PersonCaller(house.admin, house.installation), tool, arguments)

    return house.write(run)


def test_a_person_s_agent_writes_and_links_and_reads_on_where_it_stopped(house: House) -> None:
    written = person(house, "create_product_doc", product_id="demo", folder="ADR", content_md=CONTENT)
    assert (written.revision, written.created, written.noop) == (1, True, False)
    assert person(house, "create_product_doc", product_id="demo", folder="ADR", content_md=CONTENT).noop
    linked = person(house, "link_pbi_doc", pbi_id="PBI-1", doc_id=written.doc_id, role="plan")
    assert (linked.pbi, linked.revision, linked.revision_id) == ("PBI-1", 1, written.revision_id)
    (listed,) = person(house, "list_product_docs", product_id="demo", status="ACTIVE").result
    assert (listed.uri, listed.byte_size) == ("ploeg-doc://demo/ADR/use-sqlite", len(CONTENT) + 25)

    parts, offset = [], 0
    while offset is not None:
        part = person(house, "get_product_doc", **DOC, max_chars=500, offset=offset)
        parts.append(part.text)
        assert part.truncated is (part.next_offset is not None)
        offset = part.next_offset
    assert "".join(parts).endswith(TEXT)
    assert [heading.anchor for heading in part.headings] == ["why", "how"]

    assert person(house, "get_product_doc", **DOC, heading="how").text == "# How\nSee [[gone]].\n"
    with pytest.raises(NotFound, match=r"heading in ADR/use-sqlite «title: Use SQLite» was not found"):
        person(house, "get_product_doc", **DOC, heading="title: Use SQLite")
    (hit,) = person(house, "search_product_docs", product_id="demo", query='"one file"').result
    assert (hit.slug, hit.heading) == ("use-sqlite", "Why")
    assert [str(link.state) for link in person(house, "related_product_docs", **DOC).broken] == ["broken"]
    guide = person(house, "get_agent_guide", product_id="demo")
    assert not guide.has_product_override
    assert guide.guide_md


def test_a_job_s_agent_reads_its_own_product_s_docs_and_writes_none(house: House, story: str) -> None:
    person(house, "create_product_doc", product_id="demo", folder="ADR", content_md=CONTENT)
    house.product("other")
    person(house, "create_product_doc", product_id="other", folder="ADR", content_md=CONTENT)
    house.run(house.task(story))
    hand = house.hand()
    got = hand.take()

    def agent(tool: str, **arguments: Any) -> ToolReply:
        request = ToolCall(call_id="c-1", tool=tool, arguments=arguments)
        return house.write(calls.call, hand.actor, house.installation, got.attempt_id, request)

    for tool, arguments in (
        ("list_product_docs", {}),
        ("get_product_doc", {"folder": "ADR", "slug": "use-sqlite"}),
        ("search_product_docs", {"query": "file"}),
        ("related_product_docs", {"folder": "ADR", "slug": "use-sqlite"}),
        ("get_agent_guide", {}),
    ):
        assert agent(tool, product_id=got.product.id, **arguments).error is None
        theirs, nobodys = (str(agent(tool, product_id=code, **arguments).error) for code in ("other", "nope"))
        assert theirs.replace("other", "?") == nobodys.replace("nope", "?")
        assert theirs.endswith("not found or not accessible")
    refused = agent("create_product_doc", product_id="demo", folder="ADR", content_md=CONTENT)
    assert "not among the tools" in str(refused.error)
