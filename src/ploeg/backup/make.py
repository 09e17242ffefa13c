"""Makes a backup: the database as it is at one moment, the transcripts, and the settings; never a secret."""

from __future__ import annotations

import asyncio
import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ploeg import __version__
from ploeg.backup import archive, database, encryption
from ploeg.backup.archive import Manifest, Member
from ploeg.backup.folder import name_for
from ploeg.backup.workplace import workplace
from ploeg.domain.errors import Invalid, Unavailable
from ploeg.settings import FILE, Settings
from ploeg.store.migrate import revision_of

TRANSCRIPTS = "transcripts"
_DATABASE_URL = "database_url"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    path: Path
    bytes: int
    manifest: Manifest
    encrypted: bool


async def make(settings: Settings, target: Path | None = None) -> Made:
    """Makes a backup there, or under a name of its own in the folder of backups, and proves it readable.

    The file appears when it is whole. `Unavailable` when it could not be made, `Invalid` for bad settings.
    """
    recipients = settings.backup_recipients
    await asyncio.to_thread(encryption.check_recipients, recipients)
    now = datetime.now(UTC)
    target = target or settings.backup_path / name_for(now, encrypted=bool(recipients))
    try:
        settings.home_path.mkdir(mode=0o700, parents=True, exist_ok=True)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        async with workplace(settings.home_path) as work:
            dumped = await database.dump(settings.effective_database_url, work)
            about = Manifest(
                ploeg=__version__,
                made_at=now,
                dialect=database.dialect_of(settings.effective_database_url),
                revision=await asyncio.to_thread(_revision, settings, dumped),
                entries={},
            )
            packed = work / "packed"
            manifest = await asyncio.to_thread(archive.write, packed, _members(settings, dumped), about)
            await asyncio.to_thread(archive.read, packed)
            await asyncio.to_thread(_deliver, packed, target, recipients)
    except OSError as error:
        raise Unavailable(f"the backup {target} could not be written: {error.strerror or error}") from None
    return Made(path=target, bytes=target.stat().st_size, manifest=manifest, encrypted=bool(recipients))


def _revision(settings: Settings, dumped: Path) -> str:
    copied = dumped.name == database.SQLITE
    revision = revision_of(f"sqlite:///{dumped}" if copied else settings.effective_database_url)
    if revision is None:
        raise Invalid("database_url", "…", "it is no database of Ploeg's yet; start the server once")
    return revision


def _members(settings: Settings, dumped: Path) -> Iterator[Member]:
    yield Member(dumped.name, dumped)
    settings_file = dumped.with_name(FILE)
    if _without_database(settings.home_path / FILE, settings_file):
        yield Member(FILE, settings_file)
    folder = settings.home_path / TRANSCRIPTS
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_file():
            yield Member(f"{TRANSCRIPTS}/{path.relative_to(folder).as_posix()}", path)


def _without_database(source: Path, target: Path) -> bool:
    """The settings without the database's URL, which may hold a password; False where there are none, or where that
    URL is written in another way than on a line of its own."""
    if not source.is_file():
        return False
    lines = source.read_text("utf-8").splitlines(keepends=True)
    left = "".join(line for line in lines if not line.lstrip().startswith(_DATABASE_URL))
    try:
        if _DATABASE_URL in tomllib.loads(left):
            return False
    except tomllib.TOMLDecodeError:  # the rest of it
        return False
    target.write_text(left, "utf-8")
    return True


def _deliver(packed: Path, target: Path, recipients: list[str]) -> None:
    """Brings it to where it belongs, which may be another file system, and makes it last."""
    half = target.with_name(target.name + ".part")
    try:
        if recipients:
            encryption.encrypt(packed, half, recipients)
        else:
            _copy(packed, half)
        half.chmod(0o600)
        with half.open("rb") as file:
            os.fsync(file.fileno())
        half.replace(target)
    finally:
        half.unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as reading, os.fdopen(os.open(target, _NEW, 0o600), "wb") as writing:
        while chunk := reading.read(1024 * 1024):
            writing.write(chunk)


_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
