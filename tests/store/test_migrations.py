"""The migrations make what the tables say, on both databases, once, and without harm to what is there."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from alembic import command
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, create_engine, text

from ploeg.domain.errors import Invalid, Unavailable
from ploeg.store import migrate
from ploeg.store.store import Store
from tests.store import postgres
from tests.store.installation import product, user

#: The newest revision that this program has.
HEAD = ScriptDirectory(str(Path(migrate.__file__).parent / "migrations")).get_current_head()
A_COLUMN = """
    rebuild = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("users", recreate=rebuild) as users:
        users.add_column(sa.Column("nickname", sa.Text()))
"""
HALF_A_TABLE = """
    op.create_table("half", sa.Column("id", sa.Integer(), primary_key=True))
    op.execute("DELETE FROM users")
"""
OPEN = "import sys; from ploeg.store.store import Store; Store.open(sys.argv[1]).close()"


@pytest.fixture(params=["sqlite", "postgres"])
def two_empty_databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'one.db'}", f"sqlite:///{tmp_path / 'two.db'}"
    else:
        cluster: postgres.Cluster = request.getfixturevalue("postgres_cluster")
        with cluster.database("template0") as one, cluster.database("template0") as two:
            yield one, two


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"), poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


def test_the_migrations_make_exactly_the_tables_that_a_new_database_gets(two_empty_databases: tuple[str, str]) -> None:
    migrated, new = two_empty_databases
    Store.open(new).close()
    with connected(new) as connection:
        wanted = everything_in(connection)
        assert MigrationContext.configure(connection).get_current_revision() == HEAD
    with connected(migrated) as connection:
        command.upgrade(migrate.configuration(connection), "head")
        connection.commit()
        command.check(migrate.configuration(connection))
        assert everything_in(connection) == wanted, "Alembic passes over what a partial index holds"


def test_a_database_that_is_up_to_date_is_left_alone(two_empty_databases: tuple[str, str]) -> None:
    url, _ = two_empty_databases
    Store.open(url).close()
    store = Store.open(url)
    ada = user()
    store.write_blocking(lambda tx: tx.people.add_user(ada))
    store.close()
    store = Store.open(url)
    assert store.read_blocking(lambda tx: tx.people.users()) == [ada]
    store.close()


def test_processes_that_open_a_new_database_together_migrate_it_once(two_empty_databases: tuple[str, str]) -> None:
    url, _ = two_empty_databases
    opening = [subprocess.Popen([sys.executable, "-c", OPEN, url], stderr=subprocess.PIPE) for _ in range(4)]
    answers = [process.communicate(timeout=60)[1].decode() for process in opening]
    assert [process.returncode for process in opening] == [0, 0, 0, 0], answers
    with connected(url) as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar_one() == 1


def test_a_database_of_a_newer_ploeg_is_refused(two_empty_databases: tuple[str, str]) -> None:
    url, _ = two_empty_databases
    Store.open(url).close()
    with connected(url) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.commit()
    with pytest.raises(Invalid, match=r"a newer Ploeg wrote it \(revision 9999\)"):
        Store.open(url)


def test_another_programs_database_is_refused(two_empty_databases: tuple[str, str]) -> None:
    url, _ = two_empty_databases
    with connected(url) as connection:
        connection.execute(text("CREATE TABLE users (id INTEGER)"))
        connection.commit()
    with pytest.raises(Invalid, match="another program's tables"):
        Store.open(url)


def test_a_migration_that_fails_leaves_the_database_as_it_was(
    two_empty_databases: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, _ = two_empty_databases
    Store.open(url).close()
    with connected(url) as connection:
        before = everything_in(connection)
    with monkeypatch.context() as broken:
        _add_a_migration(tmp_path / "migrations", broken, HALF_A_TABLE + "    1 // 0\n")
        with pytest.raises(ZeroDivisionError):
            Store.open(url)
    with connected(url) as connection:
        assert everything_in(connection) == before
    Store.open(url).close()


def test_a_process_killed_in_a_migration_leaves_the_database_to_the_next(
    two_empty_databases: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, _ = two_empty_databases
    Store.open(url).close()
    with monkeypatch.context() as deadly:
        folder = _add_a_migration(tmp_path / "deadly", deadly, HALF_A_TABLE + "    os.kill(os.getpid(), 9)\n")
    code = (
        f"from pathlib import Path; from ploeg.store import migrate; migrate._SCRIPTS = Path({str(folder)!r}); {OPEN}"
    )
    killed = subprocess.run([sys.executable, "-c", code, url], timeout=60, check=False)
    assert killed.returncode == -9
    _add_a_migration(tmp_path / "good", monkeypatch)
    Store.open(url).close()
    with connected(url) as connection:
        names = [name for name, _ in everything_in(connection)]
        assert connection.execute(text("SELECT count(*) FROM users WHERE nickname IS NULL")).scalar_one() == 0
    assert not [name for name in names if name.startswith("half")]


def test_a_file_is_copied_before_a_migration_changes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ploeg.db"
    store = Store.open(f"sqlite:///{path}")
    ada = user()
    store.write_blocking(lambda tx: (tx.people.add_user(ada), tx.products.add(product(ada))))
    store.close()
    assert not list(tmp_path.glob("*.backup")), "a new file holds nothing to copy"

    _add_a_migration(tmp_path / "migrations", monkeypatch)
    Store.open(f"sqlite:///{path}").close()

    (copy,) = tmp_path.glob("*.backup")
    assert copy.name.startswith(f"ploeg.db.{HEAD}.")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT username FROM users").fetchall() == [(ada.username,)]
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (HEAD,)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT username, nickname FROM users").fetchall() == [(ada.username, None)]
        assert connection.execute("SELECT owner_id FROM products").fetchall() == [(ada.id,)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    Store.open(f"sqlite:///{path}").close()
    assert len(list(tmp_path.glob("*.backup"))) == 1


def test_no_copy_is_made_when_none_is_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ploeg.db"
    Store.open(f"sqlite:///{path}").close()
    _add_a_migration(tmp_path / "migrations", monkeypatch)
    Store.open(f"sqlite:///{path}", backup=False).close()
    assert not list(tmp_path.glob("*.backup"))


def test_nobody_else_on_the_machine_can_read_the_file(tmp_path: Path) -> None:
    path = tmp_path / "home" / "ploeg.db"
    previous = os.umask(0)
    try:
        Store.open(f"sqlite:///{path}").close()
    finally:
        os.umask(previous)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "ploeg.db"
    path.write_text("not a database\n" * 1000)
    with pytest.raises(Unavailable, match="not a database"):
        Store.open(f"sqlite:///{path}")
    assert path.read_text().startswith("not a database")


def test_a_place_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="cannot be opened"):
        Store.open(f"sqlite:///{tmp_path / 'file' / 'ploeg.db'}")


@pytest.mark.parametrize("url", ["", "nonsense", "sqlite://", "sqlite:///:memory:", "mysql://u:secret@host/db"])
def test_a_url_that_names_no_database_of_ours_is_invalid(url: str) -> None:
    with pytest.raises(Invalid, match="database_url") as caught:
        Store.open(url)
    assert "secret" not in str(caught.value)


def test_a_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as caught:
        Store.open(f"postgresql://ploeg:secret@/db?host={tmp_path}")
    assert "secret" not in str(caught.value)


def everything_in(connection: Connection) -> list[tuple[str, str]]:
    """Tables, columns, constraints and indexes as the database itself writes them down, by name."""
    if connection.dialect.name == "sqlite":
        statement = "SELECT tbl_name || ' ' || name, sql FROM sqlite_master WHERE sql IS NOT NULL"
    else:
        statement = """
            SELECT tablename || ' ' || indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
            UNION ALL SELECT conrelid::regclass || ' ' || conname, pg_get_constraintdef(oid)
                FROM pg_constraint WHERE connamespace = 'public'::regnamespace
            UNION ALL SELECT table_name || ' ' || column_name,
                concat_ws(' ', ordinal_position, data_type, is_nullable, column_default)
                FROM information_schema.columns WHERE table_schema = 'public'"""
    rows = connection.execute(text(statement))
    found = [(name, _lines_in_order(definition)) for name, definition in rows]
    return sorted(row for row in found if not row[0].startswith(("alembic_version", "sqlite_")))


def _lines_in_order(definition: str) -> str:
    """A table is the same whatever the order of its constraints, and whether names stand in quotes."""
    first, *others = (line.strip().rstrip(",") for line in definition.replace('"', "").splitlines())
    columns = [line for line in others if not line.startswith("CONSTRAINT")]
    constraints = sorted(line for line in others if line.startswith("CONSTRAINT"))
    return "\n".join([first, *columns, *constraints])


def _add_a_migration(folder: Path, monkeypatch: pytest.MonkeyPatch, body: str = A_COLUMN) -> Path:
    """The program's migrations and one more, as the next release may have it."""
    shutil.copytree(Path(migrate.__file__).parent / "migrations", folder)
    (folder / "versions" / "9998_next.py").write_text(
        "import os\n"
        "import sqlalchemy as sa\n"
        "from alembic import op\n"
        f"revision, down_revision = '9998', '{HEAD}'\n"
        "def upgrade():\n" + body
    )
    monkeypatch.setattr(migrate, "_SCRIPTS", folder)
    return folder
