"""What leaves the installation: whole, in pages, and without a secret, on both databases."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from ploeg.domain.ids import UserId
from ploeg.store import export
from ploeg.store.export import Whose
from ploeg.store.store import Store
from ploeg.store.tables import metadata
from tests.store.installation import Installation, pbi, product, story, task, user

#: What stays here: sign-ins, what is made anew from the rest, and what runs now.
STAYS = {
    "tokens",
    "counters",
    "workers",
    "notice_receivers",
    "notices",
    "notice_cursor",
    "quota_history",
    "spending",
    "past_runs",
    "backlog_search_items",
    "product_doc_sections",
    "product_doc_links",
}


def rows(here: Installation, name: str, viewer: UserId | None = None) -> list[dict[str, Any]]:
    family = next(family for family in export.FAMILIES if family.name == name)
    found: list[dict[str, Any]] = []
    while True:
        last = found[-1] if found else None
        page = here.store.read_blocking(
            lambda tx, last=last: family.page(tx, Whose([here.product.id], viewer or here.owner.id), last)
        )
        found += page
        if len(page) < export.PAGE:
            return found


def test_every_table_is_in_the_export_or_stays_for_a_reason() -> None:
    exported = {family.keys[0].table.name for family in export.FAMILIES}
    assert exported | STAYS == set(metadata.tables)
    assert not exported & STAYS


def test_no_column_of_the_export_holds_a_secret() -> None:
    names = {column.name for family in export.FAMILIES for column in family.keys[0].table.c}
    assert not [name for name in names if re.search(r"secret|password|token(?!s_per_)|sha256", name)]


def test_pages_follow_each_other_without_a_gap(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    here = Installation(store)
    item = pbi(here.product)
    home = story(item)
    tasks = [task(home, code=f"T-{n}") for n in range(export.PAGE + 3)]
    here.keep(item, home, *tasks)
    assert [row["id"] for row in rows(here, "task")] == sorted(each.id for each in tasks)


def test_every_family_can_be_read_and_documents_say_only_what_was_said(store: Store) -> None:
    here = Installation(store)
    item = pbi(here.product)
    home = story(item)
    first, second = task(home), task(home, code="T-2")
    here.keep(item, home, first, second)
    store.write_blocking(lambda tx: tx.dependencies.add(second, first))
    here.queue(task_id=first.id, story_id=home.id, overrides={"model": "sonnet"})
    assert {family.name for family in export.FAMILIES if rows(here, family.name)} >= {"user", "product", "task", "job"}
    (job,) = rows(here, "job")
    assert (job["overrides"], "request_key" in job) == ({"model": "sonnet"}, False)
    assert rows(here, "task_dependency") == [{"task_id": second.id, "prerequisite_id": first.id}]


def test_another_product_s_things_and_another_person_s_private_ones_stay(store: Store) -> None:
    here = Installation(store)
    other, ada = product(here.owner), user()
    store.write_blocking(lambda tx: (tx.people.add_user(ada), tx.products.add(other)))
    here.keep(pbi(other))
    here.queue(private_to=ada.id)
    here.queue()
    assert rows(here, "pbi") == []
    assert len(rows(here, "job")) == 1
    assert len(rows(here, "job", ada.id)) == 2


def test_the_page_names_every_type_of_the_export_in_its_order() -> None:
    page = (Path(__file__).parents[2] / "docs" / "backlog.md").read_text("utf-8")
    listed = re.search(r"The types are (.*?), in this order", page, re.DOTALL)
    assert listed is not None
    assert re.findall(r"`(\w+)`", listed[1]) == [family.name for family in export.FAMILIES]
