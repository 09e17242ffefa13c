"""Docs over HTTP."""

from __future__ import annotations

import pytest

from ploeg.control.people import people
from ploeg.control.products import products
from tests.api.conftest import Api

pytestmark = pytest.mark.anyio

DOC = "---\ntitle: Use SQLite\nstatus: active\n---\n# Why\nOne file. See [[other]].\n"
WHERE = "/products/demo/docs/ADR/use-sqlite"


async def test_a_doc_is_written_read_searched_linked_and_deleted(api: Api) -> None:
    api.house.story(api.house.product())
    added = await api.ok("POST", "/products/demo/docs", 201, json={"folder": "adr", "content_md": DOC})
    assert (added["created"], added["noop"], added["revision"], added["uri"]) == (
        True,
        False,
        1,
        "ploeg-doc://demo/ADR/use-sqlite",
    )
    again = await api.ok("POST", "/products/demo/docs", json={"folder": "adr", "content_md": DOC})
    assert again["noop"]
    changed = DOC.replace("One file", "One single file")
    second = await api.ok("PUT", WHERE, json={"content_md": changed, "expected_revision": 1})
    assert second["revision"] == 2
    await api.refused(409, "PUT", WHERE, json={"content_md": DOC, "expected_revision": 1})
    shown = await api.ok("GET", WHERE)
    assert "One single file" in shown["content_md"]
    assert (await api.ok("GET", f"{WHERE}?revision=1"))["shown_revision"] == 1
    assert [r["number"] for r in (await api.ok("GET", f"{WHERE}/revisions"))["items"]] == [2, 1]
    (hit,) = (await api.ok("GET", "/products/demo/docs/search?query=%22single file%22"))["items"]
    assert (hit["slug"], hit["heading"]) == ("use-sqlite", "Why")
    assert [link["href"] for link in (await api.ok("GET", f"{WHERE}/links"))["broken"]] == ["other"]
    link = {"doc_id": added["id"], "role": "PLAN", "revision_id": added["revision_id"]}
    assert (await api.ok("POST", "/pbis/PBI-1/docs", 201, json=link))["frozen_revision"] == 1
    assert len((await api.ok("GET", "/pbis/PBI-1/docs"))["items"]) == 1
    await api.refused(409, "DELETE", WHERE)
    await api.ok("PUT", "/products/demo/docs/SPECS/free", json={"content_md": DOC})
    assert (await api("DELETE", "/products/demo/docs/SPECS/free")).status_code == 204
    assert len((await api.ok("GET", "/products/demo/docs"))["items"]) == 1
    assert (await api.ok("PUT", "/products/demo/docs/index"))["docs"] == 1


async def test_no_query_is_more_than_a_refusal(api: Api) -> None:
    api.house.product()
    await api.ok("POST", "/products/demo/docs", 201, json={"folder": "ADR", "content_md": DOC})
    for query in (
        '"',
        '" OR',
        "-one",
        "a:b*",
        "NEAR(a b)",
        "(((",
        "%00%01",
        "'; --",
        "💥💥",
        "_ _",
        "one AND NOT one",
        "^one",
    ):
        response = await api("GET", "/products/demo/docs/search", params={"query": query})
        assert response.status_code in {200, 422}, (query, response.text)


async def test_a_bad_front_matter_names_its_line_and_field(api: Api) -> None:
    api.house.product()
    wish = {"folder": "ADR", "content_md": DOC.replace("active", "great")}
    error = await api.refused(422, "POST", "/products/demo/docs", json=wish)
    assert error["field"] == "content_md"
    assert "line 3, status" in error["message"]


async def test_the_agent_guide_says_whether_the_product_has_its_own(api: Api) -> None:
    api.house.product()
    assert not (await api.ok("GET", "/products/demo/agent-guide"))["has_product_override"]
    await api.ok("PUT", "/products/demo/docs/MANUAL/agent-guide", json={"content_md": DOC})
    guide = await api.ok("GET", "/products/demo/agent-guide")
    assert guide["has_product_override"]
    assert guide["doc"]["slug"] == "agent-guide"
    assert "One file." in guide["guide_md"]


async def test_a_viewer_reads_docs_and_changes_none(api: Api) -> None:
    api.house.product()
    await api.ok("POST", "/products/demo/docs", 201, json={"folder": "ADR", "content_md": DOC})
    ada = api.house.person("ada")
    api.house.write(products.set_member, api.house.admin, "demo", "ada", "viewer")
    secret = api.house.write(people.make_token, ada, "hers").secret
    for path in ("/products/demo/docs", WHERE, f"{WHERE}/links", "/products/demo/agent-guide"):
        await api.ok("GET", path, token=secret)
    for method, path, body in (
        ("POST", "/products/demo/docs", {"folder": "ADR", "content_md": DOC}),
        ("PUT", WHERE, {"content_md": DOC}),
        ("DELETE", WHERE, None),
        ("PUT", "/products/demo/docs/index", None),
    ):
        await api.refused(403, method, path, token=secret, json=body)
