"""What a Markdown text holds that Ploeg makes use of: its headings, and the links in it. Code is passed over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

#: More headings or links of one text than these are not kept.
SECTIONS_MAX = 1000
LINKS_MAX = 1000
#: Characters of a line in which links are looked for.
_LINE_MAX = 4000

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_NO_PARAGRAPH = re.compile(r" {4}| {0,3}(?:[-*+>|#]|\d+[.)])|\s*$")
_CODE = re.compile(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)")
_LINK = re.compile(r"\[(?:[^\[\]]|\[[^\[\]]{0,200}\]){0,500}\]\(\s{0,9}(<[^<>\n]{1,1000}>|[^\s()<>]{1,1000})")
_DEFINITION = re.compile(r" {0,3}\[[^\[\]]{1,200}\]:[ \t]+<?([^\s<>]{1,1000})")
_WIKI = re.compile(r"\[\[([^\[\]|\n]{1,300})(?:\|[^\[\]\n]{0,300})?\]\]")


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and where its text begins."""

    position: int
    level: int
    heading: str
    #: Unique within its text, made as forges make it.
    anchor: str
    #: The character of the text at which the heading stands.
    start: int


def sections(text: str) -> list[Section]:
    """One for each heading, in order."""
    found: list[Section] = []
    taken: dict[str, int] = {}
    before = ""
    before_at = 0
    for at, line in _prose_lines(text):
        heading = _HEADING.match(line)
        underline = _UNDERLINE.match(line) if not _NO_PARAGRAPH.match(before) else None
        if heading or underline:
            level = len(heading[1]) if heading else 1 if underline and underline[1][0] == "=" else 2
            title = (heading[2] or "") if heading else before.strip()
            start = at if heading else before_at
            found.append(Section(len(found), level, title, _anchor(title, taken), start))
            if len(found) == SECTIONS_MAX:
                break
        before, before_at = ("", at) if heading or underline else (line, at)
    return found


def section_text(text: str, named: str) -> str | None:
    """The part under the heading of that text or anchor, those below it included; None if there is none."""
    wanted = named.strip().lstrip("#").strip().casefold()
    found = sections(text)
    for section in found:
        if wanted in {section.heading.casefold(), section.anchor}:
            later = (s.start for s in found[section.position + 1 :] if s.level <= section.level)
            return text[section.start : next(later, len(text))]
    return None


def section_at(found: list[Section], at: int) -> Section | None:
    """The section in which that character stands."""
    return next((section for section in reversed(found) if section.start <= at), None)


def hrefs(text: str) -> list[str]:
    """Where its links lead, as written, in order and each once; `[[slug]]` counts as a link to `slug`."""
    found: dict[str, None] = {}
    for _, line in _prose_lines(text):
        if "[" not in line:
            continue
        for _, href in sorted(_matches(_CODE.sub("", line[:_LINE_MAX]))):
            found[href] = None
            if len(found) == LINKS_MAX:
                return list(found)
    return list(found)


def _matches(line: str) -> Iterator[tuple[int, str]]:
    for pattern in (_LINK, _WIKI):
        for match in pattern.finditer(line):
            yield match.start(), match[1].strip("<>").strip()
    definition = _DEFINITION.match(line)
    if definition:
        yield definition.start(), definition[1]


def _prose_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines that are not in a fenced block, each with the place where it begins."""
    at = 0
    fence = ""
    for line in text.splitlines(keepends=True):
        mark = _FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif mark:
            fence = mark[1]
        else:
            yield at, line.rstrip("\r\n")
        at += len(line)


def _anchor(heading: str, taken: dict[str, int]) -> str:
    base = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
    number = taken.get(base, 0)
    anchor = f"{base}-{number}" if number else base
    while anchor in taken:
        number += 1
        anchor = f"{base}-{number}"
    taken[base] = number + 1
    taken.setdefault(anchor, 1)
    return anchor
