"""What the doctor looks at, one function a thing."""

from __future__ import annotations

import asyncio
import platform
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ploeg import __version__
from ploeg.cli.session import current_settings, signed_in
from ploeg.domain.errors import PloegError, Unauthenticated, Unavailable
from ploeg.settings import Settings

if TYPE_CHECKING:
    from ploeg.forges.registry import Forges

OLDEST_GIT = (2, 30)
LITTLE_SPACE = 2 * 10**9


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. `remedy` is empty when there is nothing to do."""

    name: str
    state: Literal["ok", "warning", "failed"]
    found: str
    remedy: str = ""


def all_checks() -> list[Check]:
    """Everything, in the order of reading; settings that cannot be read end it."""
    found = [_python()]
    try:
        settings = current_settings()
    except PloegError as error:
        return [*found, Check("settings", "failed", str(error))]
    looks: tuple[Callable[[Settings], Iterator[Check]], ...] = (
        _home,
        _sqlite,
        _git,
        _sandbox,
        _runtimes,
        _server,
        _forges,
    )
    for look in looks:
        try:
            found += look(settings)
        except (PloegError, OSError) as error:
            found.append(Check(look.__name__.strip("_"), "failed", str(error)))
    return found


def _python() -> Check:
    return Check("ploeg", "ok", f"{__version__} on Python {platform.python_version()} ({sys.executable})")


def _home(settings: Settings) -> Iterator[Check]:
    home = settings.home_path
    if not home.exists():
        yield Check("home", "ok", f"{home} is not there yet; the first start makes it")
        return
    yield _private("home", home, 0o700)
    if settings.credentials_path.exists():
        yield _private("credentials", settings.credentials_path, 0o600)
    for name in ("token_file", "git_credentials_file", "claude_token_file", "forge_tokens_file"):
        if file := getattr(settings, name):
            path = Path(file).expanduser()
            yield _private(name, path, 0o600) if path.exists() else Check(name, "failed", f"{path} is not there")
    free = shutil.disk_usage(home).free
    enough = free > LITTLE_SPACE
    yield Check("disk", "ok" if enough else "warning", f"{free / 1e9:.1f} GB free", "" if enough else "make room")


def _private(name: str, path: Path, mode: int) -> Check:
    actual = stat.S_IMODE(path.stat().st_mode)
    if actual & 0o077:
        return Check(name, "failed", f"{path} can be read by others (mode {actual:o})", f"chmod {mode:o} {path}")
    return Check(name, "ok", f"{path} (mode {actual:o})")


def _sqlite(settings: Settings) -> Iterator[Check]:
    if settings.effective_database_url.startswith("postgres"):
        return
    from ploeg.store.info import sqlite_warnings
    from ploeg.store.sqlite import sqlite_module

    module = sqlite_module()
    version = str(module.sqlite_version)
    warnings = " ".join(sqlite_warnings(version))
    yield Check("sqlite", "warning" if warnings else "ok", f"{version} from {module.__name__}", warnings)


def _git(settings: Settings) -> Iterator[Check]:
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


def _sandbox(settings: Settings) -> Iterator[Check]:
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


def _runtimes(settings: Settings) -> Iterator[Check]:
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


def _server(settings: Settings) -> Iterator[Check]:
    try:
        client = signed_in()
        server = client.get("/server")
    except Unauthenticated as error:
        yield Check("server", "warning", "not signed in", str(error))
        return
    except Unavailable as error:
        found, _, remedy = str(error).partition("; ")
        yield Check("server", "warning", found, remedy)
        return
    database = server["database"]
    warnings = "; ".join(database["warnings"])
    yield Check("server", "ok", f"{server['version']} at {client.url}")
    shown = f"{database['dialect']} {database['version']}"
    yield Check("database", "warning" if warnings else "ok", shown, warnings)
    online = [worker for worker in client.get("/workers")["items"] if worker["online"]]
    if online:
        yield Check("workers", "ok", ", ".join(f"{w['hostname']} ({w['state']})" for w in online))
    else:
        yield Check("workers", "warning", "none is online", "start one: `ploeg worker`, or `ploeg up`")


def _forges(settings: Settings) -> Iterator[Check]:
    """Asked from this machine, so it says what a server finds only where the server runs."""
    if not settings.forge_tokens_file:
        return
    from ploeg.forges.registry import Forges

    forges = Forges.load(Path(settings.forge_tokens_file).expanduser())
    try:
        products = signed_in().get("/products")["items"]
    except PloegError as error:
        yield Check("forges", "warning", f"{len(forges.origins)} in the file, none of them asked", str(error))
        return
    wanting = [product for product in products if product["auto_pr"] and product["repo_url"]]
    found = asyncio.run(_asked(forges, [product["repo_url"] for product in wanting]))
    if not wanting:
        yield Check("forges", "ok", f"{', '.join(forges.origins) or 'none'}; no product has auto_pr")
    for product, check in zip(wanting, found, strict=True):
        yield replace(check, name=f"forge {product['code']}")


async def _asked(forges: Forges, repo_urls: list[str]) -> list[Check]:
    from ploeg.forges.base import ForgeError

    async def ask(repo_url: str) -> Check:
        try:
            async with forges.on(repo_url) as forge:
                repository = await forge.repository()
        except ForgeError as error:
            return Check("", "failed", error.reason, f"see `forge_tokens_file` ({error.trouble})")
        if not repository.writable:
            return Check("", "warning", f"{repo_url}: may be read only", "give the token write access to it")
        return Check("", "ok", f"{repo_url} (default branch {repository.default_branch})")

    return await asyncio.gather(*map(ask, repo_urls))
