"""How things look on a terminal: tables, times, and text of others made harmless."""

from __future__ import annotations

import json
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import click

_COLOURS = {
    "done": "green",
    "failed": "red",
    "cancelled": "yellow",
    "skipped": "yellow",
    "waiting": "yellow",
    "running": "cyan",
    "claimed": "cyan",
}


def harmless(text: str, *, lines: bool = False) -> str:
    """Text of others without anything that a terminal would obey: controls, and marks that turn writing around.

    They show as `\\x1b`. `lines` lets newlines and tabs stand.
    """
    allowed = "\n\t" if lines else ""
    if text.isprintable():
        return text
    return "".join(c if c in allowed or _shows(c) else c.encode("unicode_escape").decode() for c in text)


def say(text: str = "", *, err: bool = False) -> None:
    """One line; what it quotes of others must have gone through `harmless`."""
    click.echo(text, err=err)


def document(text: str) -> None:
    """A text of others to be kept: into a file or a pipe as it is, on a terminal made harmless."""
    click.echo(harmless(text, lines=True) if sys.stdout.isatty() else text, nl=not text.endswith("\n"))


def complain(text: str) -> None:
    click.echo(f"ploeg: {harmless(text, lines=True)}", err=True)


def size(count: float) -> str:
    """Bytes for people, in powers of ten."""
    if count < 1000:
        return f"{count:.0f} B"
    for unit in ("kB", "MB"):
        count /= 1000
        if count < 999.95:
            return f"{count:.1f} {unit}"
    return f"{count / 1000:.1f} GB"


def emit_json(value: Any) -> None:
    """The server's own shape, for programs."""
    click.echo(json.dumps(value, indent=2))


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """Columns as wide as their content; on a terminal the last one is cut at its edge."""
    cells = [[harmless("-" if cell in (None, "") else str(cell)) for cell in row] for row in rows]
    if not cells:
        say(empty, err=True)
        return
    widths = [max(_width(row[i]) for row in [list(headings), *cells]) for i in range(len(headings))]
    room = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for row in [[h.upper() for h in headings], *cells]:
        line = "  ".join(_padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()
        say(_coloured(_cut(line, room), row))


def record(pairs: Iterable[tuple[str, object]]) -> None:
    """Names and values under each other; what is empty is left out, what has lines is indented."""
    shown = [(name, harmless(str(value), lines=True)) for name, value in pairs if value not in (None, "", [], {})]
    width = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        first, *more = value.splitlines() or [""]
        say(f"{name:<{width}}  {first}")
        for line in more:
            say(" " * (width + 2) + line)


def dependencies(item: str, found: dict[str, Any], as_json: bool) -> None:
    """What an item needs done first, and what needs it."""
    if as_json:
        emit_json(found)
        return
    rows = [("needs", each["code"], each["status"], each["title"]) for each in found["needs"]]
    rows += [("needed by", each["code"], each["status"], each["title"]) for each in found["needed_by"]]
    table(("how", "code", "status", "title"), rows, empty=f"{item} needs nothing done first")


def status(text: str) -> str:
    colour = _COLOURS.get(text.lower())
    return click.style(text, fg=colour) if colour and sys.stdout.isatty() else text


def ago(moment: str | None) -> str:
    """`3 min ago` for a time as the API gives it."""
    if not moment:
        return "-"
    seconds = (datetime.now(UTC) - _moment(moment)).total_seconds()
    return f"{span(seconds)} ago" if seconds >= 0 else f"in {span(-seconds)}"


def seconds_between(start: str, end: str) -> float:
    return (_moment(end) - _moment(start)).total_seconds()


def span(seconds: float) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"


def _shows(character: str) -> bool:
    return character.isprintable() or unicodedata.category(character) == "Zs"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _cut(line: str, room: int | None) -> str:
    if room is None or _width(line) <= room:
        return line
    while _width(line) >= room:
        line = line[:-1]
    return line + "…"


def _coloured(line: str, row: Sequence[str]) -> str:
    """The line with its status word in colour, on a terminal."""
    word = next((cell for cell in row if cell in _COLOURS), None)
    if word is None or not sys.stdout.isatty():
        return line
    return line.replace(word, click.style(word, fg=_COLOURS[word]), 1)
