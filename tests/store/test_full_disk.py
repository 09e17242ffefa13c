from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("a file system cannot be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def fill(way: str, folder: Path) -> dict[str, object]:
    command = [sys.executable, "-m", "tests.store.full_disk", way, str(folder)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def check(found: dict[str, object]) -> None:
    assert str(found["refusal"]).startswith("the database does not answer:")
    assert found["refused_again"], "it stays refused until there is room"
    assert found["acknowledged"], "something had been stored before"
    assert found["read_while_full"] == found["acknowledged"]
    assert (found["lost"], found["surplus"], found["integrity"]) == (0, 0, "ok")


def test_a_file_that_may_not_grow_is_refused_and_heals_without_a_restart(tmp_path: Path) -> None:
    check(fill("limit", tmp_path))


def test_a_full_disk_is_refused_and_heals_without_a_restart(small_disk: Path) -> None:
    check(fill("tmpfs", small_disk))
