"""A PostgreSQL cluster for the tests: started once per process, one migrated template, one database per test."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg

from ploeg.store.store import Store

ACCOUNTS = ("postgres", "nobody")
#: In memory where there is such a place: a database per test is a few hundred files.
PLACE = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
LOCAL = "-c listen_addresses='' -c max_connections=200"
FAST = f"{LOCAL} -c fsync=off -c full_page_writes=off"


@dataclass
class Cluster:
    """Its socket folder; databases are made from the template."""

    folder: Path
    _numbers: count[int]

    def url(self, database: str) -> str:
        return f"postgresql://ploeg@/{database}?host={self.folder}"

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    @contextlib.contextmanager
    def database(self, template: str = "migrated") -> Iterator[str]:
        """The URL of a new database, dropped afterwards."""
        name = f"test_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        try:
            yield self.url(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")


def programs() -> Path | None:
    """The folder of `initdb` and its companions; None when PostgreSQL is not installed."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return folders[-1].parent if folders else None


@contextlib.contextmanager
def cluster(folder_of_programs: Path, settings: str = FAST, place: str | None = PLACE) -> Iterator[Cluster]:
    # Not pytest's own folder: a server that may not run as root could not reach it, and a socket's path must be short.
    folder = Path(tempfile.mkdtemp(prefix="ploeg-pg-", dir=place))
    account = _account()
    if account:
        shutil.chown(folder, account)
    data = folder / "data"

    def run(program: str, *arguments: str) -> None:
        command = [str(folder_of_programs / program), *arguments]
        # Output to a file: the server inherits it, and would hold a pipe open.
        with (folder.parent / f"{folder.name}.log").open("ab") as log:
            subprocess.run(command, check=True, user=account, cwd="/", env=_environment(), stdout=log, stderr=log)

    try:
        run("initdb", "-D", str(data), "-U", "ploeg", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        run("pg_ctl", "-D", str(data), "-w", "-t", "30", "-o", f"{settings} -k {folder}", "start")
        try:
            made = Cluster(folder, count(1))
            made.execute("CREATE DATABASE migrated")
            Store.open(made.url("migrated")).close()
            yield made
        finally:
            run("pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        (folder.parent / f"{folder.name}.log").unlink(missing_ok=True)


def _account() -> str | None:
    """Whom to be instead of root, as whom PostgreSQL refuses to run; None when that is not needed."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ACCOUNTS if name in known)


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
