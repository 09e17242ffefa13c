"""What blocks do to a working tree, with real git and real shells."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from ploeg.patcher.plan import DeleteFiles, Diff, Shell, WriteFile
from ploeg.patcher.workspace import (
    NotApplied,
    apply_diff,
    commit,
    delete_files,
    drop_unstaged_new_files,
    inside,
    run_shell,
    stage_all,
    write_file,
)

CHANGE = "--- a/f.txt\n+++ b/f.txt\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"


@pytest.fixture(autouse=True)
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with `f.txt`, as the current directory; an environment without anybody's settings."""
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    for name in list(os.environ):
        if name.startswith("GIT_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.chdir(workspace)
    git("init", "--quiet", "--initial-branch=main")
    (workspace / "f.txt").write_text("a\nb\nc\n")
    commit("Begin")
    return workspace


def git(*arguments: str) -> str:
    return subprocess.run(("git", *arguments), check=True, capture_output=True, text=True).stdout.strip()


def ended(pid: int) -> bool:
    """A zombie has ended; it only waits for whoever inherited it."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.parametrize(
    "diff",
    [
        CHANGE,
        CHANGE.replace("a/f.txt", "f.txt").replace("b/f.txt", "f.txt"),
        CHANGE.replace("-1,3 +1,3", "-1,9 +1,9"),
        "diff --git a/f.txt b/f.txt\nindex 1..2 100644\n" + CHANGE,
    ],
    ids=["plain", "without prefixes", "with wrong counts", "by git"],
)
def test_a_diff_is_applied(tree: Path, diff: str) -> None:
    assert apply_diff(Diff(1, diff)) == "applied to f.txt"
    assert (tree / "f.txt").read_text() == "a\nB\nc\n"


def test_a_diff_that_is_applied_already_changes_nothing(tree: Path) -> None:
    apply_diff(Diff(1, CHANGE))
    assert apply_diff(Diff(1, CHANGE)) == "already applied to f.txt"
    assert (tree / "f.txt").read_text() == "a\nB\nc\n"


def test_a_diff_may_make_and_delete_files(tree: Path) -> None:
    apply_diff(Diff(1, "--- /dev/null\n+++ b/new/x.txt\n@@ -0,0 +1 @@\n+x\n"))
    apply_diff(Diff(1, "--- a/f.txt\n+++ /dev/null\n@@ -1,3 +0,0 @@\n-a\n-b\n-c\n"))
    assert sorted(path.name for path in tree.rglob("*.txt")) == ["x.txt"]


def test_a_diff_that_does_not_fit_is_refused_with_gits_words() -> None:
    with pytest.raises(NotApplied, match=r"patch failed: f\.txt"):
        apply_diff(Diff(1, CHANGE.replace("-b\n", "-z\n")))


@pytest.mark.parametrize("diff", ["", "words\n", "--- a/f.txt\n+++ b/f.txt\n"])
def test_text_that_is_no_diff_is_refused(diff: str) -> None:
    with pytest.raises(NotApplied):
        apply_diff(Diff(1, diff))


@pytest.mark.parametrize("path", ["../out.txt", "/tmp/out.txt", ".git/hooks/post-commit", "link/out.txt"])
def test_a_diff_never_leaves_the_workspace(tree: Path, path: str) -> None:
    (tree / "link").symlink_to(tree.parent)
    with pytest.raises(NotApplied):
        apply_diff(Diff(1, f"--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+x\n"))
    assert not (tree.parent / "out.txt").exists()
    assert not (tree / ".git/hooks/post-commit").exists()


@pytest.mark.parametrize(
    "path", ["", ".", "../x", "a/../../x", "/etc/x", ".git/config", "sub/.GIT/config", "link", "link/x", "a\nb", "a\0b"]
)
def test_a_path_outside_the_workspace_is_refused(tree: Path, path: str) -> None:
    (tree / "link").symlink_to(tree.parent)
    with pytest.raises(NotApplied):
        inside(path)


def test_a_file_is_written_with_its_folders(tree: Path) -> None:
    assert write_file(WriteFile(1, "a/b/naïve.py", "x = 'é'\n")) == "wrote a/b/naïve.py"
    assert (tree / "a/b/naïve.py").read_text("utf-8") == "x = 'é'\n"


def test_a_file_that_is_written_again_keeps_its_mode(tree: Path) -> None:
    (tree / "run").write_text("old")
    (tree / "run").chmod(0o755)
    write_file(WriteFile(1, "run", "new"))
    assert (tree / "run").stat().st_mode & 0o777 == 0o755
    assert (tree / "run").read_text() == "new"


@pytest.mark.parametrize(("path", "content"), [("f.txt/x", ""), ("folder", ""), ("x", "\ud800")])
def test_a_file_that_cannot_be_written_is_refused(tree: Path, path: str, content: str) -> None:
    (tree / "folder").mkdir()
    with pytest.raises(NotApplied, match="cannot be written"):
        write_file(WriteFile(1, path, content))


def test_files_are_deleted(tree: Path) -> None:
    assert delete_files(DeleteFiles(1, ("f.txt",))) == "deleted f.txt"
    assert not (tree / "f.txt").exists()


def test_deleting_what_is_not_there_is_refused() -> None:
    with pytest.raises(NotApplied, match=r"nothing\.txt cannot be deleted"):
        delete_files(DeleteFiles(1, ("nothing.txt",)))


def test_what_an_earlier_attempt_deleted_may_be_gone() -> None:
    delete_files(DeleteFiles(1, ("f.txt",)))
    commit("Delete it")
    assert delete_files(DeleteFiles(1, ("f.txt",))) == "deleted f.txt"


def test_a_shell_block_runs_in_the_workspace_and_ends_at_its_first_failure(tree: Path) -> None:
    ran = run_shell(Shell(1, "echo out; echo err >&2\nfalse\ntouch after\n"))
    assert (ran.code, ran.passed) == (1, False)
    assert set(ran.tail.split()) == {"out", "err"}
    assert not (tree / "after").exists()


def test_a_shell_block_is_stopped_at_its_limit_with_all_that_it_started(tree: Path) -> None:
    ran = run_shell(Shell(1, "sleep 300 & echo $! > child; echo begun; sleep 300\n", limit=2))
    assert (ran.code, ran.tail) == (None, "begun\n")
    child = int((tree / "child").read_text())
    deadline = time.monotonic() + 5
    while not ended(child):
        assert time.monotonic() < deadline, "what the block started is still running"


def test_a_shell_block_does_not_wait_for_what_it_leaves_behind(tree: Path) -> None:
    assert run_shell(Shell(1, "sleep 300 &\n", limit=60)).passed


def test_only_the_end_of_a_long_output_is_kept() -> None:
    ran = run_shell(Shell(1, "i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done; printf '\\377'\n"))
    assert len(ran.tail) <= 4000
    assert ran.tail.endswith("line 2999\n\ufffd")


def test_a_commit_holds_all_changes_and_gives_its_hash(tree: Path) -> None:
    (tree / "new.txt").write_text("x")
    (tree / "f.txt").unlink()
    made = commit("ST-001 Change it")
    assert made == git("rev-parse", "HEAD")
    assert git("log", "-1", "--format=%an %s") == "Ploeg ST-001 Change it"
    assert git("status", "--porcelain") == ""


def test_nothing_changed_is_no_commit() -> None:
    assert commit("Nothing") is None


def test_a_commit_takes_the_identity_that_it_is_given(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Crew")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "crew@example.org")
    (tree / "new.txt").write_text("x")
    commit("Add it")
    assert git("log", "-1", "--format=%an %ce") == "Crew crew@example.org"


def test_hooks_of_the_repository_do_not_run_at_a_commit(tree: Path) -> None:
    hook = tree / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\ntouch hooked\nexit 1\n")
    hook.chmod(0o755)
    (tree / "new.txt").write_text("x")
    assert commit("Add it")
    assert not (tree / "hooked").exists()


def test_what_a_test_leaves_behind_is_dropped_and_the_work_stays(tree: Path) -> None:
    (tree / "work.txt").write_text("x")
    stage_all()
    (tree / "junk").mkdir()
    (tree / "junk/report.xml").write_text("x")
    drop_unstaged_new_files()
    assert (tree / "work.txt").exists()
    assert not (tree / "junk").exists()
