"""`ploeg doctor`: looks at this machine and this installation, and says what to do about what it finds."""

from __future__ import annotations

import sys
from typing import Any

import click

from ploeg.cli import options, render

_MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "failed": ("✗", "red")}


@click.command()
@click.option("--settings", "list_settings", is_flag=True, help="List every setting and its value instead.")
@options.as_json
def doctor(list_settings: bool, as_json: bool) -> int:
    """Check this machine and this installation.

    It exits 0 when nothing is broken (warnings allowed), else 1.

    \b
    Example:
      ploeg doctor
    """
    if list_settings:
        _settings(as_json)
        return 0
    from ploeg.cli.checks import all_checks

    checks = all_checks()
    if as_json:
        render.emit_json([{"name": c.name, "state": c.state, "found": c.found, "remedy": c.remedy} for c in checks])
    else:
        width = max(len(check.name) for check in checks)
        for check in checks:
            mark, colour = _MARKS[check.state]
            found = render.harmless(check.found)
            render.say(f"{click.style(mark, fg=colour)} {check.name:<{width}}  {found}")
            if check.remedy:
                render.say(" " * (width + 4) + render.harmless(check.remedy))
    return 1 if any(check.state == "failed" for check in checks) else 0


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
