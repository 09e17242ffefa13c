"""The head of a git bundle, read with suspicion: it was made where an agent worked.

# v2 git bundle            (or v3, with lines of capabilities that begin with @)
-<sha> <subject>           what its receiver must have
<sha> <ref>                what it brings
<empty line, then a pack>
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ploeg.workspace.faults import GitError, GitFault
from ploeg.workspace.git import is_sha

_MOST_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleHead:
    """What a bundle says it brings."""

    #: Ref -> commit.
    refs: dict[str, str]
    #: Where the pack begins in the file.
    pack_at: int


def read_head(bundle: Path) -> BundleHead:
    """Raises `GitError` for anything but a bundle."""
    with bundle.open("rb") as file:
        beginning = file.read(_MOST_BYTES)
    head, end, _ = beginning.partition(b"\n\n")
    signature, *lines = head.decode("utf-8", "surrogateescape").split("\n")
    if not end or signature not in {"# v2 git bundle", "# v3 git bundle"}:
        raise _not_a_bundle()
    refs = {}
    for line in lines:
        if line.startswith(("-", "@")):
            continue
        sha, _, ref = line.partition(" ")
        if not is_sha(sha) or not ref.startswith("refs/"):
            raise _not_a_bundle()
        refs[ref] = sha
    return BundleHead(refs=refs, pack_at=len(head) + 2)


def _not_a_bundle() -> GitError:
    return GitError(GitFault.CORRUPT, "taking over the agent's commits", "what came out of the sandbox is no bundle")
