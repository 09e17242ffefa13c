"""The YAML at the head of a text, between two lines `---`. Every error names the line and the field.

It is read as nodes and never made into objects, so no tag means anything, no alias is followed and text stays as it
was written: `title: yes` is the title «yes».
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml

from ploeg.domain.errors import Invalid

#: Characters between the two lines.
HEAD_MAX = 8000
_DEPTH_MAX = 16
#: Fields, values and lists: more than the longest plan has, and read while a transaction waits.
_NODES_MAX = 6000
#: Characters of a line that an error quotes.
_QUOTE_MAX = 80

_HEAD = re.compile(r"---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)


class Unreadable(Invalid):
    """Something at the head of the text that cannot be used, and where."""

    def __init__(self, value: object, line: int, flaw: str) -> None:
        self.line = line
        self.flaw = flaw
        super().__init__("content_md", value, f"line {line}, {flaw}")


@dataclass(frozen=True, slots=True)
class Field:
    """One field at the top: its text if it is plain, None if it is a list or a mapping."""

    value: str | None
    #: In the whole text, from 1.
    line: int
    #: The characters of the whole text that hold the value.
    start: int
    end: int
    #: Written on its own line or lines as `key: |` has it.
    block: bool


@dataclass(frozen=True, slots=True)
class FrontMatter:
    text: str
    fields: dict[str, Field]
    #: The character of the text at which the closing line stands, and the one after it.
    closing: int
    body_at: int

    @property
    def body(self) -> str:
        return self.text[self.body_at :]

    def value(self, name: str) -> str | None:
        """The field's text; None if it is missing or empty, `Invalid` if it is a list or a mapping."""
        field = self.fields.get(name)
        if field is None:
            return None
        if field.value is None:
            raise self.refusal(name, "…", "write it as one text")
        return field.value.strip() or None

    def refusal(self, name: str, value: object, remedy: str) -> Invalid:
        line = self.fields[name].line if name in self.fields else 1
        return Unreadable(value, line, f"{name}: {remedy}")

    def dated(self, day: date) -> str:
        """The whole text with `last_updated` set to that day; all else stays as it was written."""
        field = self.fields.get("last_updated")
        if field is None:
            return f"{self.text[: self.closing]}last_updated: {day.isoformat()}\n{self.text[self.closing :]}"
        if field.value is None or field.block:
            raise self.refusal("last_updated", "…", "write a date on one line, or leave it out")
        before, after = self.text[: field.start].rstrip(" "), self.text[field.end :]
        return f"{before} {day.isoformat()}{after}"


def read_front_matter(text: str) -> FrontMatter:
    """The front matter that the text begins with; `Invalid` if it has none that can be read."""
    text, head = split(text)
    if head is None:
        raise Unreadable(text[:40], 1, "begin with a line «---», then «title: …», then a line «---»")
    if len(head[1]) > HEAD_MAX:
        raise Unreadable(f"{len(head[1])} characters", 1, f"keep the front matter within {HEAD_MAX} characters")
    return FrontMatter(text, _fields(head[1], head.start(1)), head.end(1), head.end())


def split(text: str) -> tuple[str, re.Match[str] | None]:
    """The text with plain line ends, and its head: the whole of it with both lines, and in group 1 what is between."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return text, _HEAD.match(text)


def _fields(head: str, at: int) -> dict[str, Field]:
    root = compose(head)
    if root is None:
        return {}
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        raise Unreadable(head[:40], line_of(root.start_mark), "write one «field: value» on each line")
    fields: dict[str, Field] = {}
    for key, value in root.value:
        if not isinstance(key, yaml.ScalarNode) or not key.value:
            raise Unreadable("…", line_of(key.start_mark), "a field's name is a word")
        if key.value in fields:
            raise Unreadable(key.value, line_of(key.start_mark), f"{key.value}: give it once")
        plain = isinstance(value, yaml.ScalarNode)
        fields[key.value] = Field(
            value=value.value if plain else None,
            line=line_of(key.start_mark),
            start=at + value.start_mark.index,
            end=at + value.end_mark.index,
            block=plain and value.style in {"|", ">"},
        )
    return fields


def compose(head: str) -> Any:
    """The YAML of a head as a node; None if there is nothing in it, `Unreadable` if it is no YAML."""
    loader = None
    try:
        loader = _Nodes(head)
        return loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = line_of(mark) if mark else 1
        raise Unreadable(_line_of(head, line), line, error.problem or "this is not YAML") from None
    except yaml.YAMLError:
        raise Unreadable("…", 1, "leave out control characters") from None
    finally:
        if loader is not None:
            loader.dispose()


class _Nodes(yaml.SafeLoader):
    """Composes nodes, neither deeper nor more of them than people write, nor through aliases."""

    _depth = 0
    _count = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        parser: Any = self
        event = parser.peek_event()
        mark: Any = event.start_mark
        self._depth += 1
        self._count += 1
        if isinstance(event, yaml.AliasEvent):
            raise yaml.MarkedYAMLError(problem="write the value itself, not an alias", problem_mark=mark)
        if self._depth > _DEPTH_MAX:
            raise yaml.MarkedYAMLError(problem="nest it less deeply", problem_mark=mark)
        if self._count > _NODES_MAX:
            raise yaml.MarkedYAMLError(problem=f"use at most {_NODES_MAX} fields and values", problem_mark=mark)
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


def line_of(mark: Any) -> int:
    """The line in the whole text: the head begins on its second."""
    return int(mark.line) + 2


def _line_of(head: str, line: int) -> str:
    lines = head.split("\n")
    found = lines[line - 2].strip() if 0 <= line - 2 < len(lines) else ""
    return found if len(found) <= _QUOTE_MAX else found[: _QUOTE_MAX - 1] + "…"
