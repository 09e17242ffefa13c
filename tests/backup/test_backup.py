"""A backup is one file, and what comes back from it is what there was."""

from __future__ import annotations

import gzip
import io
import stat
import tarfile
from pathlib import Path
from typing import Any

import pytest
from alembic import command

from ploeg.backup import encryption
from ploeg.backup.folder import listed
from ploeg.backup.make import Made, make
from ploeg.backup.restore import check, restore
from ploeg.backup.workplace import workplace
from ploeg.domain.errors import Conflict, Invalid, Unavailable
from ploeg.settings import Settings
from ploeg.store.migrate import configuration
from ploeg.store.store import Store
from ploeg.store.transaction import Transaction
from tests.backup.conftest import Home
from tests.store.installation import user
from tests.store.test_migrations import connected

pytestmark = pytest.mark.anyio


async def test_what_comes_back_on_either_database_is_what_there_was(
    database_url: str, home: Home, postgres_cluster: Any
) -> None:
    settings = home(database_url=database_url)
    before = lived_in(settings)
    made = await make(settings)
    assert made.manifest.dialect == ("sqlite" if database_url.startswith("sqlite") else "postgresql")
    assert (await check(settings, made.path, None)).entries == made.manifest.entries
    if database_url.startswith("sqlite"):
        assert names(await restored(home("new"), made)) == before
    else:
        with postgres_cluster.database() as url:
            assert names(await restored(home("new", database_url=url), made, replace=True)) == before


async def test_the_server_writes_on_while_it_is_backed_up(home: Home) -> None:
    settings = home()
    before = lived_in(settings)
    store = Store.open(settings.effective_database_url)
    store.write_blocking(add_somebody)
    made = await make(settings)
    store.write_blocking(add_somebody)
    store.close()
    assert names(await restored(home("new"), made)) > before


async def test_transcripts_and_settings_come_along_and_the_databases_password_does_not(home: Home) -> None:
    settings = home()
    lived_in(settings)
    (settings.home_path / "ploeg.toml").write_text('port = 7461\ndatabase_url = "postgresql://me:hush@db/ploeg"\n')
    made = await make(settings)
    new = await restored(home("new"), made)
    assert (new.home_path / "transcripts/J-1/1.jsonl").read_text() == '{"text": "hello"}\n'
    assert (new.home_path / "ploeg.toml").read_text() == "port = 7461\n"
    assert b"hush" not in gzip.decompress(made.path.read_bytes())


@pytest.mark.parametrize(
    "said",
    [
        '"database_url" = "postgresql://me:hush@db/ploeg"',
        'database_url = """\npostgresql://me:hush@db/ploeg"""',
        '"database\\u005furl" = "postgresql://me:hush@db/ploeg"',
    ],
)
async def test_however_the_settings_write_the_databases_url_no_backup_holds_it(home: Home, said: str) -> None:
    settings = home()
    lived_in(settings)
    (settings.home_path / "ploeg.toml").write_text(f"port = 7461\n{said}\n")
    made = await make(settings)
    assert b"hush" not in gzip.decompress(made.path.read_bytes())
    assert await check(settings, made.path, None)


async def test_only_its_owner_can_read_a_backup_and_nothing_is_left_beside_it(home: Home) -> None:
    settings = home()
    lived_in(settings)
    made = await make(settings)
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert [kept.path for kept in listed(settings.backup_path)] == [made.path]
    assert list(settings.backup_path.iterdir()) == [made.path]
    assert not (settings.home_path / ".backup").exists()


async def test_an_encrypted_backup_opens_with_its_secret_key_alone(home: Home, tmp_path: Path) -> None:
    secret, public = encryption.new_key()
    wrong, _ = encryption.new_key()
    settings = home(backup_recipients=[public])
    lived_in(settings)
    made = await make(settings)
    assert made.path.name.endswith(".tar.gz.age")
    assert not tarfile.is_tarfile(made.path)
    (tmp_path / "key").write_text(f"# public key: {public}\n{secret}\n")
    (tmp_path / "wrong").write_text(wrong)
    await check(settings, made.path, tmp_path / "key")
    for key, said in ((None, "name the file"), (tmp_path / "wrong", "does not open"), (tmp_path, "cannot be read")):
        with pytest.raises(Invalid, match=said):
            await check(settings, made.path, key)


async def test_a_recipient_that_is_no_key_is_refused_before_anything_is_written(home: Home) -> None:
    settings = home(backup_recipients=["age1nonsense"])
    with pytest.raises(Invalid, match="backup_recipients"):
        await make(settings)
    assert not settings.backup_path.exists()


@pytest.mark.parametrize("harm", ["truncated", "changed", "not ours", "tricky"])
async def test_a_damaged_backup_is_refused_and_changes_nothing(home: Home, harm: str, tmp_path: Path) -> None:
    settings = home()
    lived_in(settings)
    made = await make(settings)
    damaged = tmp_path / "damaged.tar.gz"
    HARM[harm](made.path, damaged)
    new = home("new")
    with pytest.raises(Invalid, match="backup"):
        await restore(new, damaged, None, replace=True)
    assert not (new.home_path / "ploeg.db").exists()


async def test_a_restore_puts_what_was_there_aside_and_asks_before(home: Home) -> None:
    settings = home()
    before = lived_in(settings)
    made = await make(settings)
    store = Store.open(settings.effective_database_url)
    store.write_blocking(add_somebody)
    store.close()
    after = names(settings)
    with pytest.raises(Conflict, match="--replace"):
        await restore(settings, made.path, None, replace=False)
    done = await restore(settings, made.path, None, replace=True)
    assert names(settings) == before
    aside = {path.name.split(".before")[0]: path for path in done.put_aside}
    assert set(aside) == {"ploeg.db", "transcripts"}
    assert names(home("home", database_url=f"sqlite:///{aside['ploeg.db']}")) == after


async def test_nothing_is_restored_under_a_running_server(home: Home) -> None:
    settings = home()
    lived_in(settings)
    made = await make(settings)
    store = Store.open(settings.effective_database_url)
    store.read_blocking(lambda tx: tx.people.users())
    with pytest.raises(Conflict, match="stop the server"):
        await restore(settings, made.path, None, replace=True)
    store.close()


async def test_two_backups_at_once_do_not_meet(home: Home) -> None:
    settings = home()
    lived_in(settings)
    async with workplace(settings.home_path):
        with pytest.raises(Conflict, match="another backup"):
            await make(settings)


async def test_a_folder_that_cannot_be_written_is_said(home: Home, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings = home(backup_folder=str(tmp_path / "file" / "backups"))
    lived_in(settings)
    with pytest.raises(Unavailable, match="could not be written"):
        await make(settings)


async def test_an_older_backup_is_brought_up_to_date(home: Home) -> None:
    """The tables of a backup may be those of an earlier version."""
    settings = home()
    with connected(settings.effective_database_url) as connection:
        command.upgrade(configuration(connection), "0003")
        connection.commit()
    made = await make(settings)
    assert made.manifest.revision == "0003"
    new = await restored(home("new"), made)
    assert names(new) == set()


def lived_in(settings: Settings) -> set[str]:
    """The names of those who live there; there is a transcript as well."""
    store = Store.open(settings.effective_database_url)
    for _ in range(3):
        store.write_blocking(add_somebody)
    store.close()
    transcript = settings.home_path / "transcripts" / "J-1" / "1.jsonl"
    transcript.parent.mkdir(parents=True)
    transcript.write_text('{"text": "hello"}\n')
    return names(settings)


def add_somebody(tx: Transaction) -> None:
    tx.people.add_user(user())


def names(settings: Settings) -> set[str]:
    store = Store.open(settings.effective_database_url)
    try:
        return {each.username for each in store.read_blocking(lambda tx: tx.people.users())}
    finally:
        store.close()


async def restored(settings: Settings, made: Made, *, replace: bool = False) -> Settings:
    await restore(settings, made.path, None, replace=replace)
    return settings


def _truncated(source: Path, target: Path) -> None:
    data = source.read_bytes()
    target.write_bytes(data[: len(data) // 2])


def _changed(source: Path, target: Path) -> None:
    """Packed anew with another byte in the database; its sums are gzip's own again."""
    _packed_anew(source, target, lambda name, data: data[:-1] + b"!" if name == "ploeg.db" else data)


def _tricky(source: Path, target: Path) -> None:
    _packed_anew(source, target, lambda name, data: data, rename={"transcripts/J-1/1.jsonl": "../../outside"})


def _packed_anew(source: Path, target: Path, change: Any, rename: Any = None) -> None:
    with tarfile.open(source) as old, tarfile.open(target, "w:gz") as new:
        for header in old:
            content = old.extractfile(header)
            assert content is not None
            data = change(header.name, content.read())
            header.name = (rename or {}).get(header.name, header.name)
            new.addfile(header, io.BytesIO(data))


HARM: dict[str, Any] = {
    "truncated": _truncated,
    "changed": _changed,
    "tricky": _tricky,
    "not ours": lambda source, target: target.write_bytes(gzip.compress(b"hello")),
}
