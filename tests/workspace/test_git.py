from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from ploeg.domain.errors import Invalid, Unavailable
from ploeg.workspace.faults import GitFault, fault_in, short
from ploeg.workspace.git import Git, GitError, check_branch, check_url
from tests.workspace.conftest import Repository

SAID = [
    ("fatal: repository 'https://github.com/x/y/' not found", GitFault.NOT_FOUND),
    ("remote: Repository not found.\nfatal: repository 'https://github.com/x/y.git/' not found", GitFault.NOT_FOUND),
    ("fatal: '/srv/x.git' does not appear to be a git repository", GitFault.NOT_FOUND),
    ("fatal: unable to access 'http://h/x/': The requested URL returned error: 404", GitFault.NOT_FOUND),
    (
        "remote: The project you were looking for could not be found or you don't have permission.",
        GitFault.NOT_FOUND,
    ),
    ("fatal: could not read Username for 'https://h': terminal prompts disabled", GitFault.NO_CREDENTIALS),
    (
        "error: unable to read askpass response from '/bin/false'\nfatal: could not read Username for 'https://h': "
        "terminal prompts disabled",
        GitFault.NO_CREDENTIALS,
    ),
    ("fatal: Authentication failed for 'https://h/x.git/'", GitFault.NO_CREDENTIALS),
    ("fatal: unable to access 'https://h/x/': The requested URL returned error: 403", GitFault.NO_CREDENTIALS),
    ("git@h: Permission denied (publickey).\nfatal: Could not read from remote repository.", GitFault.NO_CREDENTIALS),
    ("Host key verification failed.\nfatal: Could not read from remote repository.", GitFault.NO_CREDENTIALS),
    ("fatal: unable to access 'https://h/': Could not resolve host: h", GitFault.UNREACHABLE),
    ("fatal: unable to access 'https://h/': Failed to connect to h port 443: Connection refused", GitFault.UNREACHABLE),
    ("error: RPC failed; curl 56 Recv failure: Connection reset by peer", GitFault.UNREACHABLE),
    ("fatal: the remote end hung up unexpectedly\nfatal: early EOF", GitFault.UNREACHABLE),
    ("fatal: unable to access 'https://h/': The requested URL returned error: 502", GitFault.UNREACHABLE),
    ("fatal: unable to access 'https://h/': Operation too slow. Less than 1000 bytes/sec", GitFault.UNREACHABLE),
    ("fatal: unable to access 'https://h/': SSL certificate problem: self-signed certificate", GitFault.REFUSED),
    ("fatal: transport 'ext' not allowed", GitFault.REFUSED),
    ("fatal: detected dubious ownership in repository at '/srv/x.git'", GitFault.REFUSED),
    (" ! [remote rejected] main -> main (pre-receive hook declined)", GitFault.REFUSED),
    (" ! [rejected]        main -> main (fetch first)\nerror: failed to push some refs", GitFault.CONFLICT),
    ("fatal: write error: No space left on device", GitFault.DISK_FULL),
    ("error: inflate: data stream error\nfatal: loose object 1234 is corrupt", GitFault.CORRUPT),
    ("error: object 12: badTree: cannot be parsed as a tree\nfatal: fsck error in packed object", GitFault.CORRUPT),
    ("something that nobody has seen before", GitFault.OTHER),
]


@pytest.mark.parametrize(("said", "fault"), SAID)
def test_what_git_says_is_folded_into_few_words(said: str, fault: GitFault) -> None:
    assert fault_in(said) is fault


def test_the_reason_is_taken_from_gits_own_words() -> None:
    said = "Cloning into 'x'...\nremote: Repository not found.\nfatal: repository 'u' not found\n"
    assert short(said) == "remote: Repository not found. · fatal: repository 'u' not found"
    assert len(short("fatal: " + "x" * 5000)) == 500


def test_every_fault_names_a_remedy_and_whether_waiting_helps() -> None:
    for fault in GitFault:
        error = GitError(fault, "fetching x", "its words")
        assert error.remedy
        assert error.remedy in str(error)
        assert "its words" in str(error)
    assert GitError(GitFault.UNREACHABLE, "x").transient
    assert not GitError(GitFault.NOT_FOUND, "x").transient
    assert not GitError(GitFault.NO_CREDENTIALS, "x").transient


@pytest.mark.parametrize(
    "url",
    [
        "https://forge.example.org/team/project.git",
        "http://127.0.0.1:3000/team/project",
        "https://user@forge.example.org/x.git",
        "ssh://git@forge.example.org:2222/team/project.git",
        "git@forge.example.org:team/project.git",
        "/srv/git/a project.git",
        "file:///srv/git/project.git",
        "http://[::1]:3000/team/project.git",
    ],
)
def test_urls_of_repositories_are_accepted(url: str) -> None:
    assert check_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "-u",
        "--upload-pack=touch /tmp/x",
        "ext::sh -c 'touch /tmp/x'",
        "fd::17",
        "https::https://h/x",
        "ftp://h/x.git",
        "git://h/x.git",
        "https://h/x y",
        "https://h/x\ny",
        "relative/path",
        "./here",
    ],
)
def test_urls_that_could_do_something_else_are_refused(url: str) -> None:
    with pytest.raises(Invalid, match="repo_url"):
        check_url(url)


def test_a_password_in_a_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(Invalid, match="git_credentials_file") as refusal:
        check_url("https://me:hunter2hunter2@forge.example.org/x.git")
    assert "hunter2" not in str(refusal.value)
    assert "hunter2" not in repr(refusal.value.value)


@pytest.mark.parametrize("name", ["main", "ploeg/T-41", "fix_1.2-beta", "ünïcode"])
def test_branch_names_are_accepted(name: str) -> None:
    assert check_branch(name) == name


@pytest.mark.parametrize(
    "name",
    [
        *("", "-x", "a b", "a..b", "a~1", "a^", "a:b", "a?", "a*", "a[", "a\\b", "/a", "a/", "a//b", "a.lock", "a/.b"),
        *("@", ".a", "a.", "a@{1}", "a\n", "x" * 201, "a.lock/b"),
    ],
)
def test_branch_names_that_git_does_not_take_are_refused(name: str) -> None:
    with pytest.raises(Invalid, match="branch"):
        check_branch(name)


def test_a_machine_without_git_is_told_so() -> None:
    with pytest.raises(Unavailable, match="install"):
        Git("no-such-git")


@pytest.mark.anyio
async def test_git_sees_no_configuration_but_its_own(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".gitconfig").write_text("[user]\n\tname = Somebody\n[alias]\n\tx = !touch /tmp/x\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "user.email")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "somebody@example.org")
    monkeypatch.setenv("GIT_DIR", "/nonexistent")
    listed = await Git().text("config", "--list", "--show-origin", doing="looking", directory=repository.clone)
    assert {line.split("\t")[0] for line in listed.splitlines()} == {"file:.git/config", "command line:"}


@pytest.mark.anyio
async def test_git_does_not_look_for_a_repository_further_up(repository: Repository) -> None:
    below = repository.clone / "src"
    with pytest.raises(GitError, match="not a git repository"):
        await Git().text("status", doing="looking", directory=below)


@pytest.mark.anyio
async def test_a_command_that_takes_too_long_is_an_error_that_may_pass(repository: Repository) -> None:
    with pytest.raises(GitError, match="no end within") as error:
        await Git().run("hash-object", "--no-filters", "/dev/zero", doing="hashing", within=0.2)
    assert error.value.transient


@pytest.mark.anyio
async def test_git_that_is_stopped_in_the_middle_leaves_no_lock(repository: Repository) -> None:
    reader, writer = os.pipe()
    os.write(writer, f"start\ncreate refs/kept {repository.tip('trunk')}\nprepare\n".encode())
    moving = asyncio.create_task(
        Git().run("update-ref", "--stdin", doing="moving", directory=repository.bare, input=reader)
    )
    lock = repository.bare / "refs" / "kept.lock"
    async with asyncio.timeout(10):
        while not await asyncio.to_thread(lock.exists):
            await asyncio.sleep(0.01)
    moving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await moving
    os.close(writer)
    os.close(reader)
    assert not await asyncio.to_thread(lock.exists)
