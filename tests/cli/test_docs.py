"""Docs by command."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from tests.cli.conftest import Ploeg

DOC = "---\ntitle: Use SQLite\nstatus: active\n---\n# Why\nOne file. See [[gone]] and [[use-sqlite]].\n"


@pytest.fixture
def shop(crew: Ploeg, repository: Path) -> str:
    """A product of this test's own."""
    name = f"shop-{uuid.uuid4().hex[:8]}"
    return str(crew("product", "add", name, "--code", name, "--repo", str(repository), "--json").json["code"])


def test_a_doc_is_added_listed_shown_changed_searched_and_followed(crew: Ploeg, shop: str, tmp_path: Path) -> None:
    file = tmp_path / "doc.md"
    file.write_text(DOC)
    assert crew("docs", "add", "adr", str(file), "-p", shop).out == "ADR/use-sqlite added (revision 1)\n"
    assert "ADR/use-sqlite is at revision 1" in crew("docs", "add", "adr", str(file), "-p", shop).err
    assert crew("docs", "list", "-p", shop).out.splitlines()[1].split()[:3] == ["ADR/use-sqlite", "active", "1"]
    assert crew("docs", "show", "ADR/use-sqlite", "-p", shop).out.startswith("---\ntitle: Use SQLite\nstatus: active\n")
    changed = DOC.replace("One", "A single")
    edited = crew("docs", "edit", "ADR/use-sqlite", "-", "-p", shop, "--expect", "1", stdin=changed)
    assert edited.out == "ADR/use-sqlite changed (revision 2)\n"
    again = crew("docs", "edit", "ADR/use-sqlite", "-", "-p", shop, stdin=changed)
    assert again.out == "ADR/use-sqlite has that text already (revision 2)\n"
    assert "One file" in crew("docs", "show", "ADR/use-sqlite", "-p", shop, "--revision", "1").out
    (hit,) = crew("docs", "search", "single", "or", "nothing", "-p", shop, "--json").json
    assert (hit["slug"], hit["heading"]) == ("use-sqlite", "Why")
    assert crew("docs", "search", "nothing", "-p", shop).err == "nothing found\n"
    lines = crew("docs", "links", "ADR/use-sqlite", "-p", shop).out.splitlines()
    assert [line.split() for line in lines[1:]] == [["to", "ADR/use-sqlite", "use-sqlite"], ["broken", "-", "gone"]]


def test_a_title_makes_a_doc_of_a_plain_file(crew: Ploeg, shop: str) -> None:
    added = crew("docs", "add", "MANUAL", "-", "-p", shop, "--title", 'The "guide": 1', "--json", stdin="Text.\n").json
    assert (added["title"], added["slug"], added["status"]) == ('The "guide": 1', "the-guide-1", "draft")


def test_a_doc_that_cannot_be_used_is_refused_with_its_line(crew: Ploeg, shop: str) -> None:
    refused = crew("docs", "add", "ADR", "-", "-p", shop, stdin=DOC.replace("active", "great"))
    assert refused.code == 2
    assert "line 3, status: use one of draft" in refused.err
    assert crew("docs", "show", "use-sqlite", "-p", shop).code == 2
    assert crew("docs", "add", "ADR", "no-such-file", "-p", shop).code == 2


def test_a_product_uses_the_folders_that_it_names(crew: Ploeg, shop: str) -> None:
    product = crew("product", "edit", shop, "--doc-folder", "specs", "--doc-folder", "ADR", "--json").json
    assert product["enabled_doc_folders"] == ["ADR", "SPECS"]
    assert crew("docs", "add", "API", "-", "-p", shop, stdin=DOC).code == 1
