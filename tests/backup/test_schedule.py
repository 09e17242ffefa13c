"""The server makes backups by itself, keeps some of them, and says so when it cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ploeg.backup import encryption, schedule
from ploeg.backup.folder import Kept, listed, name_for
from ploeg.backup.schedule import FIRST_AFTER, Backups
from ploeg.bootstrap.server import Server, build_server
from ploeg.settings import Settings
from tests.backup.conftest import Home

pytestmark = pytest.mark.anyio

Serving = Callable[[Settings], Server]


@pytest.fixture
def serving() -> Iterator[Serving]:
    servers = []

    def build(settings: Settings) -> Server:
        servers.append(build_server(settings))
        return servers[-1]

    yield build
    for server in servers:
        server.store.close()


async def test_old_backups_go_when_a_new_one_is_there(home: Home, serving: Serving) -> None:
    settings = home(backup_keep_daily=2, backup_keep_weekly=0, backup_keep_monthly=0)
    settings.backup_path.mkdir()
    now = datetime.now(UTC)
    for days in range(1, 6):
        (settings.backup_path / name_for(now - timedelta(days=days), encrypted=False)).touch()
    (settings.backup_path / "holiday.jpg").touch()
    assert await Backups(serving(settings).plane, settings).once()
    assert len(listed(settings.backup_path)) == 2
    assert (settings.backup_path / "holiday.jpg").exists()


async def test_the_next_one_is_due_an_interval_behind_the_newest(home: Home, serving: Serving) -> None:
    settings = home()
    backups = Backups(serving(settings).plane, settings)
    now = datetime.now(UTC)
    assert now < backups.due(now) <= now + FIRST_AFTER
    await backups.once()
    (newest,) = listed(settings.backup_path)
    assert backups.due(now + timedelta(days=1)) == newest.made_at + timedelta(hours=24)


async def test_a_clock_put_back_does_not_keep_backups_from_being_made(home: Home, serving: Serving) -> None:
    settings = home()
    backups = Backups(serving(settings).plane, settings)
    await backups.once()
    long_ago = datetime.now(UTC) - timedelta(days=400)
    assert backups.due(long_ago) == long_ago + timedelta(hours=24)


async def test_backups_that_fail_for_days_are_told_once(home: Home, serving: Serving) -> None:
    settings = home()
    server = serving(settings)
    settings.backup_path.mkdir()
    (settings.backup_path / name_for(datetime.now(UTC) - timedelta(days=3), encrypted=False)).touch()
    settings.backup_path.chmod(0o700)
    broken = home(backup_folder=str(settings.home_path / "ploeg.db" / "inside-a-file"))
    backups = Backups(server.plane, broken, began=datetime.now(UTC) - timedelta(days=3))
    assert not await backups.once()
    assert not await backups.once()
    told = [event.type for event in server.store.read_blocking(lambda tx: tx.events.after(0, None))]
    assert told.count("backup.failed") == 2
    assert told.count("backup.stale") == 1


async def test_no_interval_means_no_backups(home: Home, serving: Serving) -> None:
    settings = home(backup_every_hours=0)
    await Backups(serving(settings).plane, settings).run()
    assert listed(settings.backup_path) == []


async def test_a_disk_that_is_full_while_it_is_encrypted_fails_one_backup_and_no_more(
    home: Home, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, public = encryption.new_key()
    settings = home(backup_recipients=[public])
    server = serving(settings)
    real = encryption.encrypt
    monkeypatch.setattr(encryption, "encrypt", lambda source, _, keys: real(source, Path("/dev/full"), keys))
    assert not await Backups(server.plane, settings).once()
    told = server.store.read_blocking(lambda tx: tx.events.after(0, None))
    assert "No space left" in next(event.data["reason"] for event in told if event.type == "backup.failed")


async def test_a_folder_that_cannot_be_read_for_a_while_ends_no_later_backups(
    home: Home, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = home(backup_every_hours=1)
    backups = Backups(serving(settings).plane, settings, began=datetime.now(UTC) - timedelta(days=1))

    def away(_: Path) -> list[Kept]:
        raise OSError("the network drive is away")

    monkeypatch.setattr(schedule, "listed", away)
    assert backups.due(datetime.now(UTC)) <= datetime.now(UTC)
