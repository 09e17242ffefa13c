from __future__ import annotations

import pytest

from ploeg.domain.doc import Folder
from ploeg.domain.doc_links import Lead, LinkState, follow, link_to

DOCS = {"one": [Folder.ADR], "two": [Folder.ADR, Folder.SPECS]}


@pytest.mark.parametrize(
    ("href", "folder", "slug", "anchor"),
    [
        ("one", None, "one", ""),
        ("./One.md#Why", None, "one", "why"),
        ("../adr/one.md", "ADR", "one", ""),
        ("/ADR/one", "ADR", "one", ""),
        ("ploeg-doc://shop/ADR/one#x", "ADR", "one", "x"),
        ("a%20b.md", None, "a b", ""),
    ],
)
def test_a_link_names_a_doc(href: str, folder: str | None, slug: str, anchor: str) -> None:
    link = link_to(href, "shop")
    assert link is not None
    assert (link.folder, link.slug, link.anchor) == (folder, slug, anchor)


@pytest.mark.parametrize(
    "href",
    ["https://x.org/one", "//x.org/one", "mailto:a@b", "src/one.py", "#why", "", "..", "ploeg-doc://other/ADR/one"],
)
def test_what_leads_elsewhere_is_no_link_between_docs(href: str) -> None:
    assert link_to(href, "shop") is None


@pytest.mark.parametrize(
    ("href", "home", "lead"),
    [
        ("one", Folder.SPECS, Lead(LinkState.RESOLVED, (Folder.ADR,))),
        ("two", Folder.SPECS, Lead(LinkState.RESOLVED, (Folder.SPECS,))),
        ("two", Folder.API, Lead(LinkState.AMBIGUOUS, (Folder.ADR, Folder.SPECS))),
        ("ADR/two", Folder.SPECS, Lead(LinkState.RESOLVED, (Folder.ADR,))),
        ("API/two", Folder.API, Lead(LinkState.BROKEN)),
        ("three", Folder.ADR, Lead(LinkState.BROKEN)),
    ],
)
def test_a_link_leads_to_its_own_folder_first_and_then_to_the_only_one_there_is(
    href: str, home: Folder, lead: Lead
) -> None:
    link = link_to(href, "shop")
    assert link is not None
    assert follow(link, home, DOCS) == lead
