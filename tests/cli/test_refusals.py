"""Bad input and bad luck: one clear line, the right exit code, never a traceback."""

from __future__ import annotations

import http.server
import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ploeg.cli.main import run
from tests.cli.conftest import Ploeg


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["job", "show", "J-999999"], ["J-999999"]),
        (["job", "run", "T-999999"], ["T-999999"]),
        (["job", "list", "--status", "sleeping"], ["--status", "sleeping", "queued"]),
        (["job", "list", "-n", "0"], ["--limit", "0"]),
        (["product", "show", "nowhere"], ["nowhere"]),
        (["product", "add", "x", "--repo", "ftp://host/x"], ["repo_url", "ftp://host/x", "use https"]),
        (["product", "add", "x", "--max-minutes", "-1"], ["max_minutes", "-1", "above zero"]),
        (["product", "add", "x", "--max-minutes", "soon"], ["--max-minutes", "soon"]),
        (["product", "add"], ["NAME"]),
        (
            ["backlog", "task", "add", "ST-1", "x", "--plan-file", "/nowhere/plan.md"],
            ["--plan-file", "/nowhere/plan.md"],
        ),
        (["backlog", "task", "edit", "T-1", "--status", "HALF"], ["--status", "HALF", "to_do"]),
        (["backlog", "story", "show", "T-1"], ["T-1", "ST-"]),
        (["token", "create", "x", "--expires-days", "0"], ["--expires-days", "0"]),
        (["token", "revoke", "tok_nothing"], ["tok_nothing"]),
        (["--server", "gopher://x", "job", "list"], ["server_url", "gopher://x", "http://"]),
        (["idea", "show", ""], ["reference", "give a code"]),
        (["sprint", "show", "../up"], ["reference", "../up"]),
        (["job", "show", "\udc80"], ["UTF-8"]),
        (["todo", "add", "\udc80"], ["title", "surrogates"]),
        (["jobs"], ["jobs", "ploeg --help"]),
        (["job", "list", "--nonsense"], ["--nonsense"]),
    ],
    ids=lambda value: ascii(" ".join(value)),
)
def test_bad_input_exits_2_and_names_what_to_change(crew: Ploeg, arguments: list[str], words: list[str]) -> None:
    ended = crew(*arguments)
    assert ended.code == 2, ended.err
    assert ended.out == ""
    assert [word for word in words if word not in ended.err] == [], ended.err


def test_a_plan_that_is_no_text_is_refused(crew: Ploeg) -> None:
    ended = crew("backlog", "task", "add", "ST-1", "x", "--plan-file", "-", stdin=b"\xff\xfe")
    assert ended.code == 2
    assert "UTF-8" in ended.err


def test_a_text_that_is_too_long_to_send_is_bad_input(crew: Ploeg) -> None:
    ended = crew("idea", "plan", "IDEA-1", "--file", "-", stdin="x" * 1_100_000)
    assert (ended.code, ended.err) == (2, "ploeg: a request may carry at most 1048576 bytes\n")


def test_an_unknown_setting_is_named_before_anything_happens(ploeg: Ploeg) -> None:
    ended = ploeg("job", "list", PLOEG_PROT="7460")
    assert ended.code == 2
    assert "PLOEG_PROT" in ended.err


def test_a_server_that_is_not_there_is_said_in_a_line(ploeg: Ploeg) -> None:
    ploeg.home.mkdir()
    (ploeg.home / "credentials.json").write_text(json.dumps({"server_url": "http://127.0.0.1:9", "token": "x"}))
    ended = ploeg("job", "list")
    assert ended.code == 1
    assert "no answer from http://127.0.0.1:9" in ended.err
    assert "ploeg up" in ended.err


class NotPloeg(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, body = (200, b"<html>") if "products" in self.path else (502, b"<html>")
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def stranger() -> Iterator[str]:
    """A web server that is not Ploeg's."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), NotPloeg)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.mark.parametrize("command", ["job", "product"])
def test_an_answer_that_is_not_ploegs_is_said_in_a_line(ploeg: Ploeg, stranger: str, command: str) -> None:
    ploeg.home.mkdir()
    (ploeg.home / "credentials.json").write_text(json.dumps({"server_url": stranger, "token": "x"}))
    ended = ploeg(command, "list")
    assert ended.code == 1
    assert len(ended.err.splitlines()) == 1
    assert "is the URL right?" in ended.err


def test_what_should_not_happen_is_a_line_and_a_hint(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise KeyError("that \x1b[2J thing")

    monkeypatch.setattr("ploeg.cli.job.signed_in", broken)
    assert run(["job", "list"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "KeyError" in said.err
    assert "PLOEG_LOG_LEVEL=debug" in said.err
    assert "Traceback" not in said.err
    assert "\x1b" not in said.err
    monkeypatch.setenv("PLOEG_LOG_LEVEL", "debug")
    assert run(["job", "list"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_a_damaged_token_is_a_reason_to_sign_in_again(ploeg: Ploeg) -> None:
    ploeg.home.mkdir()
    (ploeg.home / "credentials.json").write_text(json.dumps({"server_url": "http://127.0.0.1:9", "token": "é\n"}))
    ended = ploeg("job", "list")
    assert ended.code == 3
    assert "sign in again" in ended.err


def test_a_closed_pipe_is_no_reason_to_complain(crew: Ploeg) -> None:
    with subprocess.Popen(
        crew.command("doctor", "--settings"), env=crew.env(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait(60) == 1
    assert said == b""


@pytest.mark.parametrize("path", ["home", "file"])
def test_a_home_that_cannot_be_used_is_named(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").write_text("")
    ended = Ploeg(tmp_path / "file" / path)("server", "--port", "0")
    assert ended.code in {1, 2}
    assert "file" in ended.err
