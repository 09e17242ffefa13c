"""What somebody wants to remember, by command; and finding things again."""

from __future__ import annotations

import uuid

from tests.cli.conftest import Ploeg


def test_a_todo_is_noted_ticked_off_and_put_away(crew: Ploeg) -> None:
    title = uuid.uuid4().hex
    code = crew("todo", "add", title, "--json").json["code"]
    assert code in [line.split()[0] for line in crew("todo", "list").out.splitlines()]
    assert crew("todo", "edit", code, "--description", "Soon").out == f"{code} changed\n"
    assert crew("todo", "done", code).out == f"{code} done\n"
    assert title not in crew("todo", "list").out
    assert title in crew("todo", "list", "--done").out
    assert crew("todo", "done", code, "--undo", "--json").json["done_at"] is None
    assert crew("todo", "archive", code).out == f"{code} archived\n"
    assert crew("todo", "done", "TD-9999").code == 2


def test_the_backlog_is_searched(crew: Ploeg) -> None:
    word = f"word{uuid.uuid4().hex}"
    crew("product", "add", word, "--code", word[:20])
    crew("backlog", "pbi", "add", "An item", "--description", f"All about {word}", "-p", word[:20])
    assert [hit["code"] for hit in crew("backlog", "search", word, "--json").json] == ["PBI-1"]
    assert f"All about {word}" in crew("backlog", "search", word, "-p", word[:20]).out
    assert crew("backlog", "search", f"{word}x").err == "nothing found\n"
