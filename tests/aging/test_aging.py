"""Files that get old."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ploeg.aging import compress, tidy
from ploeg.domain.retention import Terms

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
USUAL = Terms(compress_after=DAY, keep=30 * DAY)


def make(path: Path, age: timedelta, content: bytes = b"a line\n" * 1000) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o600)
    then = (NOW - age).timestamp()
    os.utime(path, (then, then))
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_compressed_after_a_day_and_deleted_after_thirty(tmp_path: Path) -> None:
    make(tmp_path / "new", timedelta(hours=23))
    make(tmp_path / "old", timedelta(hours=25))
    make(tmp_path / "ancient", timedelta(days=31))
    done = tidy([tmp_path], USUAL, NOW)
    assert names(tmp_path) == ["new", "old.gz"]
    assert (done.compressed, done.deleted) == (1, 1)
    assert done.freed > 13_000


def test_a_compressed_file_has_the_same_content_time_and_mode(tmp_path: Path) -> None:
    path = make(tmp_path / "old", timedelta(days=2), b"a line\nanother\n")
    before = path.stat()
    tidy([tmp_path], USUAL, NOW)
    packed = tmp_path / "old.gz"
    assert gzip.decompress(packed.read_bytes()) == b"a line\nanother\n"
    assert (packed.stat().st_mtime_ns, packed.stat().st_mode) == (before.st_mtime_ns, before.st_mode)


def test_its_age_goes_on_when_it_is_compressed(tmp_path: Path) -> None:
    make(tmp_path / "old", timedelta(days=29))
    tidy([tmp_path], USUAL, NOW)
    assert names(tmp_path) == ["old.gz"]
    assert tidy([tmp_path], USUAL, NOW + 2 * DAY).deleted == 1
    assert names(tmp_path) == []


def test_over_the_limit_the_oldest_go_first_whatever_their_age(tmp_path: Path) -> None:
    for number in range(5):
        make(tmp_path / str(number), timedelta(minutes=number), bytes(1000))
    assert tidy([tmp_path], Terms(max_bytes=3000), NOW).deleted == 2
    assert names(tmp_path) == ["0", "1", "2"]


def test_what_is_in_use_stays_and_counts(tmp_path: Path) -> None:
    busy = make(tmp_path / "busy", timedelta(days=90), bytes(3000))
    make(tmp_path / "other", timedelta(hours=1), bytes(1000))
    tidy([tmp_path], Terms(compress_after=DAY, keep=DAY, max_bytes=3000), NOW, in_use={busy})
    assert names(tmp_path) == ["busy"]


def test_without_terms_nothing_happens(tmp_path: Path) -> None:
    make(tmp_path / "old", timedelta(days=900))
    assert tidy([tmp_path, tmp_path / "missing"], Terms(), NOW).freed == 0
    assert names(tmp_path) == ["old"]


def test_a_file_that_is_written_meanwhile_stays_as_it_is(tmp_path: Path) -> None:
    path = make(tmp_path / "busy", timedelta(days=2), b"a line\n")

    @contextmanager
    def lock() -> Iterator[None]:
        with path.open("ab") as file:
            file.write(b"and another\n")
        yield

    assert compress(path, lock()) is None
    assert names(tmp_path) == ["busy"]
    assert path.read_bytes() == b"a line\nand another\n"


def test_what_a_killed_process_left_half_made_goes(tmp_path: Path) -> None:
    make(tmp_path / "old.compressing", timedelta(days=2), b"half")
    make(tmp_path / "old", timedelta(days=2))
    tidy([tmp_path], USUAL, NOW)
    assert names(tmp_path) == ["old.gz"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_is_passed_over(tmp_path: Path) -> None:
    make(tmp_path / "shut" / "old", timedelta(days=2))
    make(tmp_path / "open" / "old", timedelta(days=2))
    (tmp_path / "shut").chmod(0o500)
    tidy([tmp_path / "shut", tmp_path / "open"], USUAL, NOW)
    (tmp_path / "shut").chmod(0o700)
    assert names(tmp_path / "open") == ["old.gz"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside = make(tmp_path / "outside", timedelta(days=90))
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "link").symlink_to(outside)
    tidy([tmp_path / "runs"], USUAL, NOW)
    assert outside.exists()


def test_a_compressed_file_is_on_the_disk_before_the_plain_one_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make(tmp_path / "old", timedelta(days=2))
    synced: list[int] = []

    def fsync(descriptor: int) -> None:
        assert path.exists()
        synced.append(os.fstat(descriptor).st_ino)

    monkeypatch.setattr(os, "fsync", fsync)
    tidy([tmp_path], USUAL, NOW)
    assert synced == [(tmp_path / "old.gz").stat().st_ino]
