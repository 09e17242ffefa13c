"""Backlog items: what a product should become."""

from __future__ import annotations

from fastapi import APIRouter

from ploeg.api.access import Caller, Plane
from ploeg.api.backlog_out import changes_of, fields_of, pbi_out, place_of
from ploeg.control.backlog import archive, backlog
from ploeg.control.ideas import plan_export
from ploeg.wire.backlog import PbiEdit, PbiIn, PbiOut
from ploeg.wire.base import Items
from ploeg.wire.ideas import PlanOut

router = APIRouter(tags=["backlog"])


@router.get("/products/{product}/pbis")
async def list_pbis(plane: Plane, caller: Caller, product: str, archived: bool = False) -> Items[PbiOut]:
    """A product's backlog items, in order; archived ones only if wanted."""
    found = await plane.read(backlog.pbis, caller, product, archived=archived)
    return Items(items=[pbi_out(view) for view in found])


@router.post("/products/{product}/pbis", status_code=201)
async def add_pbi(plane: Plane, caller: Caller, product: str, wish: PbiIn) -> PbiOut:
    """A new backlog item, behind the others."""
    return pbi_out(await plane.write(backlog.add_pbi, caller, product, wish.title, fields_of(wish)))


@router.get("/pbis/{pbi}")
async def show_pbi(plane: Plane, caller: Caller, pbi: str) -> PbiOut:
    """One backlog item, by code or id."""
    return pbi_out(await plane.read(backlog.show_pbi, caller, pbi))


@router.get("/pbis/{pbi}/plan")
async def export_plan(plane: Plane, caller: Caller, pbi: str) -> PlanOut:
    """The plan document that would make it, with its stories and tasks as they are now."""
    return PlanOut(markdown=await plane.read(plan_export.plan_of, caller, pbi))


@router.patch("/pbis/{pbi}")
async def edit_pbi(plane: Plane, caller: Caller, pbi: str, wish: PbiEdit) -> PbiOut:
    """Changes the fields that are given, and its place."""
    return pbi_out(await plane.write(backlog.edit_pbi, caller, pbi, changes_of(wish), place_of(wish)))


@router.put("/pbis/{pbi}/archival")
async def archive_pbi(plane: Plane, caller: Caller, pbi: str) -> PbiOut:
    """Takes it out of the backlog with its stories and tasks; nothing is deleted."""
    return pbi_out(await plane.write(archive.archive_pbi, caller, pbi))


@router.delete("/pbis/{pbi}/archival")
async def restore_pbi(plane: Plane, caller: Caller, pbi: str) -> PbiOut:
    """Brings it back with what was archived together with it."""
    return pbi_out(await plane.write(archive.restore_pbi, caller, pbi))
