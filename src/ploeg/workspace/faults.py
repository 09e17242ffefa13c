"""What can go wrong with git, folded into few words, each with what to do about it."""

from __future__ import annotations

import re
import shutil
from enum import StrEnum
from pathlib import Path

from ploeg.domain.errors import PloegError
from ploeg.workspace.process import Finished


class GitFault(StrEnum):
    """The kinds of failure that Ploeg tells apart."""

    NOT_FOUND = "not_found"
    NO_CREDENTIALS = "no_credentials"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    CONFLICT = "conflict"
    EMPTY = "empty"
    DISK_FULL = "disk_full"
    CORRUPT = "corrupt"
    OTHER = "other"


_REMEDIES = {
    GitFault.NOT_FOUND: "check the repository's URL",
    GitFault.NO_CREDENTIALS: "the repository does not exist, or the worker needs a token that may use it: add a line "
    "`https://host/prefix user token` to its `git_credentials_file`",
    GitFault.UNREACHABLE: "the remote did not answer; it is tried again later",
    GitFault.REFUSED: "the remote or its rules do not allow it; see its own words",
    GitFault.CONFLICT: "the branch has commits on the remote that this work does not build on",
    GitFault.EMPTY: "push a first commit to the repository",
    GitFault.DISK_FULL: "free some space on the worker's disk",
    GitFault.CORRUPT: "the repository's data is damaged; remove the worker's mirror of it, or mend the remote",
    GitFault.OTHER: "see git's own words",
}
#: Fewer free bytes than this are none.
_FULL = 16 * 1024 * 1024
_TRANSIENT = frozenset({GitFault.UNREACHABLE, GitFault.DISK_FULL, GitFault.OTHER})

#: In order: the first that is found names the fault. The messages are git's own under LC_ALL=C.
_SIGNS = tuple(
    (fault, re.compile(pattern, re.IGNORECASE))
    for fault, pattern in (
        (GitFault.DISK_FULL, r"no space left on device|disk quota exceeded|file too large|out of diskspace"),
        (GitFault.REFUSED, r"dubious ownership|transport '[^']*' not allowed|ssl certificate|certificate verif"),
        (
            GitFault.NO_CREDENTIALS,
            r"could not read (username|password)|terminal prompts disabled|authentication failed|access denied"
            r"|error: 40[13]\b|permission denied|host key verification failed|invalid (username|credentials)",
        ),
        (
            GitFault.NOT_FOUND,
            r"error: 404\b|repository .*not found|does not appear to be a git repository|could not be found"
            r"|^fatal: '.*' does not exist|couldn't find remote ref",
        ),
        (
            GitFault.UNREACHABLE,
            r"could not resolve|failed to connect|couldn't connect|connection (refused|reset|timed out|closed)"
            r"|timed out|no route to host|network is unreachable|operation too slow|empty reply|early eof|rpc failed"
            r"|hung up unexpectedly|error: (429|5\d\d)\b|unable to access|unexpected disconnect|broken pipe",
        ),
        (
            GitFault.CONFLICT,
            r"non-fast-forward|fetch first|\[rejected\]|stale info|incorrect old value|cannot lock ref"
            r"|failed to update ref",
        ),
        (GitFault.REFUSED, r"remote rejected|hook declined|protected branch|not allowed|denied"),
        (
            GitFault.CORRUPT,
            r"corrupt|bad object|fsck|index-pack|inflate|missing (blob|tree|commit|object)|unable to read|bad tree"
            r"|did not send all necessary objects|invalid sha1|not a git repository|bundle|bad pack|unpack",
        ),
    )
)


class GitError(PloegError):
    """Git could not do it. `transient` says whether the same may succeed later without anybody's doing."""

    def __init__(self, fault: GitFault, doing: str, said: str = "", remedy: str | None = None) -> None:
        self.fault = fault
        self.remedy = remedy or _REMEDIES[fault]
        self.said = said
        super().__init__(": ".join(filter(None, (f"{doing} failed ({fault})", said))) + f"; {self.remedy}")

    @property
    def transient(self) -> bool:
        return self.fault in _TRANSIENT


def fault_in(said: str) -> GitFault:
    """The fault that git's own words name."""
    return next((fault for fault, sign in _SIGNS if sign.search(said)), GitFault.OTHER)


def error_from(doing: str, finished: Finished, directory: Path | None = None) -> GitError:
    """The error of a git command that failed or took too long in that directory."""
    if finished.timed_out:
        return GitError(GitFault.UNREACHABLE, doing, f"no end within {finished.seconds:.0f} s")
    said = finished.stderr.decode("utf-8", "replace")
    fault = fault_in(said)
    if fault is GitFault.OTHER and directory is not None and _is_full(directory):
        fault = GitFault.DISK_FULL  # a checkout that cannot write does not say why
    return GitError(fault, doing, short(said))


def _is_full(directory: Path) -> bool:
    try:
        return shutil.disk_usage(directory).free < _FULL
    except OSError:
        return False


def short(said: str) -> str:
    """The lines of git's words that carry the reason."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("fatal:", "error:", "remote:", "!", "ssh:"))] or lines
    return " · ".join(telling[-3:])[:500]
