"""The tool that brings items of other tools into a backlog."""

from __future__ import annotations

from ploeg.control.imports import importing
from ploeg.control.imports.importing import Wish
from ploeg.control.toolbelt.caller import Caller
from ploeg.control.toolbelt.handler import Handlers
from ploeg.store.transaction import Transaction
from ploeg.tools.imports import ImportedItem, ImportItems, ItemsImported


def import_items(tx: Transaction, caller: Caller, arguments: ImportItems) -> ItemsImported:
    wish = Wish(**arguments.model_dump(exclude={"product_id"}))
    report = importing.bring_in(tx, caller.principal, arguments.product_id, wish, importing.read(wish))
    items = [ImportedItem(action=at.action.value, code=at.code, title=at.title, note=at.note) for at in report.lines]
    return ItemsImported(dry_run=report.dry_run, items=items, notes=report.notes)


HANDLERS: Handlers = {ImportItems: import_items}
