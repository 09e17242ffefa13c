"""Git for trusted repositories: Ploeg's own mirrors, and workspaces that no agent has touched yet.

Nothing of this machine's or the user's configuration takes part, and nothing that a repository can hold makes it run
a program. Even so it is never used in a directory that an agent could write; `keep.py` has the way for those.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from ploeg.domain.errors import Invalid, Unavailable
from ploeg.workspace.faults import GitError, GitFault, error_from
from ploeg.workspace.process import Finished, StartFailed, run

__all__ = ["Git", "GitError", "GitFault", "check_branch", "check_sha", "check_url", "hardening", "is_sha"]

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_ENVIRONMENT = {
    "LC_ALL": "C",
    "HOME": "/nonexistent",
    "XDG_CONFIG_HOME": "/nonexistent",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "/bin/false",
    "SSH_ASKPASS": "/bin/false",
    "GIT_SSH_COMMAND": "ssh -o BatchMode=yes -o ConnectTimeout=20",
    "GIT_ALLOW_PROTOCOL": "file:http:https:ssh",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_DEFAULT_REF_FORMAT": "files",
    "GIT_PAGER": "cat",
    "GIT_EDITOR": "false",
}
_CONFIG = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.attributesFile": "/dev/null",
    "core.excludesFile": "/dev/null",
    "core.alternateRefsCommand": "true",
    "core.fsync": "committed,reference",
    "credential.helper": "",
    "protocol.ext.allow": "never",
    "submodule.recurse": "false",
    "fetch.recurseSubmodules": "false",
    "fetch.unpackLimit": "1",
    "push.recurseSubmodules": "no",
    "transfer.bundleURI": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "checkout.workers": "0",
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "60",
}
_URL = re.compile(r"(?:https?|ssh|file)://[^\s]+|(?:[\w.-]+@)?[\w.-]+:(?!:|//)[^\s]+|/[^\x00-\x1f]+")
_BAD_IN_BRANCH = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(?:/|$)|^[-/.]|[/.]$|^@$")
#: Seconds for git to take its lock files along when it is told to stop.
_PARTING = 1.0
_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


def hardening() -> tuple[dict[str, str], dict[str, str]]:
    """The environment and the configuration that keep git to itself."""
    return {"PATH": _PATH, **_ENVIRONMENT}, dict(_CONFIG)


class Git:
    """Runs git and turns its failures into `GitError`."""

    def __init__(self, program: str | None = None, *, environment: Mapping[str, str] | None = None) -> None:
        """`environment`: what else git may see, e.g. a proxy; never a secret."""
        found = shutil.which(program or "git")
        if found is None:
            raise Unavailable("git was not found; install it")
        self.program = found
        self._environment = {"PATH": f"{Path(found).parent}:{_PATH}", **_ENVIRONMENT, **(environment or {})}
        tie = shutil.which("setpriv")
        self._tied = (tie, "--pdeathsig", "KILL", "--") if tie else ()
        self._config = tuple(part for name, value in _CONFIG.items() for part in ("-c", f"{name}={value}"))

    async def run(
        self,
        *arguments: str,
        doing: str,
        directory: Path | None = None,
        within: float = 120.0,
        input: bytes | int | None = None,
        environment: Mapping[str, str] | None = None,
        pass_fds: Sequence[int] = (),
        max_output: int = 64 * 1024 * 1024,
        accept: Sequence[int | None] = (0,),
        dies_with_us: bool = False,
    ) -> Finished:
        """One git command in a trusted repository. `doing` begins the error's text. Raises `GitError`.

        `dies_with_us`: where the system can do that, a killed worker takes the command along. A push must not go on
        when nobody holds the lease any more.
        """
        # Never a repository further up: the ceiling keeps git from looking there.
        where = () if directory is None else ("-C", str(directory))
        ceiling = {} if directory is None else {"GIT_CEILING_DIRECTORIES": str(directory.parent)}
        try:
            finished = await run(
                [*(self._tied if dies_with_us else ()), self.program, *where, *self._config, *arguments],
                cwd=Path("/"),
                env={**self._environment, **ceiling, **(environment or {})},
                timeout=within,
                input=input,
                pass_fds=pass_fds,
                max_output=max_output,
                parting=_PARTING,
            )
        except StartFailed as error:
            raise GitError(GitFault.OTHER, doing, str(error)) from None
        if finished.timed_out or finished.code not in accept:
            raise error_from(doing, finished, directory)
        return finished

    async def text(self, *arguments: str, doing: str, directory: Path | None = None) -> str:
        """What a short command says."""
        finished = await self.run(*arguments, doing=doing, directory=directory)
        return finished.stdout.decode("utf-8", "surrogateescape").strip()


def is_sha(text: str) -> bool:
    return _SHA.fullmatch(text) is not None


def check_sha(text: str) -> str:
    """A whole object name, which cannot be taken for an option. Raises `Invalid`."""
    if not is_sha(text):
        raise Invalid("commit", text, "use the commit's full name")
    return text


def check_url(url: str) -> str:
    """A repository URL that git may be given. Raises `Invalid`, without repeating a password."""
    if re.match(r"-|[\w+.-]*::", url) or not _URL.fullmatch(url):
        raise Invalid("repo_url", _without_password(url), "use https://…, ssh://…, user@host:path or an absolute path")
    if urlsplit(url).password if "://" in url else None:
        raise Invalid(
            "repo_url", _without_password(url), "leave the password out; tokens go to the worker's git_credentials_file"
        )
    return url


def check_branch(name: str) -> str:
    """A branch name that git accepts. Raises `Invalid`."""
    if not name or len(name) > 200 or _BAD_IN_BRANCH.search(name):
        raise Invalid("branch", name, "use letters, digits, `-`, `_`, `.` and `/`")
    return name


def _without_password(url: str) -> str:
    return re.sub(r"(://[^/:@\s]*):[^/@\s]*@", r"\1:…@", url)
