"""Products and who works on them."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from ploeg.api.access import Caller, Plane
from ploeg.control.products import products
from ploeg.control.products.products import Member, ProductView
from ploeg.domain.doc import folders_of
from ploeg.wire.base import Items
from ploeg.wire.people import MemberIn, MemberOut
from ploeg.wire.products import ActiveHoursOut, ProductEdit, ProductIn, ProductOut

router = APIRouter(prefix="/products", tags=["products"])


@router.get("")
async def list_products(plane: Plane, caller: Caller, archived: bool = False) -> Items[ProductOut]:
    """The products that the caller may see, by name."""
    return Items(items=[_out(view) for view in await plane.read(products.listing, caller, archived=archived)])


@router.post("", status_code=201)
async def add_product(plane: Plane, caller: Caller, wish: ProductIn) -> ProductOut:
    """A new product, owned by the caller."""
    fields = _fields(wish)
    name, code = fields.pop("name"), fields.pop("code", None)
    return _out(await plane.write(products.add, caller, name, code, fields))


@router.get("/{product}")
async def show_product(plane: Plane, caller: Caller, product: str) -> ProductOut:
    """One product, by code or id."""
    return _out(await plane.read(products.show, caller, product))


@router.patch("/{product}")
async def edit_product(plane: Plane, caller: Caller, product: str, wish: ProductEdit) -> ProductOut:
    """Changes the fields that are given."""
    return _out(await plane.write(products.edit, caller, product, _fields(wish)))


@router.put("/{product}/archival")
async def archive_product(plane: Plane, caller: Caller, product: str) -> ProductOut:
    """No more jobs for it; what runs goes on."""
    return _out(await plane.write(products.archive, caller, product))


@router.delete("/{product}/archival")
async def restore_product(plane: Plane, caller: Caller, product: str) -> ProductOut:
    """Takes it out of the archive."""
    return _out(await plane.write(products.restore, caller, product))


@router.get("/{product}/members")
async def list_members(plane: Plane, caller: Caller, product: str) -> Items[MemberOut]:
    """Everybody who works on it, and as what."""
    return Items(items=[_member(member) for member in await plane.read(products.members, caller, product)])


@router.put("/{product}/members/{username}")
async def set_member(plane: Plane, caller: Caller, product: str, username: str, wish: MemberIn) -> MemberOut:
    """Lets somebody in, or changes as what."""
    return _member(await plane.write(products.set_member, caller, product, username, wish.role))


def _fields(wish: ProductEdit) -> dict[str, Any]:
    return wish.model_dump(exclude_unset=True)


def _out(view: ProductView) -> ProductOut:
    product = view.product
    return ProductOut(
        id=product.id,
        code=product.code,
        name=product.name,
        description=product.description,
        repo_url=product.repo_url,
        definition_of_done=product.definition_of_done,
        max_concurrent_jobs=product.max_concurrent_jobs,
        max_jobs_by_runtime=dict(product.max_jobs_by_runtime or {}),
        max_in_review=product.max_in_review,
        max_cost_usd_per_month=product.max_cost_usd_per_month,
        max_tokens_per_month=product.max_tokens_per_month,
        active_hours=ActiveHoursOut.model_validate(product.active_hours) if product.active_hours else None,
        enabled_doc_folders=list(folders_of(product.enabled_doc_folders)),
        pr_strategy=product.pr_strategy,
        auto_pr=product.auto_pr,
        follow_ups=product.follow_ups,
        auto_merge=product.auto_merge,
        merge_method=product.merge_method,
        merge_train=product.merge_train,
        delete_merged_branches=product.delete_merged_branches,
        failure_cascade=product.failure_cascade,
        promote_workflow=product.promote_workflow,
        config=product.config.as_dict(),
        role=view.role,
        archived_at=product.archived_at,
        created_at=product.created_at,
    )


def _member(member: Member) -> MemberOut:
    return MemberOut(user_id=member.user.id, username=member.user.username, role=member.role)
