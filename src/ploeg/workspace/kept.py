"""What became of an agent's work: the values without which its workspace is not removed."""

from __future__ import annotations

from dataclasses import dataclass

from ploeg.domain.errors import PloegError


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Work that the mirror holds now."""

    #: Tip of the attempt's commits, e.g. `refs/ploeg/J-12/1`; with `-snapshot` behind it the uncommitted files.
    ref: str
    head: str
    #: The tree of `head`.
    tree: str
    #: A commit on top of `head` with the files that the agent had not committed.
    snapshot: str | None = None
    #: Names of those files, as many as fit; a byte that is not UTF-8 shows as `\\xNN`.
    uncommitted: tuple[str, ...] = ()
    #: Everything could be read. If not, the workspace is set aside and not removed.
    whole: bool = True

    @property
    def clean(self) -> bool:
        """Nothing is uncommitted, no file is untracked, and that is known."""
        return self.snapshot is None and self.whole


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingToKeep:
    """The tree is as it was checked out, with no commit on top."""

    head: str
    tree: str

    @property
    def clean(self) -> bool:
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptElsewhere:
    """Somebody has the work already, or the whole workspace was set aside."""

    where: str


@dataclass(frozen=True, slots=True)
class NeverKept:
    """The workspace was there to read: what was changed in it is thrown away."""


Removable = Kept | NothingToKeep | KeptElsewhere | NeverKept


class KeepFailed(PloegError):
    """An agent's work could not be taken over; its workspace must stay."""
