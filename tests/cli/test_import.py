"""Items of other tools, from files on this machine."""

from __future__ import annotations

import json
import os
import uuid
from pathlib import Path

import pytest

from tests.cli.conftest import Ploeg
from tests.control.imports.test_backlog_md import CONFIG, LEAF
from tests.control.imports.test_importing import PLAN
from tests.control.imports.test_issues import FROM_GH


@pytest.fixture
def shop(crew: Ploeg) -> str:
    name = f"shop-{uuid.uuid4().hex[:8]}"
    return str(crew("product", "add", name, "--code", name, "--json").json["code"])


def test_a_plan_is_looked_at_first_and_then_brought_in_once(crew: Ploeg, shop: str, tmp_path: Path) -> None:
    plan = tmp_path / "invoices.md"
    plan.write_text(PLAN)
    looked = crew("import", str(plan), "-p", shop, "--dry-run")
    assert looked.out.splitlines()[-1] == "4 new; nothing was done"
    assert crew("import", str(plan), "-p", shop).out.splitlines()[-1] == "4 new"
    again = crew("import", str(plan), "-p", shop, "--json").json
    assert {item["action"] for item in again["items"]} == {"known"}


def test_a_folder_and_a_list_of_issues_are_told_by_their_form(crew: Ploeg, shop: str, tmp_path: Path) -> None:
    folder = tmp_path / "backlog"
    (folder / "tasks").mkdir(parents=True)
    (folder / "config.yml").write_text(CONFIG)
    (folder / "tasks" / "back-12 - Pay.md").write_text(LEAF)
    sources = [item["source"] for item in crew("import", str(tmp_path), "-p", shop, "--json").json["items"]]
    assert sources == ["backlog.md:milestone:m-8", "backlog.md:BACK-12", "backlog.md:BACK-12/task"]
    issues = tmp_path / "issues.json"
    issues.write_text(json.dumps([FROM_GH]))
    brought = crew("import", str(issues), "-p", shop, "--json").json["items"]
    assert [(item["kind"], item["title"]) for item in brought] == [("pbi", "Spring"), ("story", "Pay by card")]


def test_what_cannot_be_imported_is_refused_by_name(crew: Ploeg, shop: str, tmp_path: Path) -> None:
    plan = tmp_path / "broken.md"
    plan.write_text("no front matter")
    refused = crew("import", str(plan), "-p", shop)
    assert (refused.code, "broken.md" in refused.err, "line 1" in refused.err) == (2, True, True)
    assert crew("import", str(tmp_path), "-p", shop).code == 2


def test_what_is_there_is_exported_whole_to_a_file_of_one_s_own(crew: Ploeg, shop: str, tmp_path: Path) -> None:
    crew("backlog", "pbi", "add", "Invoices", "-p", shop)
    target = tmp_path / "shop.ndjson"
    assert "records in" in crew("export", "-p", shop, "-o", str(target)).out
    assert target.stat().st_mode & 0o777 == 0o600
    told = [json.loads(line) for line in target.read_text().splitlines()]
    assert (told[0]["products"], told[-1]["type"]) == ([shop], "end")
    assert crew("export", "-p", shop).out.splitlines()[0] != ""
    assert list(tmp_path.iterdir()) == [target]
    assert crew("export", "-p", "nowhere", "-o", str(target)).code == 2


def test_a_folder_is_read_no_further_than_it_goes(crew: Ploeg, shop: str, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text(LEAF)
    (tmp_path / "backlog" / "tasks").mkdir(parents=True)
    (tmp_path / "backlog" / "tasks" / "a.md").symlink_to(tmp_path / "secret.md")
    refused = crew("import", str(tmp_path / "backlog"), "-p", shop)
    assert (refused.code, "give at least one file" in refused.err) == (2, True)


def test_an_export_into_a_pipe_leaves_the_pipe_where_it_is(crew: Ploeg, shop: str, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with os.fdopen(os.open(pipe, os.O_RDWR | os.O_NONBLOCK), "rb", buffering=0) as reader:
        assert crew("export", "-p", shop, "-o", str(pipe)).code == 0
        assert reader.read(10) == b'{"type":"h'
    assert pipe.is_fifo()
