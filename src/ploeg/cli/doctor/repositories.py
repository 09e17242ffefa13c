"""What the doctor asks forges and remotes: whether Ploeg's tokens open what jobs need, a push included.

Asked from this machine, so it says what a server or worker finds only where that runs.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from ploeg.cli.doctor.check import Check
from ploeg.cli.session import signed_in
from ploeg.domain.errors import PloegError
from ploeg.settings import Settings

if TYPE_CHECKING:
    from ploeg.forges.registry import Forges


def forges(settings: Settings) -> Iterator[Check]:
    if not (settings.forge_tokens_file or settings.forge_tokens_path.exists()):
        return
    from ploeg.forges.registry import Forges

    known = Forges.load(settings.forge_tokens_path)
    try:
        products = _products()
    except PloegError as error:
        yield Check("forges", "warning", f"{len(known.origins)} in the file, none of them asked", str(error))
        return
    wanting = [product for product in products if product["auto_pr"]]
    found = asyncio.run(_asked(known, [product["repo_url"] for product in wanting]))
    if not wanting:
        yield Check("forges", "ok", f"{', '.join(known.origins) or 'none'}; no product has auto_pr")
    for product, check in zip(wanting, found, strict=True):
        yield replace(check, name=f"forge {product['code']}")


def pushes(settings: Settings) -> Iterator[Check]:
    """An empty commit to each product's repository, on a branch that is taken away again."""
    from ploeg.worker.service import PROXIES, git_credentials
    from ploeg.workspace.git import Git, GitError
    from ploeg.workspace.scratch import push_and_take_back

    try:
        products = _products()
    except PloegError:
        return
    credentials = git_credentials(settings)
    git = Git(environment={name: os.environ[name] for name in PROXIES if name in os.environ})
    for product in products:
        name, url = f"push {product['code']}", product["repo_url"]
        branch = f"{settings.branch_prefix}doctor-{secrets.token_hex(4)}"
        with TemporaryDirectory(prefix="ploeg-doctor-") as folder:
            try:
                result = asyncio.run(push_and_take_back(url, branch, git, credentials, Path(folder)))
            except (GitError, PloegError) as error:
                remedy = getattr(error, "remedy", "") or "see `git_credentials_file`"
                yield Check(name, "failed", str(error), remedy)
                continue
        if not result.pushed:
            remedy = result.remedy or f"allow Ploeg's account to push branches that begin with {settings.branch_prefix}"
            yield Check(name, "failed", f"{url}: {result.reason or result.outcome}", remedy)
        elif not result.taken_back:
            yield Check(name, "warning", f"{branch} was pushed and could not be deleted again", "delete it by hand")
        else:
            yield Check(name, "ok", f"{url} takes branches and gives them back")


def _products() -> list[dict[str, Any]]:
    """Those with a repository."""
    return [product for product in signed_in().get("/products")["items"] if product["repo_url"]]


async def _asked(forges: Forges, repo_urls: list[str]) -> list[Check]:
    from ploeg.forges.base import ForgeError

    async def ask(repo_url: str) -> Check:
        try:
            async with forges.on(repo_url) as forge:
                repository = await forge.repository()
        except ForgeError as error:
            remedy = f"`ploeg forge check {repo_url}` says what is missing"
            return Check("", "failed", f"{error.reason} ({error.trouble})", remedy)
        if not repository.writable:
            return Check("", "warning", f"{repo_url}: may be read only", "give the token write access to it")
        return Check("", "ok", f"{repo_url} (default branch {repository.default_branch})")

    return await asyncio.gather(*map(ask, repo_urls))
