"""A claim tells the agent which docs there are."""

from __future__ import annotations

import pytest

from ploeg.control.docs import docs
from ploeg.control.docs.doc_index import LISTED
from ploeg.control.docs.docs import Wish
from ploeg.control.toolbelt.caller import PersonCaller
from ploeg.store.docs import Docs
from tests.control.house import House


def write(house: House, title: str, folder: str = "ADR", status: str = "active") -> None:
    content = f"---\ntitle: {title}\nstatus: {status}\n---\n\nText.\n"
    caller = PersonCaller(house.admin, house.installation)
    house.write(docs.write, caller, "demo", Wish(folder=folder, content_md=content))


def test_docs_in_force_are_listed_by_folder_and_counted_beyond_forty(house: House) -> None:
    house.run(house.a_task())
    for number in range(LISTED + 2):
        write(house, f"Decision {number:03}")
    write(house, "An idea only", "SPECS", "draft")
    write(house, "How to deploy", "RUNBOOKS")
    decisions, runbooks = house.hand().take().doc_index
    assert (decisions.folder, decisions.count, len(decisions.docs)) == ("ADR", LISTED + 2, LISTED)
    assert decisions.docs[0].slug == "decision-000"
    assert [(doc.slug, doc.title) for doc in runbooks.docs] == [("how-to-deploy", "How to deploy")]


def test_folders_that_a_product_does_not_use_are_left_out(house: House) -> None:
    house.run(house.task(house.story(house.product(enabled_doc_folders=["ADR"]))))
    write(house, "Use SQLite")
    assert [folder.folder for folder in house.hand().take().doc_index] == ["ADR"]


def test_an_index_that_cannot_be_made_keeps_no_job_waiting(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.run(house.a_task())
    monkeypatch.delattr(Docs, "listed")
    assert house.hand().take().doc_index == []
