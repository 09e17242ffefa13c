"""What a plan's blocks do to the working tree. The current directory is the workspace."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ploeg.patcher.plan import DeleteFiles, Diff, Shell, WriteFile

#: Bytes of a shell block's output that are shown and reported, from its end.
TAIL = 4000
#: Seconds for one git command.
GIT_LIMIT = 300.0


class NotApplied(Exception):
    """A block that the workspace does not take; its text is for people."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A shell block's end. `code` None: its limit stopped it."""

    code: int | None
    tail: str

    @property
    def passed(self) -> bool:
        return self.code == 0


def apply_diff(diff: Diff) -> str:
    """Applies it, unless it is applied already. Git itself refuses paths outside the workspace."""
    strip = "-p1" if _has_prefixes(diff.text) else "-p0"
    flags = ("apply", "--recount", "--whitespace=nowarn", strip)
    listed = _git(*flags, "--numstat", "-z", stdin=diff.text)
    if listed.returncode != 0:
        raise NotApplied(_complaint(listed))
    paths = [entry.split("\t", 2)[2] for entry in listed.stdout.split("\0") if entry.count("\t") >= 2]
    for path in paths:
        inside(path)
    applied = _git(*flags, stdin=diff.text)
    if applied.returncode == 0:
        return f"applied to {', '.join(paths)}"
    if _git(*flags, "--reverse", "--check", stdin=diff.text).returncode == 0:
        return f"already applied to {', '.join(paths)}"
    raise NotApplied(_complaint(applied))


def write_file(block: WriteFile) -> str:
    target = inside(block.path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
        with os.fdopen(os.open(target, flags, 0o644), "w", encoding="utf-8", newline="") as file:
            file.write(block.content)
    except (OSError, UnicodeEncodeError) as error:
        raise NotApplied(f"{block.path} cannot be written: {error}") from None
    return f"wrote {block.path}"


def delete_files(block: DeleteFiles) -> str:
    """Deletes them; what an earlier commit deleted may be gone already."""
    for path in block.paths:
        target = inside(path)
        if not target.exists() and _was_deleted(path):
            continue
        try:
            target.unlink()
        except OSError as error:
            raise NotApplied(f"{path} cannot be deleted: {error.strerror}") from None
    return f"deleted {', '.join(block.paths)}"


def run_shell(block: Shell) -> Ran:
    """Runs it to its end or its limit, and ends what it left in its process group."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [block.program, "-e", "-c", block.script],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        try:
            code: int | None = process.wait(block.limit)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            _end_group(process)
        size = output.seek(0, os.SEEK_END)
        output.seek(max(0, size - TAIL))
        return Ran(code, output.read().decode("utf-8", "replace"))


def inside(path: str) -> Path:
    """The path, if it lies in the workspace whichever way it is reached; links are not followed."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or any(ord(c) < 0x20 for c in path):
        raise NotApplied(f"«{path}» is no path within the workspace")
    if any(part.casefold() == ".git" for part in parts):
        raise NotApplied(f"«{path}» belongs to git")
    reached = Path()
    for part in parts:
        reached /= part
        if reached.is_symlink():
            raise NotApplied(f"«{path}» goes through the link {reached}")
    return reached


def stage_all() -> None:
    _must("add", "--all")


def drop_unstaged_new_files() -> None:
    """What a test left behind; files that git ignores stay."""
    _must("clean", "-d", "--force", "--quiet")


def commit(message: str) -> str | None:
    """Commits all changes; the commit's hash, or None if there are none."""
    stage_all()
    if _git("diff", "--cached", "--quiet").returncode == 0:
        return None
    identity = [] if _git("var", "GIT_COMMITTER_IDENT").returncode == 0 else _FALLBACK_IDENTITY
    _must(*identity, "commit", "--quiet", "--no-verify", "--no-gpg-sign", "--message", message)
    return _must("rev-parse", "HEAD").strip()


_FALLBACK_IDENTITY = ["-c", "user.name=Ploeg", "-c", "user.email=ploeg@localhost"]


def _was_deleted(path: str) -> bool:
    return bool(_git("log", "-1", "--diff-filter=D", "--format=%H", "--", f":(literal){path}").stdout.strip())


def _has_prefixes(diff: str) -> bool:
    """Whether its file names begin with git's `a/` and `b/`."""
    names = [line[4:] for line in diff.splitlines() if line.startswith(("--- ", "+++ "))]
    return all(name.startswith(("a/", "b/", '"a/', '"b/', "/dev/null")) for name in names)


def _git(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", "-c", "core.hooksPath=/dev/null", *arguments],  # noqa: S607 - the sandbox says where its git is
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="surrogateescape",
        timeout=GIT_LIMIT,
        env={**os.environ, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"},
    )


def _must(*arguments: str) -> str:
    done = _git(*arguments)
    if done.returncode != 0:
        raise NotApplied(f"git {' '.join(arguments)} failed: {_complaint(done)}")
    return done.stdout


def _complaint(done: subprocess.CompletedProcess[str]) -> str:
    return done.stderr.strip().replace("error: ", "")[-TAIL:] or f"git ended with {done.returncode}"


def _end_group(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    except PermissionError:  # macOS says so of a group that has only ended processes
        if sys.platform != "darwin":
            raise
    process.wait()
