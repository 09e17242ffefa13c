"""Runtimes by name."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint

import pytest

from ploeg.domain.errors import Invalid
from ploeg.runtimes import registry
from ploeg.runtimes.claude import Claude
from ploeg.runtimes.patch import Patch
from ploeg.runtimes.registry import available_runtimes, runtime_named, runtime_names


def test_the_built_in_runtimes_are_found_by_name() -> None:
    assert runtime_named("claude", claude_program="/opt/claude") == Claude(program="/opt/claude")
    assert runtime_named("patch") == Patch()
    assert runtime_names() == ["claude", "patch"]


@pytest.mark.parametrize("name", ["claud", "", "Claude", "codex"])
def test_an_unknown_runtime_is_refused_and_nothing_takes_its_place(name: str) -> None:
    with pytest.raises(Invalid, match="use one of claude, patch"):
        runtime_named(name)


def test_a_plug_in_is_a_runtime_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in = EntryPoint("mine", "ploeg.runtimes.patch:Patch", registry.GROUP)

    def installed(*, group: str, name: str | None = None) -> list[EntryPoint]:
        return [plug_in] if group == registry.GROUP and name in {None, "mine"} else []

    monkeypatch.setattr(registry, "entry_points", installed)
    assert runtime_named("mine") == Patch()
    assert runtime_names() == ["claude", "mine", "patch"]


def test_a_runtime_is_offered_where_its_program_is() -> None:
    assert available_runtimes("/nowhere") == {"patch": sys.executable}
