from __future__ import annotations

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ploeg.domain.markdown import LINKS_MAX, SECTIONS_MAX, hrefs, section_at, section_text, sections

TEXT = """\
Intro
# One #
text
## Two *deep*
```
# no heading
```
Under
===
#not one
## One
~~~ x
## no heading either
"""


def test_every_heading_makes_a_section_and_code_makes_none() -> None:
    assert [(s.level, s.heading, s.anchor) for s in sections(TEXT)] == [
        (1, "One", "one"),
        (2, "Two *deep*", "two-deep"),
        (1, "Under", "under"),
        (2, "One", "one-1"),
    ]


def test_a_section_is_found_by_its_words_or_its_anchor_with_all_below_it() -> None:
    assert section_text(TEXT, "one") == TEXT[6 : TEXT.index("Under")]
    assert section_text(TEXT, "#one-1") == TEXT[TEXT.index("## One") :]
    assert section_text(TEXT, "two *DEEP*") == section_text(TEXT, "two-deep")
    assert section_text(TEXT, "three") is None
    found = section_at(sections(TEXT), TEXT.index("text"))
    assert found is not None
    assert found.heading == "One"
    assert section_at(sections(TEXT), 0) is None


def test_anchors_are_unique_whatever_the_headings() -> None:
    anchors = [section.anchor for section in sections("# a\n# a-1\n# a\n# a\n#\n#\n")]
    assert len(set(anchors)) == len(anchors) == 6


def test_links_are_found_once_each_and_in_order_and_not_in_code() -> None:
    text = (
        'See [a](x.md "t") and [b](<y z.md>), [[w|W]], `[no](c.md)` ``[n`o](d)`` [a](x.md)\n[r]: ref.md\n\n    [q](q)\n'
    )
    assert hrefs(text) == ["x.md", "y z.md", "w", "ref.md", "q"]


@pytest.mark.parametrize(
    "piece", ["# a\n", "[a](b) ", "[", "`", "``` `", "[[", "](", "[a](", "~~~\n", "a\n=\n", "[x]: y\n"]
)
def test_no_text_takes_long(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    start = perf_counter()
    assert len(sections(text)) <= SECTIONS_MAX
    assert len(hrefs(text)) <= LINKS_MAX
    assert perf_counter() - start < 5.0


@given(st.text(alphabet="#=-`~[]() \nab", max_size=200))
def test_sections_lie_in_the_text_in_order(text: str) -> None:
    found = sections(text)
    assert [section.start for section in found] == sorted({section.start for section in found})
    assert all(section_text(text, section.anchor) is not None for section in found)
    hrefs(text)
