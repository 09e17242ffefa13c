"""The folder of backups: their names, the newest, and those whose time is over."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ploeg.domain.retention import Retention

_NAME = re.compile(r"ploeg-(\d{8}T\d{6}Z)\.tar\.gz(\.age)?")
_MOMENT = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    path: Path
    made_at: datetime
    bytes: int
    encrypted: bool


def name_for(moment: datetime, *, encrypted: bool) -> str:
    return f"ploeg-{moment.astimezone(UTC).strftime(_MOMENT)}.tar.gz{'.age' if encrypted else ''}"


def listed(folder: Path) -> list[Kept]:
    """Its backups, the newest first."""
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        match = _NAME.fullmatch(path.name)
        if match is not None and path.is_file():
            moment = datetime.strptime(match[1], _MOMENT).replace(tzinfo=UTC)
            found.append(Kept(path=path, made_at=moment, bytes=path.stat().st_size, encrypted=match[2] is not None))
    return sorted(found, key=lambda kept: kept.made_at, reverse=True)


def prune(folder: Path, retention: Retention) -> list[Path]:
    """Removes what the retention no longer keeps; only what Ploeg itself named is ever touched."""
    backups = listed(folder)
    kept = retention.kept(backup.made_at for backup in backups)
    over = [backup.path for backup in backups if backup.made_at not in kept]
    for path in over:
        path.unlink(missing_ok=True)
    return over
