"""What others wrote is shown, never obeyed."""

from __future__ import annotations

import pytest

from ploeg.cli import render


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("één dag, 日本, 🙂", "één dag, 日本, 🙂"),
        ("a b", "a b"),
        ("\x1b]52;c;aGk=\x07", "\\x1b]52;c;aGk=\\x07"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\x9b31m", "\\x9b31m"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("one\ntwo\tthree\r", "one\\ntwo\\tthree\\r"),
    ],
)
def test_control_characters_show_as_text(text: str, shown: str) -> None:
    assert render.harmless(text) == shown


def test_lines_and_tabs_may_stand_where_text_has_lines() -> None:
    assert render.harmless("one\ntwo\tthree\x1b[0m", lines=True) == "one\ntwo\tthree\\x1b[0m"


def test_a_document_goes_into_a_file_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    render.document("one 👩\u200d🚀\n")
    assert capsys.readouterr().out == "one 👩\u200d🚀\n"


def test_a_table_is_as_wide_as_its_content(capsys: pytest.CaptureFixture[str]) -> None:
    render.table(("code", "title"), [("T-1", "日本"), ("T-10", "plain")], empty="none")
    assert capsys.readouterr().out.splitlines() == ["CODE  TITLE", "T-1   日本", "T-10  plain"]


def test_an_empty_table_says_so_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    render.table(("code",), [], empty="no task yet")
    assert capsys.readouterr() == ("", "no task yet\n")


@pytest.mark.parametrize(("seconds", "shown"), [(0.25, "0.2 s"), (42, "42 s"), (90, "2 min"), (7200, "2 h")])
def test_spans_are_short(seconds: float, shown: str) -> None:
    assert render.span(seconds) == shown
