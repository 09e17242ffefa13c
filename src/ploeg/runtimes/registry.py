"""Every runtime by name: the built-in ones and plug-ins (entry points `ploeg.runtimes`).

A plug-in's entry point is called without arguments and gives a `Runtime`; a built-in of the same name wins.
"""

from __future__ import annotations

from importlib.metadata import entry_points

from ploeg.domain.errors import Invalid
from ploeg.runtimes.base import Runtime
from ploeg.runtimes.claude import Claude
from ploeg.runtimes.patch import Patch

GROUP = "ploeg.runtimes"


def runtime_named(name: str, *, claude_program: str = "claude") -> Runtime:
    """The runtime of that name; `Invalid` names those there are. There is no default to fall back to."""
    match name:
        case Claude.name:
            return Claude(program=claude_program)
        case Patch.name:
            return Patch()
    for plug_in in entry_points(group=GROUP, name=name):
        runtime: Runtime = plug_in.load()()
        return runtime
    raise Invalid("runtime", name, f"use one of {', '.join(runtime_names())}")


def runtime_names() -> list[str]:
    plug_ins = {plug_in.name for plug_in in entry_points(group=GROUP)}
    return sorted({Claude.name, Patch.name} | plug_ins)


def available_runtimes(path: str | None = None, *, claude_program: str = "claude") -> dict[str, str]:
    """Name -> program, of every runtime whose program is found on that search path."""
    found = {name: runtime_named(name, claude_program=claude_program).available(path) for name in runtime_names()}
    return {name: program for name, program in found.items() if program is not None}
