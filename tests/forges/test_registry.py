"""Which forge a repository is on, and who gets its token."""

from __future__ import annotations

from pathlib import Path

import pytest

from ploeg.domain.delivery import Trouble
from ploeg.domain.errors import Invalid
from ploeg.forges.base import ForgeError
from ploeg.forges.place import Place, place_of
from ploeg.forges.registry import Forges

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
