"""Files are put into an agent's HOME without following what the agent left there."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from ploeg.worker.homes import Homes


def test_a_file_is_written_for_its_owner_alone(tmp_path: Path) -> None:
    Homes(tmp_path).put("J-1", PurePosixPath("a/b/config.json"), b"{}")
    written = tmp_path / "homes" / "J-1" / "a" / "b" / "config.json"
    assert written.read_bytes() == b"{}"
    assert written.stat().st_mode & 0o777 == 0o600


def test_a_link_in_place_of_the_file_is_replaced_and_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("mine")
    home = Homes(tmp_path).of("J-1")
    (home / "config.json").symlink_to(outside)

    Homes(tmp_path).put("J-1", PurePosixPath("config.json"), b"ours")

    assert outside.read_text() == "mine"
    assert (home / "config.json").read_text() == "ours"


def test_a_link_in_place_of_a_folder_is_replaced_and_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    home = Homes(tmp_path).of("J-1")
    (home / ".ploeg").symlink_to(outside)

    Homes(tmp_path).put("J-1", PurePosixPath(".ploeg/mcp.json"), b"ours")

    assert list(outside.iterdir()) == []
    assert (home / ".ploeg" / "mcp.json").read_text() == "ours"


def test_a_folder_in_place_of_the_file_is_replaced(tmp_path: Path) -> None:
    home = Homes(tmp_path).of("J-1")
    (home / "config.json" / "deep").mkdir(parents=True)

    Homes(tmp_path).put("J-1", PurePosixPath("config.json"), b"ours")

    assert (home / "config.json").read_text() == "ours"


def test_a_second_write_replaces_the_first(tmp_path: Path) -> None:
    homes = Homes(tmp_path)
    homes.put("J-1", PurePosixPath("token"), b"old and long")
    homes.put("J-1", PurePosixPath("token"), b"new")
    assert (homes.of("J-1") / "token").read_bytes() == b"new"


@pytest.mark.parametrize("path", ["/etc/passwd", "../other", "a/../../b"])
def test_a_path_that_leads_out_of_home_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(ValueError, match="out of HOME"):
        Homes(tmp_path).put("J-1", PurePosixPath(path), b"")


def test_removal_leaves_what_a_link_points_to(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("mine")
    homes = Homes(tmp_path)
    (homes.of("J-1") / "link").symlink_to(outside)

    homes.remove("J-1")

    assert not homes.exists("J-1")
    assert (outside / "kept").read_text() == "mine"
    assert list((tmp_path / "homes").iterdir()) == []


def test_a_locked_folder_is_removed_all_the_same(tmp_path: Path) -> None:
    homes = Homes(tmp_path)
    locked = homes.of("J-1") / "locked"
    (locked / "inner").mkdir(parents=True)
    (locked / "inner" / "file").write_text("x")
    (locked / "inner").chmod(0)
    locked.chmod(0)

    homes.remove("J-1")

    assert list((tmp_path / "homes").iterdir()) == []


def test_removing_what_is_not_there_changes_nothing(tmp_path: Path) -> None:
    Homes(tmp_path).remove("J-9")


def test_a_sweep_deletes_what_a_killed_worker_left_half_removed(tmp_path: Path) -> None:
    homes = Homes(tmp_path)
    homes.of("J-1")
    (tmp_path / "homes" / ".J-2.abcd").mkdir()

    homes.sweep()

    assert [path.name for path in (tmp_path / "homes").iterdir()] == ["J-1"]


def test_of_the_homes_of_ended_jobs_the_newest_are_kept(tmp_path: Path) -> None:
    homes = Homes(tmp_path)
    for job in ("J-1", "J-2", "J-3"):
        homes.of(job)
        homes.put_by(job, 2)
    assert sorted(path.name for path in (tmp_path / "ended-homes").iterdir()) == ["J-2", "J-3"]
    assert list((tmp_path / "homes").iterdir()) == []


def test_the_home_of_an_ended_job_is_taken_over_once(tmp_path: Path) -> None:
    homes = Homes(tmp_path)
    homes.put("J-1", PurePosixPath("memory"), b"what I know")
    homes.put_by("J-1", 5)
    assert homes.take_over("J-7", "J-1")
    assert (homes.of("J-7") / "memory").read_bytes() == b"what I know"
    assert not homes.take_over("J-8", "J-1")
    assert not homes.exists("J-8")
