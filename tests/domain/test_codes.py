"""Codes for people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ploeg.domain.codes import MAX_LENGTH, CodeKind, branch_for_story, code, expect, parse
from ploeg.domain.errors import Invalid


@pytest.mark.parametrize(
    ("kind", "number", "written"),
    [
        (CodeKind.PBI, 7, "PBI-7"),
        (CodeKind.STORY, 12, "ST-012"),
        (CodeKind.STORY, 1234, "ST-1234"),
        (CodeKind.TASK, 41, "T-41"),
        (CodeKind.JOB, 128, "J-128"),
        (CodeKind.QUESTION, 3, "Q-3"),
    ],
)
def test_a_code_is_written_as_people_know_it(kind: CodeKind, number: int, written: str) -> None:
    assert code(kind, number) == written


@given(st.sampled_from(CodeKind), st.integers(1, 999_999_999))
def test_a_code_reads_back_as_what_it_was(kind: CodeKind, number: int) -> None:
    written = code(kind, number)
    assert parse(written) == parse(f" {written.lower()} ") == (kind, number)
    assert len(written) <= MAX_LENGTH


@pytest.mark.parametrize("text", ["", "T-", "T-x", "X-1", "T-1-2", "tsk_01hxyz", "T 1", "T-1234567890", "T-١"])
def test_other_text_is_no_code(text: str) -> None:
    assert parse(text) is None


def test_a_code_of_the_wanted_kind_gets_its_own_spelling() -> None:
    assert expect(CodeKind.STORY, "st-12") == "ST-012"


def test_an_id_is_left_alone() -> None:
    assert expect(CodeKind.TASK, "tsk_01hxyz") is None


def test_a_code_of_another_kind_is_refused_with_an_explanation() -> None:
    with pytest.raises(Invalid, match="code of a story; a task has the form T-"):
        expect(CodeKind.TASK, "ST-012")


def test_stories_of_products_that_share_a_repository_have_branches_of_their_own() -> None:
    first, second = (branch_for_story("ploeg/", "ST-012", story) for story in ("sto_AAAAAA", "sto_BBBBBB"))
    assert first == "ploeg/st-012-aaaaaa"
    assert first != second
