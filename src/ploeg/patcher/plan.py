"""Reads the mechanical parts out of a plan in Markdown: fenced blocks, in document order, under their headings.

    ```diff                    a unified diff, applied by git
    ```python file=src/x.py    the whole new content of a file
    ```delete                  paths to delete, one a line
    ```sh                      a shell script, run in the workspace; `test` marks a test, `limit=60` its seconds

Anything else is for people. So is a fence whose info string has the word `example`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

SHELL_LIMIT = 600.0

_FENCE = re.compile(r"(?P<indent>[ \t]*)(?P<fence>`{3,}|~{3,})(?P<info>.*)")
_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+(?P<title>.*?)[ \t]*#*[ \t]*")
_DIFF = frozenset({"diff", "patch"})
_SHELL = frozenset({"sh", "bash", "shell"})


class Unclear(Exception):
    """A block that cannot be meant as it is written; names its line."""


@dataclass(frozen=True, slots=True)
class Diff:
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class WriteFile:
    line: int
    path: str
    content: str


@dataclass(frozen=True, slots=True)
class DeleteFiles:
    line: int
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shell:
    line: int
    script: str
    #: `bash` where the fence says so, else `sh`.
    program: str = "sh"
    is_test: bool = False
    #: Seconds.
    limit: float = SHELL_LIMIT


Block = Diff | WriteFile | DeleteFiles | Shell


@dataclass(frozen=True, slots=True)
class Section:
    """The blocks under one heading; they become one commit."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class _Fence:
    line: int
    info: str
    text: str


def read_plan(text: str) -> list[Section]:
    """The sections that hold mechanical parts. Raises `Unclear`."""
    sections: list[tuple[str, list[Block]]] = [("", [])]
    for part in _parts(text.replace("\r\n", "\n").split("\n")):
        if isinstance(part, str):
            sections.append((part, []))
        elif block := _block(part):
            sections[-1][1].append(block)
    return [Section(title, tuple(blocks)) for title, blocks in sections if blocks]


def _parts(lines: list[str]) -> Iterator[str | _Fence]:
    """Headings and fences."""
    numbered = iter(enumerate(lines, start=1))
    for number, line in numbered:
        if heading := _HEADING.fullmatch(line):
            yield heading["title"]
        elif (opening := _FENCE.fullmatch(line)) and "`" not in opening["info"]:
            yield _fence(number, opening, numbered)


def _fence(start: int, opening: re.Match[str], numbered: Iterable[tuple[int, str]]) -> _Fence:
    mark, indent = opening["fence"], len(opening["indent"])
    closing = re.compile(rf" {{0,3}}{re.escape(mark)}{re.escape(mark[0])}*[ \t]*")
    content: list[str] = []
    for _, line in numbered:
        line = _without_indent(line, indent)
        if closing.fullmatch(line):
            return _Fence(start, opening["info"].strip(), "".join(f"{kept}\n" for kept in content))
        content.append(line)
    raise Unclear(f"the block at line {start} of the plan is never closed")


def _without_indent(line: str, indent: int) -> str:
    """A fence inside a list is indented, and so is what it holds."""
    return line[min(indent, len(line) - len(line.lstrip(" \t"))) :]


def _block(fence: _Fence) -> Block | None:
    language, words, settings = _info(fence)
    if "example" in words:
        return None
    if "file" in settings:
        if not settings["file"]:
            raise Unclear(f"the block at line {fence.line} of the plan names no path after «file=»")
        return WriteFile(fence.line, settings["file"], fence.text)
    if language in _DIFF:
        return Diff(fence.line, fence.text)
    if language == "delete":
        paths = tuple(line.strip() for line in fence.text.splitlines() if line.strip())
        return DeleteFiles(fence.line, paths)
    if language in _SHELL:
        program = "bash" if language == "bash" else "sh"
        return Shell(fence.line, fence.text, program, "test" in words, _limit(fence, settings.get("limit")))
    return None


def _info(fence: _Fence) -> tuple[str, list[str], dict[str, str]]:
    try:
        words = shlex.split(fence.info)
    except ValueError:
        raise Unclear(f"the block at line {fence.line} of the plan has an open quote after its fence") from None
    language = words[0].lower() if words and "=" not in words[0] else ""
    settings = dict(word.split("=", 1) for word in words if "=" in word)
    return language, [word.lower() for word in words[1:] if "=" not in word], settings


def _limit(fence: _Fence, given: str | None) -> float:
    if given is None:
        return SHELL_LIMIT
    try:
        seconds = float(given)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise Unclear(f"the block at line {fence.line} of the plan has «limit={given}»; give seconds above zero")
    return seconds
