"""The tool about what a product does at its forge."""

from __future__ import annotations

from ploeg.control.publishing import actions
from ploeg.control.toolbelt.caller import Caller
from ploeg.control.toolbelt.handler import Handlers
from ploeg.store.transaction import Transaction
from ploeg.tools.publishing import ForgeActionShown, ForgeActionsShown, ListForgeActions


def list_forge_actions(tx: Transaction, caller: Caller, arguments: ListForgeActions) -> ForgeActionsShown:
    product = caller.product(tx, arguments.product_id)
    found = actions.listed(tx, caller.principal, product.id, arguments.limit)
    names = ForgeActionShown.model_fields
    shown = [ForgeActionShown(**{name: getattr(action, name) for name in names}) for action in found]
    return ForgeActionsShown(result=shown)


HANDLERS: Handlers = {
    ListForgeActions: list_forge_actions,
}
