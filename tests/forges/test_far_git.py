"""Git at the tests' forge: over HTTP, with tokens and rights, branches under rules, and hooks that refuse."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.forges.fake import TOKEN, FakeForge
from tests.forges.far.things import Hook, Right, Token


@pytest.fixture
def clone(forgejo: FakeForge, tmp_path: Path) -> Path:
    forgejo.git_needs_token = True
    assert git(tmp_path, forgejo, "clone", "-q", forgejo.repo_url, "work")[0] == 0
    work = tmp_path / "work"
    git(work, forgejo, "checkout", "-q", "-b", "ploeg/one")
    git(work, forgejo, "commit", "-q", "--allow-empty", "-m", "One")
    return work


def git(folder: Path, forge: FakeForge, *arguments: str, token: str = TOKEN) -> tuple[int, str]:
    """Its exit code and what it said, with the token in the one URL that is the forge's."""
    url = forge.url.replace("http://", f"http://robot:{token}@")
    who = {f"GIT_{role}_{what}": "t@localhost" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    done = subprocess.run(
        ["git", "-c", f"url.{url}/.insteadOf={forge.url}/", *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_TERMINAL_PROMPT": "0", **who},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


def test_a_push_is_taken_and_told_to_the_webhooks(forgejo: FakeForge, clone: Path) -> None:
    forgejo.hooks.append(Hook(1, "http://127.0.0.1:1/", "s", [], forgejo.now()))
    code, said = git(clone, forgejo, "push", "-q", "origin", "ploeg/one")
    assert code == 0, said
    assert forgejo.git.tip("ploeg/one") == (clone / ".git/refs/heads/ploeg/one").read_text().strip()
    forgejo.letters.join()
    assert forgejo.hooks_sent == [("push", 0)]


def test_nobody_pushes_without_a_token_or_the_right(forgejo: FakeForge, clone: Path) -> None:
    forgejo.tokens["reader"] = Token("eve")
    assert forgejo.accounts["eve"].right is Right.READ
    for token in ("wr0ng", "reader"):
        assert git(clone, forgejo, "push", "-q", "origin", "ploeg/one", token=token)[0] != 0
    assert forgejo.git.tip("ploeg/one") is None


def test_rules_and_hooks_refuse_in_their_own_words(forgejo: FakeForge, clone: Path) -> None:
    forgejo.protect("trunk")
    code, said = git(clone, forgejo, "push", "-q", "origin", "HEAD:trunk")
    assert (code, "the branch trunk is protected" in said) == (1, True)
    (forgejo.repository / "refuse").write_text("it looks like a secret\n")
    code, said = git(clone, forgejo, "push", "-q", "origin", "ploeg/one")
    assert (code, "it looks like a secret" in said) == (1, True)
