"""`ploeg forge`: what connecting one makes, says is missing, and never shows."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from ploeg.cli.main import run
from ploeg.control.imports.issues import read
from tests.forges.conftest import bare_repository, forge, forgejo
from tests.forges.fake import TOKEN, FakeForge
from tests.forges.far.things import Right, Token

__all__ = ["bare_repository", "forge", "forgejo"]


class Command:
    """`ploeg forge …` in this process, with a home of its own."""

    def __init__(self, home: Path, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self.home, self._patch, self._capture = home, patch, capture

    def __call__(self, *arguments: str, token: str = "") -> tuple[int, str]:
        self._patch.setattr("sys.stdin", io.StringIO(f"{token}\n"))
        code = run(["--home", str(self.home), "forge", *arguments])
        out, err = self._capture.readouterr()
        assert TOKEN not in out + err
        return code, out + err

    def checks(self, *arguments: str, token: str = "") -> dict[str, dict[str, Any]]:
        _, said = self(*arguments, "--json", token=token)
        told = json.loads(said)
        return {check["name"]: check for check in (told["checks"] if isinstance(told, dict) else told)}

    @property
    def tokens(self) -> Path:
        return self.home / "forge.tokens"


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.setenv("PLOEG_PUBLIC_URL", "https://ploeg.test")
    return Command(tmp_path / "home", monkeypatch, capsys)


def test_connecting_tries_everything_and_leaves_no_trace(command: Command, forge: FakeForge) -> None:
    forge.git_needs_token = True
    kind = ("--kind", "gitlab") if forge.kind == "gitlab" else ()
    found = command.checks("connect", forge.repo_url, *kind, "--pull-request", token=TOKEN)
    states = {name: check["state"] for name, check in found.items()}
    # Workers have no credential for it yet, and are told which they need.
    assert states.pop("git credential") == "warning"
    assert set(states.values()) == {"ok"}
    assert "git_credentials_file" in found["git credential"]["remedy"]
    assert [hook.url.startswith("https://ploeg.test/api/v1/hooks/127.0.0.1:") for hook in forge.hooks] == [True]
    assert [label.name for label in forge.labels] == ["ploeg"]
    assert [pull.state for pull in forge.pulls] == ["closed"]
    assert list(forge.git.tips()) == ["trunk"]
    assert command.tokens.read_text().endswith(f"{forge.url} {forge.kind} {TOKEN}\n")
    assert command.tokens.stat().st_mode & 0o777 == 0o600


def test_a_token_that_opens_nothing_is_not_kept(command: Command, forgejo: FakeForge) -> None:
    code, said = command("connect", forgejo.repo_url, token="wr0ng")
    assert code == 1
    assert "is not connected" in said
    assert "read:user" in said
    assert not command.tokens.exists()


def test_what_a_token_may_not_do_is_said_with_what_it_needs(command: Command, forgejo: FakeForge) -> None:
    forgejo.tokens[TOKEN] = Token("robot", {"read:user", "write:repository"})
    forgejo.accounts["robot"].right = Right.WRITE
    forgejo.accounts["crew"] = forgejo.accounts["ada"]
    found = command.checks("connect", forgejo.repo_url, "--no-push", token=TOKEN)
    wanting = {name: check["remedy"] for name, check in found.items() if check["state"] != "ok"}
    assert set(wanting) == {"issues", "people's rights", "webhook", "label"}
    assert "write:issue" in wanting["issues"]
    assert "administrator" in wanting["webhook"]
    # Ploeg can open pull requests all the same.
    assert command.tokens.exists()


def test_a_connected_forge_is_checked_without_changing_it(command: Command, forgejo: FakeForge) -> None:
    command("connect", forgejo.repo_url, "--no-push", "--no-set-up", token=TOKEN)
    forgejo.exchanges.clear()
    found = command.checks("check", forgejo.repo_url)
    assert found["test push"]["state"] == found["checks"]["state"] == "ok"
    assert {each.method for each in forgejo.exchanges} == {"GET"}
    assert (forgejo.hooks, forgejo.labels, list(forgejo.git.tips())) == ([], [], ["trunk"])


def test_a_branch_that_may_not_be_pushed_is_said_in_the_forge_s_words(command: Command, forgejo: FakeForge) -> None:
    (forgejo.repository / "refuse").write_text("only on Mondays\n")
    code, said = command("connect", forgejo.repo_url, token=TOKEN)
    assert code == 1
    assert "only on Mondays" in said or "pre-receive" in said


@pytest.mark.parametrize("url", ["/srv/git/it.git", "https://git.example.org/it"])
def test_what_is_on_no_forge_is_refused(command: Command, url: str) -> None:
    code, said = command("check", url)
    assert (code, "name a repository" in said) == (2, True)


def test_a_forge_without_a_token_says_how_to_connect_it(command: Command) -> None:
    code, said = command("check", "https://git.example.org/crew/it.git")
    assert (code, "ploeg forge connect https://git.example.org/crew/it.git" in said) == (2, True)


def test_issues_come_as_import_takes_them(command: Command, forge: FakeForge) -> None:
    kind = ("--kind", "gitlab") if forge.kind == "gitlab" else ()
    command("connect", forge.repo_url, *kind, "--no-push", "--no-set-up", token=TOKEN)
    forge.report("Greet louder", "It is hard to hear.", labels=("ploeg",))
    forge.report("Something else")
    for n in range(60):
        forge.report(f"Old {n}")
    _, said = command("issues", forge.repo_url, "--label", "ploeg")
    (issue,) = json.loads(said)
    assert (issue["title"], issue["body"], issue["labels"]) == (
        "Greet louder",
        "It is hard to hear.",
        [{"name": "ploeg"}],
    )
    drafts = read({"issues.json": said}, None)
    assert drafts.pbis[0].title == f"Issues of {forge.url.removeprefix('http://')}/crew/greeter"
    assert drafts.pbis[0].stories[0].description.endswith(f"From {issue['html_url']}")
    assert len(json.loads(command("issues", forge.repo_url)[1])) == 62
