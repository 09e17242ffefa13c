"""A forge's webhook: whether it comes from there, and which pull requests are to be looked at now.

Nothing in one is believed further, so one that is lost, doubled or late does no harm.
"""

from __future__ import annotations

from collections.abc import Mapping

from ploeg.control.intake import following
from ploeg.control.plane import ControlPlane
from ploeg.domain.delivery import Trouble
from ploeg.domain.errors import Invalid, NotFound, Unauthenticated
from ploeg.domain.forge import Hint
from ploeg.domain.ids import ProductId
from ploeg.domain.pull import Pull
from ploeg.forges import hooks
from ploeg.forges.base import ForgeError
from ploeg.forges.registry import Forges
from ploeg.forges.webhook import HookKey, same_repository
from ploeg.store.transaction import Transaction


class Ear:
    """Where webhooks come in."""

    def __init__(self, plane: ControlPlane, forges: Forges, key: HookKey) -> None:
        self._plane = plane
        self._forges = forges
        self._key = key

    @property
    def forges(self) -> dict[str, str]:
        """What kind of forge answers at each address that the server has a token for."""
        return self._forges.kinds

    async def hear(self, place: str, headers: Mapping[str, str], body: bytes) -> int:
        """How many pull requests are looked at because of it. `place` is a repository's host and path.

        `Unauthenticated` unless it is signed with that repository's secret; `Invalid` if it makes no sense.
        """
        kind = self._forges.kind_at(place.partition("/")[0])
        if kind is None:
            raise NotFound("forge", place.partition("/")[0])
        repo_url = f"https://{place}"
        try:
            hints = hooks.read(kind, headers, body, self._key.secret_of(repo_url))
        except ForgeError as error:
            if error.trouble is Trouble.NO_CREDENTIALS:
                raise Unauthenticated(error.reason) from None
            raise Invalid("webhook", place, error.reason) from None
        followed = await self._plane.read(lambda tx: tx.pulls.repositories())
        here = [(product_id, url) for product_id, url in followed if same_repository(url, repo_url)]
        return await self._plane.write(_hinted, here, hints) if here and hints else 0


def _hinted(tx: Transaction, repositories: list[tuple[ProductId, str]], hints: list[Hint]) -> int:
    found = {
        pull.id: pull
        for product_id, repo_url in repositories
        for hint in hints
        for pull in _meant(tx, product_id, repo_url, hint)
    }
    for pull_id in found:
        pull = tx.pulls.get(pull_id, lock=True)
        if pull is not None and not _due(pull, tx):
            following.hinted(tx, pull, "server")
    return len(found)


def _meant(tx: Transaction, product_id: ProductId, repo_url: str, hint: Hint) -> list[Pull]:
    if hint.number is not None:
        pull = tx.pulls.numbered(product_id, repo_url, hint.number)
        return [pull] if pull is not None else []
    given = {hint.branch, hint.sha} - {None}
    return [pull for pull in tx.pulls.not_merged(product_id, repo_url) if given & {pull.branch, pull.head_sha}]


def _due(pull: Pull, tx: Transaction) -> bool:
    """It is about to be looked at anyway."""
    return pull.held_until is None and pull.look_at is not None and pull.look_at <= tx.now
