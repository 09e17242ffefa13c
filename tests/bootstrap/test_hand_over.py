"""What a server in a container leaves for the worker beside it, and secrets that come as files."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ploeg.bootstrap.server import build_server
from ploeg.bootstrap.sign_in import hand_over_worker_token, sign_in_this_machine
from ploeg.control.people import people
from ploeg.credentials import sign_in
from ploeg.domain.errors import Invalid
from ploeg.settings import Settings, load


def started(home: Path, token_file: Path) -> Settings:
    settings = load({}, {"home": str(home), "worker_token_file": str(token_file)})
    server = build_server(settings)
    sign_in_this_machine(server.store, settings, "http://127.0.0.1:7460")
    hand_over_worker_token(server.store, settings)
    secret = token_file.read_text().strip()
    assert server.store.read_blocking(lambda tx: people.worker(tx, secret)).name
    server.store.close()
    return settings


def test_a_worker_beside_the_server_signs_in_with_the_token_left_for_it(tmp_path: Path) -> None:
    token_file = tmp_path / "handover" / "worker.token"
    started(tmp_path / "home", token_file)
    assert stat.S_IMODE(token_file.stat().st_mode) == 0o600
    worker = load({}, {"home": str(tmp_path / "w"), "server_url": "http://server:7460", "token_file": str(token_file)})
    assert sign_in(worker, "worker_token").token == token_file.read_text().strip()


def test_a_good_token_is_left_alone_and_a_useless_one_replaced(tmp_path: Path) -> None:
    token_file = tmp_path / "worker.token"
    started(tmp_path / "home", token_file)
    first = token_file.read_text()
    started(tmp_path / "home", token_file)
    assert token_file.read_text() == first
    token_file.write_text("useless\n")
    started(tmp_path / "home", token_file)
    assert token_file.read_text() == first


def test_a_databases_url_may_come_as_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://ploeg:secret@db/ploeg\n")
    settings = load({}, {"home": str(tmp_path), "database_url_file": str(tmp_path / "url")})
    assert settings.effective_database_url == "postgresql://ploeg:secret@db/ploeg"
    missing = load({}, {"home": str(tmp_path), "database_url_file": str(tmp_path / "none")})
    with pytest.raises(Invalid, match="database_url_file"):
        assert missing.effective_database_url
