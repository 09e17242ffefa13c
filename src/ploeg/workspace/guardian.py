"""The guardian of one agent's processes: a program of its own, from few parts of the standard library to start fast.

    python -I -S guardian.py LEASH STATUS MEMORY PROCESSES PROGRAM [ARGUMENT ...]

It starts PROGRAM, and on Linux becomes the parent of every process below it that loses its own (a "subreaper"), so
that none can slip away by forking twice or by starting a session. All of them are killed when PROGRAM ends, when the
worker says so, and when the worker dies: the worker holds the other end of LEASH, and its end is that pipe's end.
They are killed as well when they are more than PROCESSES, or have more than MEMORY bytes together (0: no limit).

    LEASH   what the worker wants: `I` interrupt, `T` terminate, anything else: kill all of them
    STATUS  what happened: `started PID` or `failed ERRNO`, `excess memory` or `excess processes` when that was the
            end of it, then `ended CODE` once no process is left
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
import time

TYPE_CHECKING = False  # as in `typing`, which takes long to import
if TYPE_CHECKING:
    from collections.abc import Callable

_PR_SET_CHILD_SUBREAPER = 36
#: Parts of a process's memory, as /proc names them.
_COUNTED = (b"Pss_Anon:", b"Pss_Shmem:")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_ORDERS = {b"I": signal.SIGINT, b"T": signal.SIGTERM}
_IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
#: Seconds between two looks at what the processes take.
_LOOK_EVERY = 0.5
#: A look may take a while where the machine has many processes; so many times as long it then rests.
_REST = 50
#: Where memory runs out all the same, the system ends what an agent started before all else.
_FIRST_TO_GO = b"500"


def main() -> int:
    leash, status, memory, processes = map(int, sys.argv[1:5])
    argv = sys.argv[5:]
    for fd in (leash, status):
        os.set_inheritable(fd, False)
    wake = _wake_on_dead_children()
    _become_subreaper()
    _go_first_when_memory_runs_out()
    if select.select([leash], [], [], 0)[0]:
        return 0  # the worker has died already, or thought better of it
    try:
        # posix_spawn: in the child, nothing of this program runs between fork and exec.
        leader = os.posix_spawnp(
            argv[0], argv, _given_environment(), setsid=True, setsigdef=[*_IGNORED, signal.SIGPIPE, signal.SIGCHLD]
        )
    except OSError as error:
        _tell(status, b"failed %d\n" % (error.errno or 0))
        return 127
    _tell(status, b"started %d\n" % leader)
    _give_up_standard_streams()
    code = _watch(leader, leash, wake, lambda: _excess(status, memory, processes))
    _tell(status, b"ended %d\n" % code)
    return 0


def _watch(leader: int, leash: int, wake: int, excess: Callable[[], bool]) -> int:
    """Until no process is left; the leader's exit code, negative for a signal."""
    code: int | None = None
    look_at = time.monotonic() + _LOOK_EVERY
    while code is None:
        ready, _, _ = select.select([leash, wake], [], [], max(look_at - time.monotonic(), 0))
        began = time.monotonic()
        if began >= look_at:
            if excess():
                break
            now = time.monotonic()
            look_at = now + max(_LOOK_EVERY, _REST * (now - began))
        if wake in ready:
            os.read(wake, 4096)
            code, _ = _reap(leader)
        if leash in ready and code is None:
            order = os.read(leash, 1)
            if order not in _ORDERS:
                break
            _send(os.killpg, leader, _ORDERS[order])
    while True:
        _kill_descendants(leader)
        reaped, nobody_left = _reap(leader)
        code = reaped if code is None else code
        if nobody_left:
            return -signal.SIGKILL if code is None else code
        select.select([wake], [], [], 0.01)


def _excess(status: int, memory: int, processes: int) -> bool:
    """Whether they take more than they may, which is told."""
    if not memory and not processes:
        return False
    below = _descendants()
    if 0 < processes < len(below):
        _tell(status, b"excess processes\n")
        return True
    # What each says it has counts shared memory for each that shares it, and costs little to ask.
    if 0 < memory < sum(map(_resident, below)) and memory < sum(map(_own, below)):
        _tell(status, b"excess memory\n")
        return True
    return False


def _resident(pid: int) -> int:
    """Bytes of a process in memory, those included that it maps of files or shares."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:  # noqa: PTH123
            return int(file.read().split()[1]) * _PAGE
    except (OSError, IndexError, ValueError):
        return 0


def _own(pid: int) -> int:
    """Bytes of a process without files, its part of what it shares included."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:  # noqa: PTH123
            lines = [line.split() for line in file]
    except OSError:
        return _resident(pid)
    return sum(int(line[1]) * 1024 for line in lines if line[0] in _COUNTED)


def _reap(leader: int) -> tuple[int | None, bool]:
    """The leader's exit code if it was among the dead, and whether no child is left at all."""
    code = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return code, True
        if pid == 0:
            return code, False
        if pid == leader:
            code = os.waitstatus_to_exitcode(status)


def _kill_descendants(leader: int) -> None:
    """Stopped first, so that none forks while the others are being killed."""
    below = _descendants()
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for pid in below:
            _send(os.kill, pid, number)
    if not below:
        _send(os.killpg, leader, signal.SIGKILL)  # where /proc does not tell


def _descendants() -> list[int]:
    children: dict[int, list[int]] = {}
    for pid in filter(str.isdecimal, os.listdir("/proc") if os.path.isdir("/proc") else ()):  # noqa: PTH208, PTH112
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - pathlib takes longer than all the rest
                # "pid (name) state ppid …", and the name may hold anything.
                parent = int(file.read().rpartition(b")")[2].split()[1])
        except (OSError, IndexError, ValueError):
            continue
        children.setdefault(parent, []).append(int(pid))
    below: list[int] = []
    todo = [os.getpid()]
    while todo:
        found = children.get(todo.pop(), [])
        below += found
        todo += found
    return below


def _send(send: Callable[[int, int], None], target: int, number: int) -> None:
    try:  # noqa: SIM105 - and so does contextlib
        send(target, number)
    except (ProcessLookupError, PermissionError):
        pass


def _tell(status: int, what: bytes) -> None:
    # Nobody listens when the worker is dead, and that is when the rest of this program matters most.
    try:  # noqa: SIM105
        os.write(status, what)
    except OSError:
        pass


def _given_environment() -> dict[bytes, bytes]:
    """What the worker gave; Python itself may have added LC_CTYPE to `os.environ`."""
    try:
        with open("/proc/self/environ", "rb") as file:  # noqa: PTH123
            entries = file.read().split(b"\0")
    except OSError:
        return dict(os.environb)
    return {name: value for name, _, value in (entry.partition(b"=") for entry in entries) if name}


def _wake_on_dead_children() -> int:
    """A descriptor that becomes readable when a child has died."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    for number in _IGNORED:
        signal.signal(number, signal.SIG_IGN)
    return reading


def _become_subreaper() -> None:
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _go_first_when_memory_runs_out() -> None:
    try:
        with open("/proc/self/oom_score_adj", "wb") as file:  # noqa: PTH123 - what is started inherits it
            file.write(_FIRST_TO_GO)
    except OSError:
        pass


def _give_up_standard_streams() -> None:
    """The agent's output has to end when the agent does."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nothing, fd)


if __name__ == "__main__":
    sys.exit(main())
