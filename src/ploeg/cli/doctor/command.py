"""`ploeg doctor`: looks at this machine and this installation, and says what to do about what it finds."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from ploeg.cli import options, render

if TYPE_CHECKING:
    from ploeg.cli.doctor.check import Check

_MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "failed": ("✗", "red")}


#: What the longest of the usual names takes.
_WIDTH = 20


@click.command()
@click.option("--settings", "list_settings", is_flag=True, help="List every setting and its value instead.")
@click.option("--deep", is_flag=True, help="Also push, call each agent's model, and send a message to each receiver.")
@options.as_json
def doctor(list_settings: bool, deep: bool, as_json: bool) -> int:
    """Check this machine and this installation.

    It exits 0 when nothing is broken (warnings allowed), else 1. With --deep it does what a first job needs, for real:
    it pushes an empty commit to each product's repository on a branch that it deletes again, has each account's agent
    answer one word, which costs next to nothing, and sends a message to each receiver of notices.

    \b
    Example:
      ploeg doctor --deep
    """
    if list_settings:
        _settings(as_json)
        return 0
    from ploeg.cli.doctor.rounds import checks

    found = []
    for check in checks(deep=deep):
        found.append(check)
        if not as_json:
            show(check)
    if as_json:
        render.emit_json([asdict(check) for check in found])
    return 1 if any(check.state == "failed" for check in found) else 0


def show(check: Check) -> None:
    mark, colour = _MARKS[check.state]
    render.say(f"{click.style(mark, fg=colour)} {check.name:<{_WIDTH}}  {render.harmless(check.found)}")
    if check.remedy:
        render.say(" " * (_WIDTH + 4) + render.harmless(check.remedy))


def _settings(as_json: bool) -> None:
    from ploeg.cli.session import current_settings
    from ploeg.settings import describe

    current = current_settings()
    rows = [(name, kind, getattr(current, name), default, text) for name, kind, default, text in describe()]
    if as_json:
        names = ("name", "type", "value", "default", "help")
        render.emit_json([dict(zip(names, row, strict=True)) for row in rows])
        return
    for name, _, value, default, text in rows:
        changed = click.style(" (set)", fg="cyan") if value != default and name != "home" else ""
        render.say(f"{name} = {render.harmless(_toml(value))}{changed}")
        if sys.stdout.isatty():
            render.say(click.style(f"    {text}", dim=True))


def _toml(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)
