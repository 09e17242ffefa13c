"""Copies of a SQLite database that is in use, and whether such a copy is sound."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from ploeg.domain.errors import Conflict, Unavailable
from ploeg.store.sqlite import make_private_file, sqlite_module


def copy_sqlite(path: Path, target: Path) -> None:
    """Copies one moment of the database, proven sound; its writer goes on meanwhile. Raises `Unavailable`."""
    module = sqlite_module()
    make_private_file(target)
    try:
        with closing(module.connect(path)) as source, closing(module.connect(target)) as copy:
            source.backup(copy)
    except (module.Error, OSError) as error:
        raise Unavailable(f"{path} cannot be copied: {error}") from None
    flaw = flaw_of_sqlite(target)
    if flaw is not None:
        raise Unavailable(f"the copy of {path} is not sound: {flaw}")


def flaw_of_sqlite(path: Path) -> str | None:
    """What is wrong with a SQLite file that nobody uses; None: it is whole, and its rows refer to what is there."""
    module = sqlite_module()
    try:
        with closing(module.connect(path)) as connection:
            (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
            orphan = connection.execute("PRAGMA foreign_key_check").fetchone()
    except module.Error as error:
        return str(error)
    if verdict != "ok":
        return str(verdict)
    return f"a row of {orphan[0]} refers to one of {orphan[2]} that is not there" if orphan is not None else None


def close_off_sqlite(path: Path) -> None:
    """Brings a database that nobody uses into its one file. `Conflict` if somebody does use it."""
    module = sqlite_module()
    try:
        with closing(module.connect(path, timeout=1.0)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
    except module.OperationalError:
        raise Conflict(f"{path} is in use; stop the server first") from None
