"""Which repository URL git may be given, and which product may get a job."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ploeg.domain.errors import Conflict, Invalid
from ploeg.domain.product import check_repo_url
from tests.domain.making import NOW, a_product


@pytest.mark.parametrize(
    "url",
    [
        "https://forge.example/shop.git",
        "http://127.0.0.1:3000/a/b.git",
        "ssh://git@forge.example:22/shop.git",
        "git@forge.example:a/shop.git",
        "file:///srv/git/shop.git",
        "/srv/git/shop.git",
        "https://[::1]/shop.git",
    ],
)
def test_a_url_that_git_fetches_without_running_anything_is_taken(url: str) -> None:
    assert check_repo_url("repo_url", f" {url} ") == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "   ",
        "shop",
        "forge.example/shop.git",
        "ext::sh -c touch% /tmp/x",
        "ext://x",
        "transport::address",
        "fd::3",
        "git://forge.example/shop.git",
        "ftp://forge.example/shop.git",
        "HTTPS://forge.example/shop.git",
        "--upload-pack=touch /tmp/x",
        "-u",
        "git@-oProxyCommand=x:shop",
        "-oProxyCommand=x:shop",
        "ssh://-oProxyCommand=x/shop",
        "ssh://git@-oProxyCommand=x/shop",
        "https://",
        "https:///shop.git",
        "file://",
        "https://forge.example/a\nb",
        "https://forge.example/a\x00b",
        "https://forge.example/a\x7fb",
        "https://forge.example/a b",
    ],
)
def test_anything_else_is_refused(url: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_repo_url("repo_url", url)
    assert refused.value.field == "repo_url"


@pytest.mark.parametrize(
    "url",
    [
        "https://token@forge.example/shop.git",
        "https://anna:s3cret@forge.example/shop.git",
        "ssh://git:s3cret@forge.example/shop.git",
        "https://anna:s3cret@forge.example",
        "anna:s3cret@forge.example:shop.git",
    ],
)
def test_a_credential_in_a_url_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(Invalid, match="leave credentials out") as refused:
        check_repo_url("repo_url", url)
    assert "s3cret" not in str(refused.value)
    assert "token" not in str(refused.value)
    assert "s3cret" not in str(refused.value.value)


@given(st.text(max_size=100))
def test_any_text_is_taken_as_it_is_or_refused(text: str) -> None:
    try:
        taken = check_repo_url("repo_url", text)
    except Invalid:
        return
    assert taken == text.strip()


def test_a_product_with_a_repository_gets_jobs() -> None:
    product = a_product()
    assert product.ready_for_jobs() is product


def test_an_archived_product_gets_no_job() -> None:
    with pytest.raises(Conflict, match="shop is archived"):
        a_product(archived_at=NOW).ready_for_jobs()


@pytest.mark.parametrize("url", [None, ""])
def test_a_product_without_a_repository_gets_no_job(url: str | None) -> None:
    with pytest.raises(Conflict, match="shop has no repository"):
        a_product(repo_url=url).ready_for_jobs()
