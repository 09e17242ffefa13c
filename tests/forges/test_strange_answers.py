"""Whatever a host answers, Ploeg hears a forge's trouble, and never breaks on it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from ploeg.domain.forge import CommitStatus, StatusState, Verdict
from ploeg.forges.base import Forge, ForgeError, Proposal
from ploeg.forges.line import Line, silence
from ploeg.forges.registry import Entry, Forges

pytestmark = pytest.mark.anyio

URL = "https://git.example.org/crew/it.git"
SHA = "0" * 40
PROPOSAL = Proposal(head="b", base="trunk", title="T", text="", draft=False)
STATUS = CommitStatus(context="c", state=StatusState.SUCCESS, text="t")
VERBS: Mapping[str, Any] = {
    "repository": lambda forge: forge.repository(),
    "whoami": lambda forge: forge.whoami(),
    "find": lambda forge: forge.find("b"),
    "open": lambda forge: forge.open(PROPOSAL),
    "newest_of": lambda forge: forge.newest_of("b"),
    "pull_request": lambda forge: forge.pull_request(1),
    "close": lambda forge: forge.close(1),
    "merge": lambda forge: forge.merge(1, sha=SHA),
    "merge_when_green": lambda forge: forge.merge_when_green(1, sha=SHA),
    "cancel_merge": lambda forge: forge.cancel_merge(1),
    "revert": lambda forge: forge.revert(1),
    "checks": lambda forge: forge.checks(SHA),
    "set_status": lambda forge: forge.set_status(SHA, STATUS),
    "branch_tip": lambda forge: forge.branch_tip("b"),
    "protected": lambda forge: forge.protected("b"),
    "delete_branch": lambda forge: forge.delete_branch("b", sha=SHA),
    "comment": lambda forge: forge.comment(1, "t"),
    "comments": lambda forge: forge.comments(1),
    "reviews": lambda forge: forge.reviews(1),
    "review": lambda forge: forge.review(1, sha=SHA, verdict=Verdict.COMMENTED, text="t"),
    "may_write": lambda forge: forge.may_write("ada"),
    "issues": lambda forge: forge.issues(),
    "issue": lambda forge: forge.issue(1),
    "comment_issue": lambda forge: forge.comment_issue(1, "t"),
    "dispatch_workflow": lambda forge: forge.dispatch_workflow("w", "trunk", {}),
    "ensure_webhook": lambda forge: forge.ensure_webhook("https://ploeg.test", "s"),
    "ensure_label": lambda forge: forge.ensure_label("l", "ffffff"),
}
#: Names that forges use, so that some of the strange answers get a little further.
NAMES = some.sampled_from(
    ["number", "iid", "id", "title", "state", "head", "base", "sha", "ref", "user", "created_at", "statuses", "items",
     "html_url", "web_url", "merged", "source_project_id", "target_project_id", "check_runs", "permission", "config"]
)  # fmt: skip
JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=5) | some.just("open"),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(NAMES, inner, max_size=8),
    max_leaves=12,
)


def test_every_verb_of_the_contract_is_here() -> None:
    verbs = {name for name in vars(Forge) if not name.startswith("_")}
    assert verbs - {"rewrite", "mark_ready"} == set(VERBS)


@pytest.mark.parametrize("kind", ["forgejo", "github", "gitlab"])
@settings(max_examples=80, deadline=None)
@given(answer=JSON, verb=some.sampled_from(sorted(VERBS)))
async def test_strange_json_is_trouble_and_nothing_else(kind: str, answer: Any, verb: str) -> None:
    async def ask_all(*_: Any, **__: Any) -> tuple[Any, dict[str, str]]:
        return json.loads(json.dumps(answer)), {}

    async def leave(*_: object) -> None:
        pass

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Line, "__init__", lambda *_: None)
        patch.setattr(Line, "__aexit__", leave)
        patch.setattr(Line, "ask_all", ask_all)
        try:
            async with Forges((Entry("https://git.example.org", kind, "t"),)).on(URL) as forge:
                await VERBS[verb](forge)
        except ForgeError as error:
            assert str(error)  # noqa: PT017 - it may also make sense


async def test_a_moment_that_is_none_is_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask_all(*_: Any, **__: Any) -> tuple[Any, dict[str, str]]:
        return [{"id": 1, "body": "t", "html_url": URL, "created_at": "yesterday"}], {}

    monkeypatch.setattr(Line, "ask_all", ask_all)
    with pytest.raises(ForgeError, match="another form"):
        async with Forges((Entry("https://git.example.org", "forgejo", "t"),)).on(URL) as forge:
            await forge.comments(1)


def test_a_certificate_that_nobody_vouches_for_is_said_so() -> None:
    error = httpx2.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate")
    assert "add its authority" in silence(error)
    assert silence(httpx2.ReadTimeout("")) == "does not answer (ReadTimeout)"
