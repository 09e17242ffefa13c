"""What a forge is asked before Ploeg counts on it, and what to do about each thing that is missing.

It is asked from this machine, with the server's token for the interface and the worker's credential for git.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from ploeg.cli.doctor.check import Check
from ploeg.domain.errors import PloegError
from ploeg.forges.base import Forge, ForgeError, Proposal
from ploeg.forges.place import Place
from ploeg.forges.registry import Entry
from ploeg.forges.webhook import HookKey, address
from ploeg.settings import Settings
from ploeg.worker.service import PROXIES, git_credentials
from ploeg.workspace.credentials import Credential, Credentials
from ploeg.workspace.git import Git, GitError
from ploeg.workspace.scratch import TrialPush, push_and_take_back, pushed_for_a_while

LABEL, COLOUR = "ploeg", "5319e7"
#: What a token needs, in each forge's own words.
_TOKEN = {
    "forgejo": "give the token read:user, write:repository and write:issue",
    "github": "give the token contents, pull requests, issues, commit statuses and webhooks (write) and checks (read), "
    "or the classic scope repo",
    "gitlab": "give the token the scope api, and its account the role Developer",
}
_TOKEN["gitea"] = _TOKEN["forgejo"]
_ADMIN = {
    "gitlab": "make its account a Maintainer of the project",
}
_ADMIN_ELSEWHERE = "make its account an administrator of the repository"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One repository on one forge, and what may be done there to find out."""

    entry: Entry
    place: Place
    repo_url: str
    settings: Settings
    #: Makes the webhook and the label.
    set_up: bool = False
    push: bool = False
    pull_request: bool = False

    @property
    def token_remedy(self) -> str:
        return _TOKEN[self.entry.kind]

    @property
    def admin_remedy(self) -> str:
        return _ADMIN.get(self.entry.kind, _ADMIN_ELSEWHERE)


async def essentials(case: Case, forge: Forge) -> AsyncIterator[Check]:
    """Without these, Ploeg can do nothing there."""

    async def account() -> str:
        me = await forge.whoami()
        told = f", with {', '.join(sorted(me.scopes))}" if me.scopes else ""
        return f"{me.login}{told}; what Ploeg does there is by this account"

    yield await _tried("account", account, case.token_remedy)
    try:
        repository = await forge.repository()
    except ForgeError as error:
        yield Check("repository", "failed", error.reason, case.token_remedy)
        return
    if repository.writable:
        yield Check("repository", "ok", f"{case.repo_url} (default branch {repository.default_branch})")
    else:
        yield Check("repository", "failed", f"{case.repo_url} may only be read", case.token_remedy)


async def rights(case: Case, forge: Forge) -> AsyncIterator[Check]:
    """What each part of Ploeg's work there needs, by reading alone."""

    async def pull_requests() -> str:
        await forge.find(f"{case.settings.branch_prefix}none")
        return "can be read"

    async def checks() -> str:
        tip = await forge.branch_tip((await forge.repository()).default_branch)
        state = (await forge.checks(tip)).state if tip else "none"
        return f"can be read; of the default branch: {state}"

    async def issues() -> str:
        page = await forge.issues()
        return f"can be read ({len(page.issues)}{' or more' if page.more else ''})"

    async def people() -> str:
        await forge.may_write(case.place.path.partition("/")[0])
        return "it tells who may push, so what those say about pull requests is heard"

    yield await _tried("pull requests", pull_requests, case.token_remedy)
    yield await _tried("checks", checks, case.token_remedy)
    yield await _tried("issues", issues, case.token_remedy, missing="warning")
    yield await _tried("people's rights", people, f"{case.admin_remedy}, or nobody is heard", missing="warning")


async def set_up(case: Case, forge: Forge) -> AsyncIterator[Check]:
    """Makes what Ploeg wants to be there; without it, it works all the same."""

    async def webhook() -> str:
        url = address(case.settings.public_url, case.repo_url)
        made = await forge.ensure_webhook(url, HookKey.load(case.settings.hook_key_path).secret_of(case.repo_url))
        return f"{url} {'is called' if made else 'was called before, and has its secret anew'}"

    async def label() -> str:
        return f"«{LABEL}» {'was made' if await forge.ensure_label(LABEL, COLOUR) else 'is there'}"

    if case.settings.public_url:
        remedy = f"{case.admin_remedy}; until then the forge is asked every {case.settings.forge_poll_minutes:g} min"
        yield await _tried("webhook", webhook, remedy, missing="warning")
    else:
        remedy = "set public_url to the server's own and connect again; until then the forge is asked now and then"
        yield Check("webhook", "warning", "the forge does not know where the server is", remedy)
    yield await _tried("label", label, case.token_remedy, missing="warning")


async def trials(case: Case, forge: Forge) -> AsyncIterator[Check]:
    """Pushes a branch and takes it away again; with it, if it is wished, a pull request."""
    credentials = git_credentials(case.settings)
    if credentials.for_url(case.repo_url) is None and case.repo_url.startswith("http"):
        login = (await forge.whoami()).login
        remedy = f"put `{case.place.origin} {login} TOKEN` into the workers' git_credentials_file"
        yield Check("git credential", "warning", "workers have none for it; tried with the forge's token", remedy)
        credentials = Credentials((Credential(case.place.origin, login, case.entry.token),))
    branch = f"{case.settings.branch_prefix}trial-{secrets.token_hex(4)}"
    opened: list[Check] = []

    async def open_one() -> None:
        opened.append(await _tried("test pull request", lambda: _pull_request(forge, branch), case.token_remedy))

    with TemporaryDirectory(prefix="ploeg-forge-") as folder:
        asked = (case.repo_url, branch, Git(environment=_proxies()), credentials, Path(folder))
        try:
            trial = await (pushed_for_a_while(*asked, open_one) if case.pull_request else push_and_take_back(*asked))
        except (GitError, PloegError) as error:
            yield Check("test push", "failed", str(error), getattr(error, "remedy", "") or "see git_credentials_file")
            return
    yield _judged(trial, branch, case)
    for check in opened:
        yield check


async def _pull_request(forge: Forge, branch: str) -> str:
    base = (await forge.repository()).default_branch
    text = "Ploeg tries whether it can open pull requests; it closes this one at once."
    opened = await forge.open(Proposal(head=branch, base=base, title="Trial", text=text, draft=True))
    await forge.close(opened.number)
    return f"{opened.url} was opened and closed"


def _judged(trial: TrialPush, branch: str, case: Case) -> Check:
    if not trial.pushed:
        remedy = trial.remedy or f"allow branches that begin with {case.settings.branch_prefix}"
        return Check("test push", "failed", trial.reason or trial.outcome, remedy)
    if not trial.taken_back:
        return Check("test push", "warning", f"{branch} was pushed and could not be deleted again", "delete it by hand")
    return Check("test push", "ok", f"{branch} was pushed and deleted again")


async def _tried(name: str, ask: Callable[[], Awaitable[str]], remedy: str, *, missing: str = "failed") -> Check:
    try:
        return Check(name, "ok", await ask())
    except ForgeError as error:
        return Check(name, "failed" if missing == "failed" else "warning", error.reason, remedy)


def _proxies() -> dict[str, str]:
    return {name: os.environ[name] for name in PROXIES if name in os.environ}
