"""Imports: items of other tools. The texts come with the request; the server reads no path of the caller's."""

from __future__ import annotations

import asyncio
from typing import Literal

from fastapi import APIRouter

from ploeg.api.access import Caller, Plane
from ploeg.control.imports import importing
from ploeg.control.imports.importing import Line, Wish
from ploeg.domain.codes import CodeKind
from ploeg.wire.imports import ImportedOut, ImportIn, ImportOut

router = APIRouter(tags=["imports"])

_KINDS: dict[CodeKind, Literal["pbi", "story", "task"]] = {
    CodeKind.PBI: "pbi",
    CodeKind.STORY: "story",
    CodeKind.TASK: "task",
}


@router.post("/products/{product}/imports")
async def import_items(plane: Plane, caller: Caller, product: str, wish: ImportIn) -> ImportOut:
    """Brings items of another tool into the backlog, all or nothing. Again: what is known already is left as it is."""
    wanted = Wish(**wish.model_dump())
    drafts = await asyncio.to_thread(importing.read, wanted)
    report = await plane.write(importing.bring_in, caller, product, wanted, drafts)
    return ImportOut(dry_run=report.dry_run, items=[_out(line) for line in report.lines], notes=report.notes)


def _out(line: Line) -> ImportedOut:
    return ImportedOut(
        action=line.action.value,
        kind=_KINDS[line.kind],
        code=line.code,
        title=line.title,
        source=line.source,
        note=line.note,
    )
