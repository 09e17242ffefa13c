"""What the doctor looks at on this machine: its files, programs and isolation."""

from __future__ import annotations

import asyncio
import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from ploeg import __version__
from ploeg.cli.doctor.check import Check, private
from ploeg.domain.errors import Unavailable
from ploeg.settings import Settings

OLDEST_GIT = (2, 30)
LITTLE_SPACE = 2 * 10**9
#: Settings that name a file with a secret in it.
SECRET_FILES = ("token_file", "git_credentials_file", "claude_token_file", "forge_tokens_file", "notices_file")


def python() -> Check:
    return Check("ploeg", "ok", f"{__version__} on Python {platform.python_version()} ({sys.executable})")


def home(settings: Settings) -> Iterator[Check]:
    place = settings.home_path
    if not place.exists():
        yield Check("home", "ok", f"{place} is not there yet; the first start makes it")
        return
    yield private("home", place, 0o700)
    if settings.credentials_path.exists():
        yield private("credentials", settings.credentials_path, 0o600)
    for name in SECRET_FILES:
        if file := getattr(settings, name):
            yield private(name, Path(file).expanduser(), 0o600)
    for said in settings.claude_accounts:
        account, _, file = said.partition("=")
        yield private(f"account {account}", Path(file).expanduser(), 0o600)
    free = shutil.disk_usage(place).free
    enough = free > LITTLE_SPACE
    yield Check("disk", "ok" if enough else "warning", f"{free / 1e9:.1f} GB free", "" if enough else "make room")


def sqlite(settings: Settings) -> Iterator[Check]:
    if settings.effective_database_url.startswith("postgres"):
        return
    from ploeg.store.info import sqlite_warnings
    from ploeg.store.sqlite import sqlite_module

    module = sqlite_module()
    version = str(module.sqlite_version)
    warnings = " ".join(sqlite_warnings(version))
    yield Check("sqlite", "warning" if warnings else "ok", f"{version} from {module.__name__}", warnings)


def git(settings: Settings) -> Iterator[Check]:
    from ploeg.workspace.process import run

    program = shutil.which("git")
    if program is None:
        yield Check("git", "failed", "not found", "install git; on Debian: apt-get install git")
        return
    said = asyncio.run(run([program, "--version"], cwd=Path("/"), env={"LC_ALL": "C"}, timeout=10)).stdout.decode()
    version = said.split()[2] if len(said.split()) > 2 else said.strip()
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if numbers < OLDEST_GIT:
        yield Check("git", "warning", f"{version} ({program})", "install git 2.30 or later")
    else:
        yield Check("git", "ok", f"{version} ({program})")


def sandbox(settings: Settings) -> Iterator[Check]:
    from ploeg.workspace.sandbox import probe

    try:
        backend = asyncio.run(probe())
    except Unavailable as error:
        found, _, remedy = str(error).partition("; ")
        yield Check("sandbox", "warning" if settings.sandbox == "none" else "failed", found, remedy)
        return
    if settings.sandbox == "none":
        yield Check("sandbox", "warning", "switched off by the settings", f"{backend.name} works here: use it")
    else:
        yield Check("sandbox", "ok", f"{backend.name} holds")


def runtimes(settings: Settings) -> Iterator[Check]:
    from ploeg.runtimes.registry import available_runtimes, runtime_names
    from ploeg.workspace.sandbox import NoIsolation, SandboxSpec

    # Where an agent would find them: this shell's PATH does not count.
    tool_paths = tuple(Path(path).expanduser().absolute() for path in settings.tool_paths)
    place = NoIsolation().around(SandboxSpec(workspace=settings.home_path / "workspaces", tool_paths=tool_paths))
    found = available_runtimes(place.search_path, claude_program=settings.claude_program)
    for name in runtime_names():
        if name in found:
            yield Check(f"runtime {name}", "ok", found[name])
        else:
            wanted = name in {settings.runtime, *settings.runtimes}
            remedy = "install it, or name its folder in tool_paths"
            yield Check(f"runtime {name}", "failed" if wanted else "warning", "program not found", remedy)
