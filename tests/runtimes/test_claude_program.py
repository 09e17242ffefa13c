"""Where Claude Code's program is, in the ways it gets installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from ploeg.runtimes.claude import PLACEHOLDER_BYTES, Claude


def executable(path: Path, content: bytes = b"#!/bin/sh\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o755)
    return path


@pytest.fixture
def npm(tmp_path: Path) -> Path:
    """What npm makes: a link in `.bin` to the package's file."""
    package = tmp_path / "node_modules/@anthropic-ai/claude-code/bin/claude.exe"
    executable(package)
    link = tmp_path / "node_modules/.bin/claude"
    link.parent.mkdir()
    link.symlink_to("../@anthropic-ai/claude-code/bin/claude.exe")
    return tmp_path / "node_modules"


def test_where_npm_ran_no_scripts_the_binary_lies_in_the_package_beside(npm: Path) -> None:
    native = executable(npm / "@anthropic-ai/claude-code-linux-x64/claude")
    assert Claude().available(str(npm / ".bin")) == str(native)


def test_a_placeholder_without_a_binary_is_no_program(npm: Path) -> None:
    assert Claude().available(str(npm / ".bin")) is None


def test_where_npm_ran_its_scripts_the_binary_is_in_place(npm: Path) -> None:
    placed = executable(npm / "@anthropic-ai/claude-code/bin/claude.exe", b"\0" * PLACEHOLDER_BYTES)
    assert Claude().available(str(npm / ".bin")) == str(placed)


def test_links_are_followed_to_what_a_sandbox_must_read(tmp_path: Path) -> None:
    version = executable(tmp_path / "share/claude/versions/2.1.330")
    link = tmp_path / "bin/claude"
    link.parent.mkdir()
    link.symlink_to(version)
    assert Claude().available(str(link.parent)) == str(version)
    assert Claude(program=str(link)).available("") == str(version)


def test_a_program_that_is_not_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "claude").write_text("not executable")
    assert Claude().available(str(tmp_path)) is None
    assert Claude(program=str(tmp_path / "gone")).available(None) is None
