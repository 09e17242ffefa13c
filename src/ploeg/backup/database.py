"""The database's part of a backup: SQLite's file, or what PostgreSQL's own `pg_dump` writes."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

from ploeg.domain.errors import Invalid, Unavailable
from ploeg.store.address import sqlite_path, without_password
from ploeg.store.copy import copy_sqlite, flaw_of_sqlite
from ploeg.workspace.process import run

SQLITE, POSTGRES = "ploeg.db", "ploeg.dump"
#: Seconds that PostgreSQL's programs may take.
_PATIENCE = 6 * 3600.0


def dialect_of(url: str) -> str:
    return "postgresql" if sqlite_path(url) is None else "sqlite"


async def dump(url: str, folder: Path) -> Path:
    """Puts one moment of the database into that folder; the server goes on meanwhile."""
    file = sqlite_path(url)
    if file is not None:
        if not await asyncio.to_thread(file.exists):
            raise Invalid("database_url", str(file), "it is not there yet; start the server once")
        await asyncio.to_thread(copy_sqlite, file, folder / SQLITE)
        return folder / SQLITE
    target = folder / POSTGRES
    await _postgres("pg_dump", url, folder, "--format=custom", "--no-owner", f"--file={target}")
    return target


async def check(dumped: Path) -> None:
    """Raises `Unavailable` if nobody could restore that."""
    if dumped.name == SQLITE:
        flaw = await asyncio.to_thread(flaw_of_sqlite, dumped)
        if flaw is not None:
            raise Unavailable(f"the database in the backup is not sound: {flaw}")
    elif (program := shutil.which("pg_restore")) is not None:
        ended = await run([program, "--list", str(dumped)], cwd=dumped.parent, env=_environment(), timeout=_PATIENCE)
        if ended.code != 0:
            raise Unavailable("the database in the backup cannot be read by pg_restore")


async def load_postgres(dumped: Path, url: str) -> None:
    """Replaces the tables of that database, all of them or none."""
    how = ("--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error")
    await _postgres("pg_restore", url, dumped.parent, *how, str(dumped))


async def _postgres(name: str, url: str, folder: Path, *arguments: str) -> None:
    where, password = without_password(url)
    program = shutil.which(name)
    if program is None:
        raise Invalid("database_url", where, f"{name} is missing; install PostgreSQL's client programs")
    env = _environment()
    pass_file = folder / ".pgpass"
    if password is not None:
        escaped = password.replace("\\", "\\\\").replace(":", "\\:")
        with os.fdopen(os.open(pass_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(f"*:*:*:*:{escaped}\n")
        env["PGPASSFILE"] = str(pass_file)
    try:
        ended = await run([program, f"--dbname={where}", *arguments], cwd=folder, env=env, timeout=_PATIENCE)
    finally:
        pass_file.unlink(missing_ok=True)
    if ended.code != 0:
        last = ended.stderr.decode(errors="replace").strip().splitlines()[-1:] or [f"exit {ended.code}"]
        raise Unavailable(f"{name} did not succeed: {last[0]}")


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}
