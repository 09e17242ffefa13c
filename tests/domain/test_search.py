from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ploeg.domain.search import SNIPPET, Query, first_match, read_query, snippet, words


def test_words_are_compared_without_case_accents_and_signs() -> None:
    assert words("Café_NAÏVE, ﬁle-system x² Straße") == ["cafe", "naive", "file", "system", "x2", "strasse"]


@pytest.mark.parametrize(
    ("asked", "wanted", "unwanted"),
    [
        ("two words", ((("two",),), (("words",),)), ()),
        ('"a phrase" -"not this" -that', ((("a", "phrase"),),), (("not", "this"), ("that",))),
        ("one or two | three four", ((("one",), ("two",), ("three",)), (("four",),)), ()),
        ('or "never closed', ((("never", "closed"),),), ()),
        ("user_id", ((("user", "id"),),), ()),
        ('" - -- "" *', (), ()),
    ],
)
def test_a_query_is_read_as_on_the_web(asked: str, wanted: object, unwanted: object) -> None:
    assert read_query(asked) == Query(wanted, unwanted)  # type: ignore[arg-type]  # the table's rows are tuples


@given(st.text(max_size=200))
def test_every_text_is_a_query_of_plain_words(text: str) -> None:
    query = read_query(text)
    phrases = [phrase for choices in query.wanted for phrase in choices] + list(query.unwanted)
    assert all(word.isalnum() and word for phrase in phrases for word in phrase)


def test_a_snippet_is_cut_around_the_first_match() -> None:
    text = "before " * 100 + "Café " + "after " * 100
    at = first_match(text, read_query("cafe"))
    assert text[at:].startswith("Café")
    cut = snippet(text, at)
    assert "Café" in cut
    assert cut[0] == cut[-1] == "…"
    assert len(cut) <= SNIPPET + 2
    assert first_match(text, read_query("nothing")) == 0
    assert snippet("short\ntext", 0) == "short text"
