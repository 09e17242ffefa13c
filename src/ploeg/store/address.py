"""Where a database is, as the settings say it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from ploeg.domain.errors import Invalid


def address(url: str) -> URL:
    """`sqlite:///path` or `postgresql://…`, without the name of a driver. Raises `Invalid`."""
    remedy = "give sqlite:///path/to/file.db or postgresql://user@host/database"
    try:
        parsed = make_url(url.replace("postgres://", "postgresql://", 1) if url.startswith("postgres://") else url)
    except ArgumentError:
        raise Invalid("database_url", "…", remedy) from None
    backend = parsed.drivername.partition("+")[0]
    in_memory = parsed.database in {None, "", ":memory:"}
    if backend not in {"sqlite", "postgresql"} or (backend == "sqlite" and in_memory):
        raise Invalid("database_url", parsed.render_as_string(), remedy)
    return parsed.set(drivername=backend)


def sqlite_path(url: str) -> Path | None:
    """The file of a SQLite database; None for another one."""
    where = address(url)
    return Path(where.database or "").absolute() if where.get_backend_name() == "sqlite" else None


def without_password(url: str) -> tuple[str, str | None]:
    """A PostgreSQL URL fit for an argument of its own programs, and the password that it carried."""
    where = address(url)
    return where.set(password=None).render_as_string(hide_password=False), where.password
