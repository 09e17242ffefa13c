"""Publishing a product elsewhere: a person has the home forge start the product's own workflow for it."""

from __future__ import annotations

from ploeg.control import find
from ploeg.control.find import Need
from ploeg.control.publishing import actions
from ploeg.domain.access import Principal
from ploeg.domain.errors import Conflict, Invalid
from ploeg.domain.forge_action import Deed, ForgeAction
from ploeg.store.ids import new_id
from ploeg.store.transaction import Transaction

KEY_MAX = 200


def promote(
    tx: Transaction, actor: Principal, reference: str, ref: str | None = None, key: str | None = None
) -> ForgeAction:
    """Starts the product's workflow at that branch or tag, the default branch without one. Only its owner may.

    The same key from the same person again gets the same promotion. `Conflict` while one is under way.
    """
    product = find.product(tx, actor, reference, Need.OWN)
    if product.promote_workflow is None or product.repo_url is None:
        command = f"`ploeg product edit {product.code} --promote-workflow promote.yml`"
        raise Conflict(f"product {product.code} has no workflow that publishes it; name its file with {command}")
    if key is not None and not 1 <= len(key) <= KEY_MAX:
        raise Invalid("key", key, f"give 1 to {KEY_MAX} characters")
    name = f"promote {actor.user.id} {key}" if key is not None else f"promote {new_id('act')}"
    tx.products.hold(product.id)
    known = tx.forge_actions.of_key(product.id, name)
    if known is not None:
        return known
    if tx.forge_actions.owed(product.id, Deed.PROMOTE):
        raise Conflict(f"a promotion of {product.code} is under way; see `ploeg product actions {product.code}`")
    content = {"workflow": product.promote_workflow} | ({"ref": ref} if ref else {})
    return actions.ask(tx, product.id, product.repo_url, Deed.PROMOTE, name, actor.name, content=content)
