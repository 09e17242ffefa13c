"""What a fresh workspace's own git is told: whose objects it borrows, whose commits it makes, and that they last."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import NamedTuple

#: What an agent commits is on the disk when the commit is made, whatever happens to the machine then.
_DURABLE = "[core]\n\tfsync = committed\n\tfsyncMethod = batch\n"


class Person(NamedTuple):
    name: str
    email: str


def furnish(repository: Path, borrowed: Path, author: Person, committer: Person) -> None:
    """`repository` is the workspace's `.git`, `borrowed` the mirror's objects."""
    (repository / "objects" / "info").mkdir(parents=True, exist_ok=True)
    (repository / "objects" / "info" / "alternates").write_text(f"{borrowed}\n")
    with (repository / "config").open("a") as config:
        for role, person in (("user", author), ("committer", committer)):
            config.write(f"[{role}]\n\tname = {_quoted(person.name)}\n\temail = {_quoted(person.email)}\n")
        config.write(f"[gc]\n\tauto = 0\n{_DURABLE}")


def settle(index: Path) -> None:
    """Tells git that the files of a ready one are older than its index, which is true once a second has passed.

    Git reads every file of the same second as the index again, and a whole checkout may fall into one.
    """
    now = time.time()
    if int(index.stat().st_mtime) < int(now):
        os.utime(index, (now, now))


def _quoted(value: str) -> str:
    """A value as git's configuration writes it."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
