"""The API's description of itself: complete, and readable without anything from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

import pytest

from ploeg.api.doors import OPEN
from tests.api.conftest import Api

pytestmark = pytest.mark.anyio


async def described(api: Api) -> dict[str, Any]:
    document: dict[str, Any] = (await api.client.get("/api/v1/openapi.json")).json()
    return document


async def test_every_operation_says_what_it_does_who_may_and_how_it_refuses(api: Api) -> None:
    document = await described(api)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            name = f"{method} {path}"
            assert operation.get("description") or operation.get("summary"), name
            assert operation["security"] or path in OPEN, name
            if path not in OPEN:
                assert {"401", "403", "404", "409", "422", "503"} <= set(operation["responses"]), name


async def test_every_reference_in_the_description_leads_somewhere(api: Api) -> None:
    document = await described(api)
    schemas = document["components"]["schemas"]
    references = set(re.findall(r"#/components/schemas/([\w.\[\]]+)", str(document)))
    assert references
    assert references <= set(schemas)
    assert "WorkAssignment" in schemas


async def test_operations_have_names_of_their_own(api: Api) -> None:
    document = await described(api)
    names = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("path", ["/", "/api/v1/docs"])
async def test_a_page_needs_no_script_and_nothing_from_elsewhere(api: Api, path: str) -> None:
    response = await api.client.get(path)
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    (style,) = re.findall(r"<style>(.*?)</style>", response.text, re.DOTALL)
    assert base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() in policy
    assert not re.search(r"<script|src=|https?://|url\(|@import|\son\w+=|\sstyle=", response.text)


async def test_the_page_of_operations_lists_them_all(api: Api) -> None:
    page = (await api.client.get("/api/v1/docs")).text
    for path in (await described(api))["paths"]:
        assert path in page


async def test_the_links_of_the_front_page_lead_somewhere(api: Api) -> None:
    for link in re.findall(r'href="([^"]+)"', (await api.client.get("/")).text):
        assert (await api.client.get(link)).status_code == 200
