from __future__ import annotations

import pytest

from ploeg.domain.errors import Invalid
from ploeg.domain.pull_request import check_pr_url


@pytest.mark.parametrize(
    "url",
    [
        "https://git.example.org/me/it/pulls/7",
        "http://localhost:3000/me/it/pulls/7",
        "https://github.com/me/it/pull/12",
        "https://gitlab.com/a/group/it/-/merge_requests/3",
    ],
)
def test_the_pages_of_pull_requests_on_the_forges_are_taken(url: str) -> None:
    assert check_pr_url("pr_url", f" {url}/ ") == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://user:secret@git.example.org/me/it/pulls/7",
        "https://git.example.org/me/it/issues/7",
        "javascript:alert(1)//me/it/pulls/7",
        "https://git.example.org/me/it/pulls/7?x=1",
        "https://git.example.org/pulls/7",
        "https://git.example.org/me/it/pulls/7\nhttps://evil.example",
        "https://git.example.org/me/it/pulls/" + "7" * 600,
    ],
)
def test_anything_else_is_not(url: str) -> None:
    with pytest.raises(Invalid, match="pull request's own page"):
        check_pr_url("pr_url", url)
