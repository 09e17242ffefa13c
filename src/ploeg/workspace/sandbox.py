"""Where an agent runs: in bubblewrap, or with nothing around it when the settings say `none` in so many words.

In bubblewrap an agent sees the system's programs, its workspace, its HOME, what its brief adds, and nothing else of
the machine: not the worker's files, processes or environment. The network is shared with the machine for now.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import Literal, Protocol

from ploeg.domain.errors import Invalid, Unavailable
from ploeg.workspace.limits import UNLIMITED, TreeLimits
from ploeg.workspace.process import run
from ploeg.workspace.tree import GuardianTree, NamespaceTree, StartFailed, Tree

#: An agent reaches its model, its tool endpoint and the rest of the network; isolating that is not done here yet.
NETWORK_IS_SHARED = True
WORKSPACE = PurePosixPath("/workspace")
HOME = PurePosixPath("/home/agent")
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_ETC = (
    *("alternatives", "ca-certificates", "crypto-policies", "hosts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d"),
    *("localtime", "mime.types", "nsswitch.conf", "os-release", "pki", "protocols", "resolv.conf", "services", "ssl"),
)
#: Parts of /proc through which a process of the machine's root (which a worker may be) could reach out.
_PROC_READ_ONLY = ("sys", "sysrq-trigger", "fs", "acpi", "scsi", "asound", "driver", "mtrr", "pressure")
_PROC_HIDDEN = ("kcore", "keys", "kmsg", "timer_list", "sched_debug", "latency_stats")
_PEOPLE = {
    "/etc/passwd": b"agent:x:1000:1000:agent:/home/agent:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
    "/etc/group": b"agent:x:1000:\nnogroup:x:65534:\n",
}
_REMEDY = (
    "install bubblewrap and allow user namespaces (on Ubuntu 24.04 see its AppArmor profile for bwrap; in Docker run "
    "the worker with `--security-opt seccomp=unconfined --security-opt apparmor=unconfined`), or set "
    '`sandbox = "none"` and trust every agent with all that this account may do'
)


class SandboxUnavailable(Unavailable):
    """The isolation that the settings ask for does not work on this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSpec:
    """What is shared with a sandbox; nothing else is."""

    #: Writable, mounted at `/workspace`.
    workspace: Path
    #: Writable, mounted at `/home/agent`; None gives an empty one that is gone afterwards.
    home: Path | None = None
    #: Read-only at their own paths.
    readable: tuple[Path, ...] = ()
    #: Writable at their own paths.
    writable: tuple[Path, ...] = ()
    #: Folders of programs: read-only, first on the search path; one named `bin` brings the folder above it along.
    tool_paths: tuple[Path, ...] = ()
    #: Under the worker's own user id, as git needs it to know its index again; agents are user 1000.
    same_user: bool = False
    limits: TreeLimits = UNLIMITED

    def __post_init__(self) -> None:
        private = [path for path in (self.workspace, self.home) if path is not None]
        for path in (*self.readable, *self.writable, *map(_shared_for, self.tool_paths)):
            if not path.is_absolute() or any(inner.is_relative_to(path) for inner in private):
                raise Invalid("readable", str(path), "share an absolute path that does not lie around the workspace")
            if not path.exists():
                raise Invalid("readable", str(path), "there is no such file or folder on this machine")


class Sandbox(Protocol):
    """A backend around one job. The environment of what runs in it is exactly what `process.start` is given."""

    name: str
    #: As the agent sees them.
    workspace: PurePosixPath
    home: PurePosixPath
    #: PATH for what runs in it.
    search_path: str

    def tree(self, argv: Sequence[str], cwd: PurePath, env: Mapping[str, str]) -> Tree: ...


class Backend(Protocol):
    """A way to isolate."""

    @property
    def name(self) -> str: ...

    def around(self, spec: SandboxSpec) -> Sandbox: ...


@dataclass(frozen=True, slots=True)
class Bubblewrap:
    """Isolation by Linux namespaces, set up by the `bwrap` program."""

    program: str
    #: Keeps an agent from making user namespaces of its own, where this bubblewrap can.
    disable_userns: bool = True
    #: What an agent writes into memory, as to /tmp, is held to the limit on memory.
    sized: bool = True
    name: str = "bubblewrap"

    def around(self, spec: SandboxSpec) -> Sandbox:
        return _InBubblewrap(self, spec)


@dataclass(frozen=True, slots=True)
class NoIsolation:
    """Nothing around the agent but a clean environment and a guardian that ends its processes."""

    name: str = "none"

    def around(self, spec: SandboxSpec) -> Sandbox:
        return _Bare(spec)


async def choose(setting: Literal["auto", "bubblewrap", "none"]) -> Backend:
    """The backend that the settings ask for, tried out. Raises `SandboxUnavailable`."""
    return NoIsolation() if setting == "none" else await probe()


async def probe(program: str = "bwrap") -> Backend:
    """Bubblewrap, after it has held a process back from a file of this machine. Raises `SandboxUnavailable`."""
    found = shutil.which(program)
    if found is None or not sys.platform.startswith("linux") or not hasattr(os, "pidfd_open"):
        raise SandboxUnavailable(f"agents cannot be isolated: `{program}` was not found; {_REMEDY}")
    said = ""
    older = (Bubblewrap(found, disable_userns=False), Bubblewrap(found, disable_userns=False, sized=False))
    for backend in (Bubblewrap(found), *older):
        said = await _escape_from(backend)
        if not said:
            return backend
    raise SandboxUnavailable(f"agents cannot be isolated: {said}; {_REMEDY}")


async def _escape_from(backend: Bubblewrap) -> str:
    """Tries to get out; empty when it is held, else what went wrong."""
    with tempfile.TemporaryDirectory(prefix="ploeg-probe-") as folder:
        inside, outside = Path(folder) / "inside", Path(folder) / "outside"
        inside.mkdir()
        outside.write_text("seen")
        script = 'test ! -e "$1" && : > /workspace/here && test ! -s /proc/1/environ && echo held'
        try:
            tried = await run(
                ["/bin/sh", "-c", script, "sh", str(outside)],
                cwd=WORKSPACE,
                env={"PATH": _SYSTEM_PATH},
                timeout=20,
                sandbox=backend.around(SandboxSpec(workspace=inside, limits=TreeLimits(memory_bytes=2**40))),
            )
        except StartFailed as error:
            return str(error)
        if tried.code == 0 and tried.stdout == b"held\n" and (inside / "here").exists():
            return ""
        said = tried.stderr.decode("utf-8", "replace").strip().splitlines()
        return said[-1] if said else "a process in the sandbox could reach out of it"


class _InBubblewrap:
    name = "bubblewrap"
    workspace = WORKSPACE
    home = HOME

    def __init__(self, backend: Bubblewrap, spec: SandboxSpec) -> None:
        self._program = backend.program
        self.search_path = _search_path(spec.tool_paths)
        self._limits = spec.limits
        self._options = tuple(_options(spec, backend))

    def tree(self, argv: Sequence[str], cwd: PurePath, env: Mapping[str, str]) -> Tree:
        settings = [part for name, value in env.items() for part in ("--setenv", name, value)]
        return NamespaceTree(self._program, [*self._options, *settings], _PEOPLE, argv, cwd, self._limits)


class _Bare:
    name = "none"

    def __init__(self, spec: SandboxSpec) -> None:
        self.workspace = PurePosixPath(spec.workspace)
        self.home = PurePosixPath(spec.home or spec.workspace.parent)
        self.search_path = _search_path(spec.tool_paths)
        self._limits = spec.limits

    def tree(self, argv: Sequence[str], cwd: PurePath, env: Mapping[str, str]) -> Tree:
        return GuardianTree(argv, cwd, env, self._limits)


def _options(spec: SandboxSpec, backend: Bubblewrap) -> Iterator[str]:
    size = ("--size", str(spec.limits.memory_bytes)) if backend.sized and spec.limits.memory_bytes else ()
    yield from ("--unshare-user", "--unshare-all", "--share-net", "--die-with-parent", "--new-session")
    if backend.disable_userns:
        yield "--disable-userns"
    user, group = (os.getuid(), os.getgid()) if spec.same_user else (1000, 1000)
    yield from ("--uid", str(user), "--gid", str(group), "--hostname", "sandbox")
    yield from _system()
    for place in ("/tmp", "/var/tmp", "/dev/shm"):  # noqa: S108 - in the sandbox, its own
        yield from (*size, "--tmpfs", place)
    yield from ("--dir", "/run")
    for path in (*spec.readable, *map(_shared_for, spec.tool_paths)):
        yield from ("--ro-bind", str(path), str(path))
    for path in spec.writable:
        yield from ("--bind", str(path), str(path))
    yield from ("--bind", str(spec.workspace), str(WORKSPACE))
    yield from (*size, "--tmpfs", str(HOME)) if spec.home is None else ("--bind", str(spec.home), str(HOME))
    yield from ("--remount-ro", "/")


def _system() -> Iterator[str]:
    """The system's programs and as little as possible of the rest."""
    yield from ("--ro-bind", "/usr", "/usr")
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        path = Path("/", name)
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), str(path))
        elif path.is_dir():
            yield from ("--ro-bind", str(path), str(path))
    for name in _ETC:
        yield from ("--ro-bind-try", f"/etc/{name}", f"/etc/{name}")
    yield from ("--proc", "/proc", "--dev", "/dev")
    for name in _PROC_READ_ONLY:
        if Path("/proc", name).exists():
            yield from ("--ro-bind", f"/proc/{name}", f"/proc/{name}")
    for name in _PROC_HIDDEN:
        if Path("/proc", name).exists():
            yield from ("--ro-bind", "/dev/null", f"/proc/{name}")


def _search_path(tool_paths: Sequence[Path]) -> str:
    return ":".join([*map(str, tool_paths), _SYSTEM_PATH])


def _shared_for(tool_path: Path) -> Path:
    return tool_path.parent if tool_path.name == "bin" and len(tool_path.parts) > 2 else tool_path
