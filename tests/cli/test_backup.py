"""A backup is made, listed, checked and brought back by command."""

from __future__ import annotations

from pathlib import Path

from ploeg.store.store import Store
from tests.cli.conftest import Ploeg


def test_a_backup_is_made_listed_checked_and_restored(tmp_path: Path) -> None:
    ploeg = Ploeg(tmp_path / "home")
    assert "start the server once" in ploeg("backup").err
    Store.open(f"sqlite:///{tmp_path / 'home' / 'ploeg.db'}").close()
    assert "proven readable" in ploeg("backup").out
    (kept,) = ploeg("backup", "list", "--json").json
    name = Path(kept["path"]).name
    assert name in ploeg("backup", "list").out
    assert ploeg("backup", "check", name).out.startswith("sound: sqlite, made ")
    refused = ploeg("restore", name)
    assert (refused.code, "--replace" in refused.err) == (1, True)
    assert len(ploeg("restore", name, "--replace", "--json").json["put_aside"]) == 1
    assert ploeg("backup", "check", "nowhere.tar.gz").code == 2


def test_a_pair_of_keys_is_split_over_the_two_streams(tmp_path: Path) -> None:
    made = Ploeg(tmp_path)("backup", "key")
    assert "AGE-SECRET-KEY-1" in made.out
    assert "AGE-SECRET-KEY-1" not in made.err
    assert 'backup_recipients = ["age1' in made.err
