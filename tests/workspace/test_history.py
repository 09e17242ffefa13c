from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC

import pytest

from ploeg.domain.errors import Invalid
from ploeg.domain.gate import FileChange
from ploeg.workspace.mirror import Mirrors
from tests.workspace.conftest import Repository

pytestmark = pytest.mark.anyio

New = Callable[..., Repository]


async def test_a_diff_counts_lines_and_keeps_odd_names_readable(repository: Repository, mirrors: Mirrors) -> None:
    base = repository.commit({"keep": "a\nb\nc\n", "old name": "same\n" * 10, "binary": b"\x00\x01"})
    (repository.clone / "old name").rename(repository.clone / "new name")
    os.write(os.open(os.fsencode(repository.clone) + b"/caf\xe9", os.O_CREAT | os.O_WRONLY), b"x\n")
    head = repository.commit({"keep": "a\nB\nc\n", "binary": b"\x00\x02", "tab\there": "1\n2\n", "new\nline": "x"})
    mirror = await mirrors.open(repository.url)
    diff = await mirror.diff(base, head)
    assert sorted(diff.files, key=lambda change: change.path) == [
        FileChange(path="binary"),
        FileChange(path="caf\\xe9", added=1),
        FileChange(path="keep", added=1, removed=1),
        FileChange(path="new\nline", added=1),
        FileChange(path="new name", added=10),
        FileChange(path="old name", removed=10),
        FileChange(path="tab\there", added=2),
    ]
    assert "+B" in diff.text
    assert not diff.cut
    assert (await mirror.diff(base, base)).files == []


async def test_a_large_diff_is_cut_but_counted_whole(repository: Repository, mirrors: Mirrors) -> None:
    base = repository.tip("trunk")
    head = repository.commit({"large": "line\n" * 200_000})
    mirror = await mirrors.open(repository.url)
    assert base is not None
    diff = await mirror.diff(base, head, text_limit=1000)
    assert (len(diff.text), diff.cut) == (1000, True)
    assert diff.files == [FileChange(path="large", added=200_000)]


async def test_history_is_read_from_the_mirror(repository: Repository, mirrors: Mirrors) -> None:
    base = repository.tip("trunk")
    assert base is not None
    head = repository.commit({"a": "1"}, "Éerste «line»\n\nbody")
    mirror = await mirrors.open(repository.url)
    [commit] = await mirror.commits(base, head)
    assert (commit.sha, commit.subject, commit.at.tzinfo) == (head, "Éerste «line»", UTC)
    assert await mirror.commits(head, head) == []
    assert await mirror.tree(head) == repository.git("rev-parse", "HEAD^{tree}")
    assert await mirror.has(head)
    assert not await mirror.has("0" * 40)
    assert not await mirror.has("--help")


async def test_nothing_but_a_whole_commit_name_is_given_to_git(repository: Repository, mirrors: Mirrors) -> None:
    mirror = await mirrors.open(repository.url)
    sha = (await mirror.base("x")).sha
    for name in ("--output=pwned", "HEAD", sha[:12], sha.upper(), f"{sha}\n", ""):
        assert not await mirror.has(name)
        for asking in (
            mirror.diff(name, sha),
            mirror.diff(sha, name),
            mirror.commits(sha, name),
            mirror.merge_base(name, sha),
            mirror.tree(name),
            mirror.push(name, "ploeg/T-1"),
        ):
            with pytest.raises(Invalid, match="commit"):
                await asking


async def test_where_two_commits_went_apart_is_found(repository: Repository, mirrors: Mirrors) -> None:
    fork = repository.tip("trunk")
    assert fork is not None
    one = repository.commit({"one": "1"})
    repository.git("checkout", "--quiet", "-b", "other", fork)
    other = repository.commit({"other": "1"})
    repository.git("checkout", "--quiet", "--orphan", "alone")
    alone = repository.commit({"alone": "1"})
    mirror = await mirrors.open(repository.url)
    assert await mirror.merge_base(one, other) == fork
    assert await mirror.merge_base(fork, one) == fork
    assert await mirror.merge_base(one, alone) is None
