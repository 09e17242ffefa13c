"""Which forge a repository is on, and who gets its token."""

from __future__ import annotations

from pathlib import Path

import pytest

from ploeg.domain.delivery import Trouble
from ploeg.domain.errors import Invalid
from ploeg.forges.base import ForgeError
from ploeg.forges.place import Place, place_of
from ploeg.forges.registry import Entry, Forges
from ploeg.forges.tokens import remember
from ploeg.forges.which import kind_at
from tests.forges.fake import FakeForge

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://git.example.org/crew/it.git", Place("https", "git.example.org", "crew/it")),
        ("https://Git.Example.org:8443/a/b/c/", Place("https", "git.example.org:8443", "a/b/c")),
        ("ssh://git@git.example.org:2222/crew/it.git", Place("https", "git.example.org", "crew/it")),
        ("git@git.example.org:crew/it.git", Place("https", "git.example.org", "crew/it")),
        ("/srv/git/it.git", None),
        ("file:///srv/git/it.git", None),
        ("https://git.example.org/it", None),
        ("https://git.example.org/crew/../it", None),
    ],
)
def test_a_repository_s_place_is_read_from_its_url(url: str, place: Place | None) -> None:
    assert place_of(url) == place


@pytest.mark.parametrize(
    ("line", "remedy"),
    [
        ("git.example.org forgejo", "write `host kind token`"),
        ("git.example.org bitbucket s3cret", "name its kind"),
        ("https://git.example.org/path forgejo s3cret", "begin the line"),
        ("https://me@git.example.org forgejo s3cret", "begin the line"),
        ("git.example.org forgejo s3crét", "ASCII"),
    ],
)
def test_a_line_that_cannot_be_used_says_what_would_do_and_not_the_token(
    tmp_path: Path, line: str, remedy: str
) -> None:
    file = tmp_path / "tokens"
    file.touch(mode=0o600)
    file.write_text(line)
    with pytest.raises(Invalid, match=remedy) as caught:
        Forges.load(file)
    assert "s3cr" not in str(caught.value)


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.touch()
    file.chmod(0o644)
    with pytest.raises(Invalid, match="chmod 600"):
        Forges.load(file)


@pytest.mark.parametrize(
    "url",
    [
        "https://other.example.org/crew/it",
        "http://git.example.org/crew/it",
        "/srv/it.git",
        "git@git.example.org.evil:a/b",
    ],
)
async def test_no_other_host_and_no_plain_line_gets_the_token(tmp_path: Path, url: str) -> None:
    file = tmp_path / "tokens"
    file.touch(mode=0o600)
    file.write_text("git.example.org forgejo s3cret")
    with pytest.raises(ForgeError) as caught:
        async with Forges.load(file).on(url):
            pass
    assert caught.value.trouble is Trouble.NO_CREDENTIALS
    assert "s3cret" not in str(caught.value)


def test_a_new_token_needs_no_new_start(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    forges = Forges.load(file, may_be_missing=True)
    assert forges.origins == []
    remember(file, Entry("https://git.example.org", "forgejo", "first"))
    assert forges.kind_at("git.example.org") == "forgejo"
    remember(file, Entry("https://github.com", "github", "other"))
    remember(file, Entry("https://git.example.org", "gitea", "second-one"))
    assert forges.kinds == {"https://git.example.org": "gitea", "https://github.com": "github"}
    assert (file.stat().st_mode & 0o777, "first" in file.read_text()) == (0o600, False)
    file.unlink()
    assert forges.origins == []


def test_a_file_that_is_half_written_leaves_what_it_said_last(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    remember(file, Entry("https://git.example.org", "forgejo", "one"))
    forges = Forges.load(file)
    file.write_text("https://git.example.org forg")
    assert forges.kind_at("git.example.org") == "forgejo"
    file.write_text("https://git.example.org gitea two")
    assert forges.kind_at("git.example.org") == "gitea"


def test_what_people_wrote_into_the_file_stays(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.touch(mode=0o600)
    file.write_text("# ours, on the NAS\nhttp://nas.lan:3000 forgejo one\n")
    remember(file, Entry("https://github.com", "github", "two"))
    assert file.read_text() == "# ours, on the NAS\nhttp://nas.lan:3000 forgejo one\nhttps://github.com github two\n"


def test_an_entry_that_could_not_be_read_again_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    with pytest.raises(Invalid):
        remember(file, Entry("https://github.com", "github", "two words"))
    assert list(tmp_path.iterdir()) == []


async def test_plain_git_has_no_pull_requests_and_says_so(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    remember(file, Entry("https://git.example.org", "git", "-"))
    with pytest.raises(ForgeError, match="plain git") as caught:
        async with Forges.load(file).on("https://git.example.org/crew/it.git"):
            pass
    assert caught.value.trouble is Trouble.REFUSED


async def test_a_forge_is_known_by_what_it_answers(forge: FakeForge) -> None:
    assert await kind_at(forge.url) == forge.kind
    assert await kind_at("https://github.com") == "github"
