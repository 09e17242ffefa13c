"""Which database is in use, and what to know about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EngineInfo:
    #: `sqlite` or `postgresql`.
    dialect: str
    #: Version of the SQLite library, or of the PostgreSQL server.
    version: str
    #: Python module that speaks to it.
    driver: str
    #: Sentences for a person; empty when all is well.
    warnings: tuple[str, ...] = ()


def sqlite_warnings(version: str) -> tuple[str, ...]:
    """What is wrong with that SQLite.

    From 3.7.0 to 3.51.2 a reset of the write-ahead log can corrupt the file when one connection checkpoints while
    another commits; 3.44.6 and 3.50.7 have the cure.
    """
    number = tuple(int(part) for part in version.split("."))
    cured = number >= (3, 51, 3) or (3, 44, 6) <= number < (3, 45) or (3, 50, 7) <= number < (3, 51)
    if cured or number < (3, 7):
        return ()
    return (
        f"SQLite {version} has the WAL-reset bug (3.7.0 to 3.51.2). Ploeg writes through one connection, which avoids "
        "it: let no other program write to the file. The package pysqlite3 brings a SQLite without the bug",
    )
