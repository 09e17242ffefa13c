from __future__ import annotations

import re
from typing import Any

import pytest

from ploeg.control.docs import doc_reading, docs, guide
from ploeg.control.docs.docs import Wish, Written
from ploeg.control.products import products
from ploeg.control.toolbelt.caller import PersonCaller
from ploeg.domain.access import Principal
from ploeg.domain.errors import Conflict, Denied, Invalid, NotFound
from tests.control.house import House


def doc(title: str = "Use SQLite", body: str = "Because.\n", **fields: str) -> str:
    head = "".join(f"{name}: {value}\n" for name, value in {"title": title, "status": "active", **fields}.items())
    return f"---\n{head}---\n{body}"


def caller(house: House, who: Principal | None = None) -> PersonCaller:
    return PersonCaller(who or house.admin, house.installation)


def write(house: House, content: str, folder: str = "ADR", **wish: Any) -> Written:
    return house.write(docs.write, caller(house), "demo", Wish(folder=folder, content_md=content, **wish))


def read(house: House, folder: str, slug: str, revision: int | None = None) -> str:
    found = house.read(doc_reading.show, caller(house), "demo", folder, slug, revision)
    return found.revision.content_md


@pytest.fixture(autouse=True)
def demo(house: House) -> str:
    return house.product("demo")


def test_a_doc_gets_its_slug_from_its_title_and_its_date_from_the_clock(house: House) -> None:
    written = write(house, doc("Café, how we cache", "# Why\n"))
    assert written.created
    assert (written.doc.slug, written.doc.title, written.doc.revision) == ("cafe-how-we-cache", "Café, how we cache", 1)
    assert "last_updated: 2026-11-22\n---\n# Why" in read(house, "adr", "cafe-how-we-cache")
    assert written.doc.uri("demo") == "ploeg-doc://demo/ADR/cafe-how-we-cache"
    assert house.told()[-1] == "doc.created"


def test_the_same_text_makes_no_revision_and_another_makes_the_next(house: House) -> None:
    first = write(house, doc())
    again = write(house, doc())
    assert (again.noop, again.created, again.doc) == (True, False, first.doc)
    second = write(house, doc(body="Because it is one file.\n"))
    assert (second.noop, second.created, second.doc.revision) == (False, False, 2)
    assert "Because.\n" in read(house, "ADR", "use-sqlite", 1)
    house.clock.turn(days=1)
    third = write(house, read(house, "ADR", "use-sqlite"))
    assert third.doc.revision == 3, "another day is another text"
    assert "last_updated: 2026-11-23" in read(house, "ADR", "use-sqlite")
    assert house.told().count("doc.updated") == 2


def test_who_read_an_older_revision_does_not_overwrite_a_newer_one(house: House) -> None:
    write(house, doc(), expected_revision=0)
    write(house, doc(body="two\n"), expected_revision=1)
    for stale in (0, 1):
        with pytest.raises(Conflict, match=f"at revision 2, not {stale}"):
            write(house, doc(body="three\n"), expected_revision=stale)
    with pytest.raises(Conflict, match="no doc ADR/other yet"):
        write(house, doc("Other"), expected_revision=1)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("# No head\n", "line 1, begin with"),
        ("---\nstatus: active\n---\n", "line 1, title: write something"),
        ("---\ntitle: A\nstatus: great\n---\n", "line 3, status: use one of draft"),
        (f"---\ntitle: {'x' * 201}\n---\n", "line 2, title: use at most 200"),
        ("---\ntitle: [a, b]\n---\n", "line 2, title: write it as one text"),
        ("---\ntitle: A\ntags: [a\n---\n", "line 4, expected ',' or ']'"),
        ("---\ntitle: A\ntitle: B\n---\n", "line 3, title: give it once"),
        ("---\na: &x [b]\ntitle: *x\n---\n", "line 3, write the value itself"),
        ("---\na: " + "[" * 5000 + "\n---\n", "line 2, nest it less deeply"),
        ("---\ntitle: A\nlast_updated: [1]\n---\n", "line 3, last_updated: write a date"),
        ("---\ntitle: A\n" + "#" * 8001 + "\n---\n", "within 8000 characters"),
        ("---\ntitle: A\x07\n---\n", "line 1, leave out control characters"),
        (doc(body="x" * 100_000), "use at most 100000 characters"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(house: House, content: str, said: str) -> None:
    with pytest.raises(Invalid, match=re.escape(said)) as refused:
        write(house, content)
    assert refused.value.field == "content_md"


def test_a_date_is_set_and_everything_else_stays_as_it_was_written(house: House) -> None:
    write(house, "---\r\ntitle: 'A: b' # why\r\nlast_updated:  \"2020-01-01\" # then\r\ntags: [x]\r\n---\r\nBody\r\n")
    assert read(house, "ADR", "a-b") == (
        "---\ntitle: 'A: b' # why\nlast_updated: 2026-11-22 # then\ntags: [x]\n---\nBody\n"
    )


@pytest.mark.parametrize("slug", ["", "A", "a--b", "-a", "a b", "a/b", "x" * 81, "é"])
def test_a_slug_that_is_no_name_is_refused(house: House, slug: str) -> None:
    with pytest.raises(Invalid) as refused:
        write(house, doc(), slug=slug)
    assert refused.value.field == "slug"


def test_a_title_without_a_latin_letter_needs_a_slug(house: House) -> None:
    with pytest.raises(Invalid, match="give one"):
        write(house, doc("文档"))
    assert write(house, doc("文档"), slug="docs").doc.title == "文档"


def test_a_folder_that_the_product_does_not_use_takes_no_docs_and_hides_those_it_has(house: House) -> None:
    write(house, doc())
    house.write(products.edit, house.admin, "demo", {"enabled_doc_folders": ["SPECS", "specs"]})
    with pytest.raises(Conflict, match="does not use the folder ADR"):
        write(house, doc("Another"))
    write(house, doc("Spec"), "specs")

    def listed(**wanted: Any) -> list[str]:
        return [view.doc.slug for view in house.read(doc_reading.listing, caller(house), "demo", **wanted)]

    assert listed() == ["spec"]
    assert listed(folder="adr") == []
    assert listed(include_disabled=True) == ["use-sqlite", "spec"]
    assert listed(include_disabled=True, folder="adr", status="active") == ["use-sqlite"]
    with pytest.raises(Invalid, match="use one of ADR"):
        house.write(products.edit, house.admin, "demo", {"enabled_doc_folders": ["CELLAR"]})


def test_links_lead_to_what_is_there_now(house: House) -> None:
    write(house, doc("Home", "[a](../SPECS/a.md#why) [[b]] `[no](c)` [site](https://x) [file](x.py)\n"), "MANUAL")
    write(house, doc("C", "[home](ploeg-doc://demo/MANUAL/home) [gone](gone) [[b]]\n"), "MANUAL")

    def related(slug: str) -> tuple[list[str], list[str], list[tuple[str, str]]]:
        found = house.read(doc_reading.related, caller(house), "demo", "MANUAL", slug)
        paths = ([link.doc.path for link in side if link.doc] for side in (found.forward, found.backward))
        return *paths, [(link.href, str(link.state)) for link in found.broken]

    assert related("home") == ([], ["MANUAL/c"], [("../SPECS/a.md#why", "broken"), ("b", "broken")])
    write(house, doc("A", "# Why\n"), "SPECS")
    write(house, doc("B"), "ADR")
    assert related("home") == (["SPECS/a", "ADR/b"], ["MANUAL/c"], [])
    write(house, doc("B"), "API")
    assert related("home")[2] == [("b", "ambiguous")]
    write(house, doc("B"), "MANUAL")
    assert related("home")[0] == ["SPECS/a", "MANUAL/b"], "its own folder comes first"
    write(house, doc("A", "# Who\n"), "SPECS")
    assert related("home")[2] == [("../SPECS/a.md#why", "broken")]


def test_a_search_shows_where_it_found_the_words(house: House) -> None:
    write(house, doc("Paying", "Intro.\n\n## By card\n\n" + "word " * 100 + "The card is refused.\n"), "SPECS")
    write(house, doc("Old", "The card.\n", status="archived"))
    (hit,) = house.read(doc_reading.search, caller(house), "demo", ' "card is"\n-invoice ')
    assert (hit.doc.slug, hit.heading) == ("paying", "By card")
    assert "card" in hit.snippet.lower()
    assert len(house.read(doc_reading.search, caller(house), "demo", "card", include_archived=True)) == 2
    assert house.read(doc_reading.search, caller(house), "demo", "card", folder="ADR") == []
    for query, limit in (("x", 10), ("x" * 201, 10), ("card", 0), ("card", 51)):
        with pytest.raises(Invalid):
            house.read(doc_reading.search, caller(house), "demo", query, limit=limit)


def test_a_backlog_item_keeps_the_revision_that_it_was_given(house: House) -> None:
    house.story()
    first = write(house, doc(), "PLANS").doc
    link = house.write(docs.link_pbi, caller(house), "PBI-1", first.id, "plan")
    write(house, doc(body="Changed.\n"), "PLANS")
    again = house.write(docs.link_pbi, caller(house), "PBI-1", first.id, "plan", first.revision_id)
    assert again.link == link.link
    house.write(docs.link_pbi, caller(house), "PBI-1", first.id, "GRILL")
    views = house.read(docs.of_pbi, caller(house), "PBI-1")
    assert [(str(view.link.role), view.revision) for view in views] == [("PLAN", 1), ("GRILL", 2)]
    with pytest.raises(Conflict, match="PBI-1 leans on PLANS/use-sqlite"):
        house.write(docs.delete, caller(house), "demo", "PLANS", "use-sqlite")
    house.product("other")
    other = house.write(docs.write, caller(house), "other", Wish(folder="ADR", content_md=doc())).doc
    for doc_id, revision in ((other.id, None), ("doc_x", None), (first.id, other.revision_id)):
        with pytest.raises(NotFound):
            house.write(docs.link_pbi, caller(house), "PBI-1", doc_id, "PLAN", revision)


def test_a_doc_that_nothing_leans_on_is_deleted_with_all_of_it(house: House) -> None:
    write(house, doc())
    write(house, doc(body="findme\n"))
    house.write(docs.delete, caller(house), "demo", "ADR", "use-sqlite")
    with pytest.raises(NotFound):
        read(house, "ADR", "use-sqlite")
    assert house.read(doc_reading.search, caller(house), "demo", "findme") == []
    assert house.told()[-1] == "doc.deleted"


def test_what_is_derived_can_be_built_anew(house: House) -> None:
    write(house, doc(body="# One\nfindme [[two]]\n"))
    house.write(lambda tx: tx.docs.derive(tx.docs.of_product(tx.products.by_code("demo").id, ["ADR"])[0], "", [], []))
    assert house.read(doc_reading.search, caller(house), "demo", "findme") == []
    assert house.write(docs.rebuild, caller(house), "demo") == 1
    assert len(house.read(doc_reading.search, caller(house), "demo", "findme")) == 1
    assert len(house.read(doc_reading.related, caller(house), "demo", "ADR", "use-sqlite").broken) == 1


def test_a_viewer_reads_and_a_stranger_finds_nothing(house: House) -> None:
    write(house, doc())
    ada, eve = house.person("ada"), house.person("eve")
    house.write(products.set_member, house.admin, "demo", "ada", "viewer")
    assert len(house.read(doc_reading.listing, caller(house, ada), "demo")) == 1
    assert house.read(guide.show, caller(house, ada), "demo").text
    with pytest.raises(Denied):
        house.write(docs.write, caller(house, ada), "demo", Wish(folder="ADR", content_md=doc()))
    with pytest.raises(Denied):
        house.write(docs.delete, caller(house, ada), "demo", "ADR", "use-sqlite")
    with pytest.raises(NotFound):
        house.read(doc_reading.show, caller(house, eve), "demo", "ADR", "use-sqlite")


def test_the_guide_is_ploegs_own_and_after_it_the_products(house: House) -> None:
    plain = house.read(guide.show, caller(house), "demo")
    assert plain.doc is None
    write(house, doc("Agent guide", "Speak Dutch.\n", status="draft"), "MANUAL")
    assert house.read(guide.show, caller(house), "demo") == plain, "a draft binds nobody"
    write(house, doc("Agent guide", "Speak Dutch.\n"), "MANUAL")
    bound = house.read(guide.show, caller(house), "demo")
    assert bound.text == plain.text.strip() + "\n\nSpeak Dutch.\n"
    assert bound.doc is not None


def test_a_guide_that_is_too_long_is_refused_and_never_keeps_a_job_waiting(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Invalid, match="AGENT_GUIDE_TOO_LARGE"):
        write(house, doc("Agent guide", "x" * 16_000), "MANUAL")
    write(house, doc("Agent guide", "Speak Dutch.\n"), "MANUAL")
    house.run(house.task(house.story()))
    assert "Speak Dutch." in house.hand().take().guide
    monkeypatch.setattr("ploeg.domain.guide.GUIDE_MAX", 100)
    with pytest.raises(Invalid, match="AGENT_GUIDE_TOO_LARGE"):
        house.read(guide.show, caller(house), "demo")
    house.run(house.task(house.story()))
    assert house.hand("two").take().guide == guide.built_in_guide()
