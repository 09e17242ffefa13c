"""The one file that a backup is: a compressed tar whose last member tells what must be in it, with a hash of each.

Nothing of this room is Ploeg's own form: `tar` lists and unpacks it, `age` opens an encrypted one.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO

import msgspec

from ploeg.domain.errors import Invalid

FORMAT = 1
MANIFEST = "manifest.json"
_CHUNK = 1024 * 1024
_COMPRESSION = 6


class Entry(msgspec.Struct, frozen=True):
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup says of itself."""

    format: int = FORMAT
    #: Version of the Ploeg that made it.
    ploeg: str
    made_at: datetime
    #: `sqlite` or `postgresql`.
    dialect: str
    #: Of the database's tables.
    revision: str
    entries: dict[str, Entry]


class Member(msgspec.Struct, frozen=True):
    """A file, and its name in the archive."""

    name: str
    path: Path


def write(target: Path, members: Iterable[Member], about: Manifest) -> Manifest:
    """Packs them; a file that grows meanwhile is taken as long as it was, one that is gone is left out."""
    entries: dict[str, Entry] = {}
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        with tarfile.open(fileobj=file, mode="w:gz", compresslevel=_COMPRESSION) as archive:
            for member in members:
                entry = _add(archive, member)
                if entry is not None:
                    entries[member.name] = entry
            manifest = msgspec.structs.replace(about, entries=entries)
            text = msgspec.json.format(msgspec.json.encode(manifest))
            archive.addfile(_header(MANIFEST, len(text)), io.BytesIO(text))
        file.flush()
        os.fsync(file.fileno())
    return manifest


def read(source: Path, into: Path | None = None) -> Manifest:
    """Proves that all is there as it was packed, and unpacks it into that folder. Raises `Invalid`."""
    found: dict[str, Entry] = {}
    manifest: Manifest | None = None
    try:
        with tarfile.open(source, mode="r|gz") as archive:
            for name, content in _files(archive):
                if name == MANIFEST:
                    manifest = msgspec.json.decode(content.read(), type=Manifest)
                else:
                    found[name] = _take(content, None if into is None else _place(into, name))
    except (tarfile.TarError, EOFError, OSError, msgspec.MsgspecError, ValueError) as error:
        raise _unusable(source, f"it cannot be read ({error})") from None
    if manifest is None:
        raise _unusable(source, "it breaks off, or is no backup of Ploeg")
    if manifest.format > FORMAT:
        raise _unusable(source, f"Ploeg {manifest.ploeg} made it; use that version or a later one")
    if found != manifest.entries:
        changed = sorted(name for name in found | manifest.entries if found.get(name) != manifest.entries.get(name))
        raise _unusable(source, f"it is damaged: {changed[0]} is not what was packed")
    return manifest


def _unusable(source: Path, why: str) -> Invalid:
    return Invalid("backup", str(source), f"{why}; `ploeg backup list` shows others")


def _add(archive: tarfile.TarFile, member: Member) -> Entry | None:
    try:
        file = member.path.open("rb")
    except FileNotFoundError:
        return None
    with file:
        reading = _Hashed(file, os.fstat(file.fileno()).st_size)
        archive.addfile(_header(member.name, reading.size), reading)
        return Entry(reading.size, reading.sha256)


def _header(name: str, size: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.size, header.mode = size, 0o600
    return header


class _Hashed(io.RawIOBase):
    """The first `size` bytes of a file, hashed as they are read."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self.size = size
        self._file = file
        self._left = size
        self._hash = hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def read(self, size: int = -1) -> bytes:
        chunk = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(chunk)
        self._hash.update(chunk)
        return chunk


def _files(archive: tarfile.TarFile) -> Iterator[tuple[str, IO[bytes]]]:
    for header in archive:
        content = archive.extractfile(header) if header.isreg() else None
        parts = PurePosixPath(header.name).parts
        if content is None or header.name.startswith("/") or ".." in parts or "\\" in header.name:
            raise ValueError(f"{header.name!r} does not belong into a backup")
        yield header.name, content


def _place(folder: Path, name: str) -> Path:
    place = folder / name
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def _take(content: IO[bytes], place: Path | None) -> Entry:
    digest, size = hashlib.sha256(), 0
    sink = open(os.devnull, "wb") if place is None else open(os.open(place, _NEW, 0o600), "wb")  # noqa: PTH123, SIM115
    with sink:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            sink.write(chunk)
    return Entry(size, digest.hexdigest())


_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL
