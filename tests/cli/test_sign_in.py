"""Signing in and out: tokens, the credentials file, and what a command says without them."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from ploeg.cli.login import readable_on_its_way
from tests.cli.conftest import Ploeg


def url_of(crew: Ploeg) -> str:
    return str(json.loads((crew.home / "credentials.json").read_text())["server_url"])


def test_without_sign_in_a_command_exits_3_and_says_how_to(ploeg: Ploeg) -> None:
    ended = ploeg("job", "list")
    assert ended.code == 3
    assert ended.out == ""
    assert "ploeg login" in ended.err
    assert len(ended.err.splitlines()) == 1


def test_a_token_signs_another_machine_in(crew: Ploeg, tmp_path: Path) -> None:
    made = crew("token", "create", "laptop")
    laptop = Ploeg(tmp_path / "laptop")
    signed_in = laptop("login", "--server", url_of(crew), stdin=made.out)
    assert signed_in.out == f"signed in to {url_of(crew)} as admin (admin, read, write)\n"
    assert stat.S_IMODE((laptop.home / "credentials.json").stat().st_mode) == 0o600
    assert laptop("product", "list", "--json").code == 0
    assert made.out.strip() not in signed_in.out + signed_in.err


def test_a_revoked_token_signs_nobody_in(crew: Ploeg, tmp_path: Path) -> None:
    made = crew("token", "create", "lost", "--json").json
    laptop = Ploeg(tmp_path / "laptop")
    laptop("login", "--server", url_of(crew), stdin=made["secret"])
    assert crew("token", "revoke", made["id"]).out == f"token {made['id']} revoked\n"
    ended = laptop("job", "list")
    assert ended.code == 3
    assert "ploeg login" in ended.err
    assert made["secret"] not in ended.err


def test_tokens_are_listed_without_their_secrets(crew: Ploeg) -> None:
    made = crew("token", "create", "nas", "--kind", "worker", "--expires-days", "7", "--json").json
    assert made["scopes"] == ["work"]
    listed = crew("token", "list")
    assert made["id"] in listed.out
    assert made["secret"] not in listed.out + json.dumps(crew("token", "list", "--json").json)


def test_a_token_file_goes_before_the_credentials(crew: Ploeg, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("ploeg_usr_unknown\n")
    assert crew("job", "list", PLOEG_TOKEN_FILE=str(secret)).code == 3
    assert "cannot be read" in crew("job", "list", PLOEG_TOKEN_FILE=str(tmp_path / "none")).err


def test_a_token_goes_to_no_other_server_than_its_own(crew: Ploeg) -> None:
    ended = crew("--server", "http://127.0.0.1:9", "job", "list")
    assert ended.code == 3
    assert f"for {url_of(crew)}, not for http://127.0.0.1:9" in ended.err


def test_nonsense_at_sign_in_is_refused_and_not_kept(crew: Ploeg, ploeg: Ploeg) -> None:
    for secret, code in (("\n", 2), ("ploeg_usr_wrong\n", 3), ("two\x00\n", 2)):
        assert ploeg("login", "--server", url_of(crew), stdin=secret).code == code
    assert not (ploeg.home / "credentials.json").exists()


@pytest.mark.parametrize(
    ("url", "readable"),
    [
        ("http://127.0.0.1:7460", False),
        ("http://[::1]:7460", False),
        ("http://localhost", False),
        ("https://ploeg.example.org", False),
        ("http://ploeg.example.org", True),
    ],
)
def test_plain_http_to_another_machine_shows_the_token_on_its_way(url: str, readable: bool) -> None:
    assert readable_on_its_way(url) is readable


def test_damaged_credentials_are_named(ploeg: Ploeg) -> None:
    ploeg.home.mkdir()
    (ploeg.home / "credentials.json").write_text("{")
    ended = ploeg("job", "list")
    assert ended.code == 2
    assert "credentials.json" in ended.err
