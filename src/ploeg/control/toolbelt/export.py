"""The tool that hands out everything, a part at a time."""

from __future__ import annotations

import msgspec

from ploeg.control import export
from ploeg.control.toolbelt.caller import Caller
from ploeg.control.toolbelt.handler import Handlers
from ploeg.store.transaction import Transaction
from ploeg.tools.export import ExportItems, ItemsExported


def export_items(tx: Transaction, caller: Caller, arguments: ExportItems) -> ItemsExported:
    part = export.part(tx, caller.principal, arguments.product_id, arguments.after, arguments.limit)
    return ItemsExported(family=part.family, records=msgspec.to_builtins(part.records), next=part.next)


HANDLERS: Handlers = {ExportItems: export_items}
