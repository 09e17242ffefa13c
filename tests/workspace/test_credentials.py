from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ploeg.domain.errors import Invalid
from ploeg.workspace.credentials import Credential, Credentials
from ploeg.workspace.git import Git, GitError, GitFault
from ploeg.workspace.mirror import Mirrors, PushOutcome
from tests.workspace.conftest import Repository
from tests.workspace.forge import Forge, forge

pytestmark = pytest.mark.anyio


@pytest.fixture
def served(repository: Repository) -> Iterator[Forge]:
    repository.git("config", "http.receivepack", "true", at=repository.bare)
    with forge(repository.bare.parent) as serving:
        yield serving


@pytest.fixture
def mirrors_with(home: Path) -> Callable[..., Mirrors]:
    def make(*entries: Credential) -> Mirrors:
        return Mirrors(home / "mirrors", Git(), Credentials(entries), retry_delays=(0.0, 0.0))

    return make


def write(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def test_the_credentials_file_is_read_line_by_line(tmp_path: Path) -> None:
    file = write(
        tmp_path / "credentials", "# my forges\n\nhttps://a.example/ me secret-a\nhttps://a.example/team it secret-b\n"
    )
    credentials = Credentials.load(file)
    assert credentials.secrets() == ("secret-a", "secret-b")
    for url, token in [
        ("https://a.example/x.git", "secret-a"),
        ("https://a.example/team/x.git", "secret-b"),
        ("https://a.example/teams/x.git", "secret-a"),
        ("https://it@a.example/team/x.git", "secret-b"),
    ]:
        found = credentials.for_url(url)
        assert found is not None
        assert found.token == token, url
    for url in ["http://a.example/x", "https://a.example.evil/x", "https://a.example:8443/x", "ssh://a.example/x"]:
        assert credentials.for_url(url) is None, url
    assert "secret-a" not in repr(credentials.for_url("https://a.example/x"))


def test_a_credentials_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    for mode in (0o640, 0o604, 0o644):
        file = write(tmp_path / "credentials", "https://a.example/ me secret-a\n", mode)
        with pytest.raises(Invalid, match="chmod 600"):
            Credentials.load(file)


@pytest.mark.parametrize("line", ["https://a.example/ me", "a.example me tok3n", "https://me:pw@a.example/ me tok3n-x"])
def test_a_bad_line_is_named_by_its_number_and_not_repeated(tmp_path: Path, line: str) -> None:
    with pytest.raises(Invalid, match="line 2") as refusal:
        Credentials.load(write(tmp_path / "credentials", f"https://b.example/ me tok3n\n{line}\n"))
    assert "tok3n" not in str(refusal.value)
    assert "pw@" not in str(refusal.value)


def test_a_credentials_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="git_credentials_file"):
        Credentials.load(tmp_path / "missing")
    assert Credentials.load(None).secrets() == ()


async def test_a_repository_that_needs_a_password_says_so_and_nobody_is_asked(
    served: Forge, mirrors_with: Callable[..., Mirrors]
) -> None:
    with pytest.raises(GitError) as error:
        await mirrors_with().open(f"{served.url}/project.git")
    assert error.value.fault is GitFault.NO_CREDENTIALS
    assert not error.value.transient
    assert "git_credentials_file" in str(error.value)


async def test_a_wrong_token_is_no_credentials(served: Forge, mirrors_with: Callable[..., Mirrors]) -> None:
    with pytest.raises(GitError) as error:
        await mirrors_with(Credential(served.url, "robot", "wr0ng-token-0123")).open(f"{served.url}/project.git")
    assert error.value.fault is GitFault.NO_CREDENTIALS
    assert "wr0ng-token-0123" not in str(error.value)


async def test_the_right_token_fetches_and_pushes(
    served: Forge, mirrors_with: Callable[..., Mirrors], repository: Repository
) -> None:
    mirror = await mirrors_with(Credential(served.url, served.user, served.token)).open(f"{served.url}/project.git")
    await mirror.fetch()
    base = await mirror.base("ploeg/T-1")
    assert (await mirror.push(base.sha, "ploeg/T-1")).outcome is PushOutcome.PUSHED
    assert repository.tip("ploeg/T-1") == base.sha


async def test_a_token_is_in_no_argument_environment_or_file(
    served: Forge, mirrors_with: Callable[..., Mirrors], home: Path, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    wrapper = tmp_path / "bin" / "git"
    wrapper.parent.mkdir()
    git = Git().program
    wrapper.write_text(
        f'#!/bin/sh\n{{ env; printf "%s\\n" "$@"; ls -l /dev/fd/; }} >>{seen}\nexec {git} "$@"\n', encoding="utf-8"
    )
    wrapper.chmod(0o755)
    credentials = Credentials((Credential(served.url, served.user, served.token),))
    mirror = await Mirrors(home / "mirrors", Git(str(wrapper)), credentials).open(f"{served.url}/project.git")
    await mirror.fetch()
    await mirror.push((await mirror.base("x")).sha, "ploeg/T-1")
    assert "http://127.0.0.1" in seen.read_text()
    assert served.token not in seen.read_text()
    files = [path for path in home.rglob("*") if path.is_file()]
    assert len(files) > 5
    assert [path for path in files if served.token.encode() in path.read_bytes()] == []
    assert stat.S_IMODE((home / "mirrors" / "askpass").stat().st_mode) == 0o700


async def test_a_token_does_not_follow_a_redirect_to_another_host(
    served: Forge, mirrors_with: Callable[..., Mirrors], tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with forge(elsewhere) as evil:
        evil.token = "something else"
        served.moved_to = evil.url
        with pytest.raises(GitError):
            await mirrors_with(Credential(served.url, served.user, served.token)).open(f"{served.url}/project.git")
        assert evil.asked
        assert [given for _, given in evil.asked if given] == []


async def test_a_forge_in_passing_trouble_is_asked_again(served: Forge, mirrors_with: Callable[..., Mirrors]) -> None:
    served.anonymous = True
    served.troubles = [503, 502]
    mirror = await mirrors_with().open(f"{served.url}/project.git")
    assert await mirror.default_branch() == "trunk"


async def test_a_forge_in_lasting_trouble_is_unreachable(served: Forge, mirrors_with: Callable[..., Mirrors]) -> None:
    served.troubles = [503] * 20
    with pytest.raises(GitError) as error:
        await mirrors_with().open(f"{served.url}/project.git")
    assert error.value.fault is GitFault.UNREACHABLE
    assert error.value.transient
    assert len(served.asked) == 3


async def test_a_repository_that_a_forge_does_not_have_is_not_asked_for_again(
    served: Forge, mirrors_with: Callable[..., Mirrors]
) -> None:
    served.anonymous = True
    with pytest.raises(GitError) as error:
        await mirrors_with().open(f"{served.url}/nothing.git")
    assert error.value.fault is GitFault.NOT_FOUND
    assert len(served.asked) == 1


async def test_nobody_at_the_other_end_is_unreachable(mirrors_with: Callable[..., Mirrors]) -> None:
    with pytest.raises(GitError) as error:
        await mirrors_with().open("http://127.0.0.1:9/project.git")
    assert error.value.fault is GitFault.UNREACHABLE
