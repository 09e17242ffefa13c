"""How the address of a pull request looks on the forges."""

from __future__ import annotations

import re

from ploeg.domain.errors import Invalid

_MAX = 500
#: `/pulls/7` on Forgejo, `/pull/7` on GitHub, `/-/merge_requests/7` on GitLab. No credentials, query or fragment.
_FORM = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(?:/[\w.~-]+){2,}/(?:pulls?|merge_requests)/[0-9]{1,10}/?", re.ASCII)


def number_of(url: str) -> int | None:
    """What its forge calls the pull request of that page."""
    return int(url.rstrip("/").rpartition("/")[2]) if _FORM.fullmatch(url) else None


def check_pr_url(field_name: str, url: str) -> str:
    """The URL of a pull request, without white space and slash at its end."""
    url = url.strip()
    if len(url) > _MAX or not _FORM.fullmatch(url):
        raise Invalid(field_name, url, "give the pull request's own page, e.g. https://git.example.org/me/it/pulls/7")
    return url.rstrip("/")
