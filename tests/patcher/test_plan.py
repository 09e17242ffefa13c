"""What counts as mechanical in a plan."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ploeg.patcher.plan import Block, DeleteFiles, Diff, Section, Shell, Unclear, WriteFile, read_plan


def blocks(plan: str) -> list[Block]:
    return [block for section in read_plan(plan) for block in section.blocks]


def test_blocks_come_in_document_order_under_their_headings() -> None:
    plan = (
        "Intro\n```sh\ntrue\n```\n# First ##\n```diff\n-a\n+b\n```\n```py file=x.py\nx\n```\n## Talk\nwords\n"
        "## Last\n```delete\na\n\nb\n```"
    )
    assert read_plan(plan) == [
        Section("", (Shell(2, "true\n"),)),
        Section("First", (Diff(6, "-a\n+b\n"), WriteFile(10, "x.py", "x\n"))),
        Section("Last", (DeleteFiles(16, ("a", "b")),)),
    ]


@pytest.mark.parametrize("info", ["", "python", "text", "console", "json", "sh example", "diff example"])
def test_other_fences_are_for_people(info: str) -> None:
    assert blocks(f"```{info}\nx\n```") == []


@pytest.mark.parametrize(
    ("info", "block"),
    [
        ("sh", Shell(1, "x\n")),
        ("shell", Shell(1, "x\n")),
        ("bash", Shell(1, "x\n", "bash")),
        ("SH Test limit=2.5", Shell(1, "x\n", is_test=True, limit=2.5)),
        ("file=a.txt", WriteFile(1, "a.txt", "x\n")),
        ('toml file="a b.toml"', WriteFile(1, "a b.toml", "x\n")),
        ("sh file=run.sh", WriteFile(1, "run.sh", "x\n")),
        ("patch", Diff(1, "x\n")),
    ],
)
def test_the_info_string_says_what_a_block_is(info: str, block: Block) -> None:
    assert blocks(f"```{info}\nx\n```") == [block]


def test_a_longer_fence_holds_shorter_ones() -> None:
    assert blocks("````md file=a.md\n```sh\nrm x\n```\n````") == [WriteFile(1, "a.md", "```sh\nrm x\n```\n")]


def test_tildes_are_a_fence_too() -> None:
    assert blocks("~~~sh\necho `date`\n~~~") == [Shell(1, "echo `date`\n")]


def test_a_fence_in_a_list_loses_the_lists_indentation() -> None:
    assert blocks("1. Do\n   ```py file=a.py\n   if x:\n       y\n\n   ```") == [
        WriteFile(2, "a.py", "if x:\n    y\n\n")
    ]


def test_an_indented_fence_within_a_block_is_its_content() -> None:
    assert blocks("```py file=a.py\n    ```\n```") == [WriteFile(1, "a.py", "    ```\n")]


def test_headings_within_a_block_are_its_content() -> None:
    assert read_plan("# A\n```sh\n# comment\n```") == [Section("A", (Shell(2, "# comment\n"),))]


def test_line_ends_of_windows_are_line_ends() -> None:
    assert blocks("```py file=a.py\r\nx\r\n```\r\n") == [WriteFile(1, "a.py", "x\n")]


def test_characters_that_only_look_like_line_ends_stay() -> None:
    assert blocks("```py file=a.py\nx\x0cy\u2028z\n```") == [WriteFile(1, "a.py", "x\x0cy\u2028z\n")]


def test_an_empty_block_writes_an_empty_file() -> None:
    assert blocks("```py file=pkg/__init__.py\n```") == [WriteFile(1, "pkg/__init__.py", "")]


@pytest.mark.parametrize(
    ("plan", "complaint"),
    [
        ("x\n```sh\ntrue", "line 2 of the plan is never closed"),
        ("```py file=\n```", "line 1 of the plan names no path"),
        ("```py file='a\n```", "line 1 of the plan has an open quote"),
        ("```sh limit=soon\n```", "limit=soon"),
        ("```sh limit=-1\n```", "limit=-1"),
        ("```sh limit=inf\n```", "limit=inf"),
        ("```sh limit=nan\n```", "limit=nan"),
    ],
)
def test_a_block_that_cannot_be_meant_is_named_by_its_line(plan: str, complaint: str) -> None:
    with pytest.raises(Unclear, match=complaint):
        read_plan(plan)


def test_a_plan_of_the_largest_size_is_read_at_once() -> None:
    assert len(blocks("```sh\ntrue\n```\n" * 4096)) == 4096


@given(st.text(alphabet=st.sampled_from("`~# \n\tabc='\"-+"), max_size=300))
def test_any_text_is_read_or_unclear(plan: str) -> None:
    try:
        read_plan(plan)
    except Unclear:
        return
