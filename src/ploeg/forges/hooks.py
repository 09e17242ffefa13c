"""A forge's webhooks: whether they come from it, and what to look at. Pure; nothing in one is believed further."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from ploeg.domain.delivery import Trouble
from ploeg.domain.forge import Hint, HintKind
from ploeg.forges.base import ForgeError

#: What GitHub tells about checks, by the name of its part in the payload.
_SUITES = ("check_suite", "check_run", "workflow_run")


def read(kind: str, headers: Mapping[str, str], body: bytes, secret: str) -> list[Hint]:
    """What a webhook of that kind of forge hints at; empty for what is nothing to Ploeg.

    Raises `ForgeError`: `no_credentials` when it is not signed with that secret, `refused` when it makes no sense.
    """
    named = {name.lower(): value for name, value in headers.items()}
    if not secret or not _signed(kind, named, body, secret):
        raise ForgeError(Trouble.NO_CREDENTIALS, "the webhook is not signed with its repository's secret")
    try:
        told = json.loads(body)
        hint = _gitlab(told) if kind == "gitlab" else _plain(told)
    except (ValueError, OverflowError, RecursionError, KeyError, TypeError, AttributeError):
        raise ForgeError(Trouble.REFUSED, f"the webhook is not one of {kind}'s") from None
    return [hint] if hint is not None else []


def _signed(kind: str, headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    if kind == "gitlab":
        return hmac.compare_digest(headers.get("x-gitlab-token", "").encode(), secret.encode())
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    if kind == "github":
        given = headers.get("x-hub-signature-256", "").removeprefix("sha256=")
    else:
        given = headers.get("x-forgejo-signature") or headers.get("x-gitea-signature", "")
    return hmac.compare_digest(given.lower().encode(), digest.encode())


def _plain(told: dict[str, Any]) -> Hint | None:
    """Forgejo's and GitHub's, which differ little."""
    repository = told.get("repository")
    if not repository:
        return None
    repo_url = str(repository["clone_url"])
    pull, issue = told.get("pull_request"), told.get("issue")
    if pull:
        kind = HintKind.REVIEW if "review" in told else HintKind.COMMENT if "comment" in told else HintKind.PULL_REQUEST
        head = pull["head"]
        return _hint(kind, repo_url, number=pull["number"], branch=head["ref"], sha=head.get("sha"))
    if issue:
        kind = HintKind.COMMENT if "comment" in told else HintKind.ISSUE
        return _hint(kind, repo_url, number=issue["number"])
    for name in _SUITES:
        if name in told:
            suite = told[name]
            branch = suite.get("head_branch") or (suite.get("check_suite") or {}).get("head_branch")
            return _hint(HintKind.CHECKS, repo_url, branch=branch, sha=suite["head_sha"])
    if "context" in told and "sha" in told:
        return _hint(HintKind.CHECKS, repo_url, sha=told["sha"])
    if "ref" in told and "after" in told:
        return _push(told, repo_url)
    return _hint(HintKind.PING, repo_url) if "zen" in told else None


def _gitlab(told: dict[str, Any]) -> Hint | None:
    repo_url = str(told["project"]["git_http_url"])
    about = told.get("object_attributes") or {}
    match told["object_kind"]:
        case "merge_request":
            sha = (about.get("last_commit") or {}).get("id")
            return _hint(HintKind.PULL_REQUEST, repo_url, number=about["iid"], branch=about["source_branch"], sha=sha)
        case "note":
            at = told.get("merge_request") or told.get("issue")
            return _hint(HintKind.COMMENT, repo_url, number=at["iid"]) if at else None
        case "issue":
            return _hint(HintKind.ISSUE, repo_url, number=about["iid"])
        case "pipeline":
            number = (told.get("merge_request") or {}).get("iid")
            return _hint(HintKind.CHECKS, repo_url, number=number, branch=about["ref"], sha=about["sha"])
        case "push":
            return _push(told, repo_url)
        case _:
            return None


def _push(told: dict[str, Any], repo_url: str) -> Hint | None:
    branch = str(told["ref"]).removeprefix("refs/heads/")
    return _hint(HintKind.PUSH, repo_url, branch=branch, sha=told["after"]) if branch != told["ref"] else None


def _hint(
    kind: HintKind, repo_url: str, *, number: Any = None, branch: str | None = None, sha: str | None = None
) -> Hint:
    return Hint(
        kind=kind,
        repo_url=repo_url,
        number=int(number) if number is not None else None,
        branch=str(branch) if branch else None,
        sha=str(sha) if sha else None,
    )
