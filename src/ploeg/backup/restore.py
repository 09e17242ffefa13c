"""Brings a backup back: proves it first, then swaps it in, and puts what was there before aside."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from shutil import copyfile

from ploeg.backup import archive, database, encryption
from ploeg.backup.archive import Manifest
from ploeg.backup.make import TRANSCRIPTS
from ploeg.backup.workplace import workplace
from ploeg.domain.errors import Conflict, Invalid
from ploeg.settings import FILE, Settings
from ploeg.store.address import sqlite_path
from ploeg.store.copy import close_off_sqlite
from ploeg.store.migrate import revision_of
from ploeg.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    manifest: Manifest
    #: What stood there before and is kept under these names, for you to remove.
    put_aside: list[Path] = field(default_factory=list)


async def check(settings: Settings, source: Path, key_file: Path | None) -> Manifest:
    """Proves that the backup could be restored, and changes nothing. `Invalid` for one that could not."""
    async with workplace(settings.home_path) as work:
        return await _unpack(source, key_file, work)


async def restore(settings: Settings, source: Path, key_file: Path | None, *, replace: bool) -> Restored:
    """Puts database, transcripts and, where there are none, settings in their places, and brings the tables up to date.

    `Conflict` while a server runs on the database, or where data is in the way and `replace` was not said.
    """
    settings.home_path.mkdir(mode=0o700, parents=True, exist_ok=True)
    url = settings.effective_database_url
    async with workplace(settings.home_path) as work:
        manifest = await _unpack(source, key_file, work)
        if manifest.dialect != database.dialect_of(url):
            raise Invalid("backup", str(source), f"it is of a {manifest.dialect} database; set database_url to one")
        file = sqlite_path(url)
        if file is not None:
            put_aside = await asyncio.to_thread(_swap_file, work / database.SQLITE, file, replace)
        else:
            if not replace and await asyncio.to_thread(revision_of, url) is not None:
                raise _in_the_way("the database")
            await database.load_postgres(work / database.POSTGRES, url)
            put_aside = []
        put_aside += await asyncio.to_thread(_swap_transcripts, work / TRANSCRIPTS, settings.home_path / TRANSCRIPTS)
        if (work / FILE).exists() and not (settings.home_path / FILE).exists():
            copyfile(work / FILE, settings.home_path / FILE)
    await asyncio.to_thread(lambda: Store.open(url).close())
    return Restored(manifest=manifest, put_aside=put_aside)


async def _unpack(source: Path, key_file: Path | None, work: Path) -> Manifest:
    packed = source
    if source.suffix == encryption.SUFFIX:
        packed = work / "packed"
        await asyncio.to_thread(encryption.decrypt, source, packed, key_file)
    manifest = await asyncio.to_thread(archive.read, packed, work)
    dumped = work / (database.SQLITE if manifest.dialect == "sqlite" else database.POSTGRES)
    if not dumped.is_file():
        raise Invalid("backup", str(source), "there is no database in it")
    await database.check(dumped)
    return manifest


def _swap_file(restored: Path, place: Path, replace: bool) -> list[Path]:
    aside = []
    if place.exists():
        close_off_sqlite(place)
        if not replace and revision_of(f"sqlite:///{place}") is not None:
            raise _in_the_way(str(place))
        aside.append(_put_aside(place))
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _move(restored, place)
    return aside


def _swap_transcripts(restored: Path, place: Path) -> list[Path]:
    aside = [_put_aside(place)] if place.is_dir() and any(place.iterdir()) else []
    if restored.is_dir():
        if place.is_dir():
            place.rmdir()
        restored.rename(place)
    return aside


def _put_aside(place: Path) -> Path:
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    return place.rename(place.with_name(f"{place.name}.before-restore-{moment}"))


def _move(source: Path, place: Path) -> None:
    """Also from one file system to another; the file is there when it is whole."""
    half = place.with_name(place.name + ".part")
    copyfile(source, half)
    half.chmod(0o600)
    half.replace(place)


def _in_the_way(what: str) -> Conflict:
    return Conflict(f"{what} holds data already; say --replace to put it aside")
