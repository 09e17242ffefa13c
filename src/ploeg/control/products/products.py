"""Products: a repository, what done means for it, and who works on it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ploeg.control import find
from ploeg.control.docs.text import NAME_MAX, line
from ploeg.control.find import Need
from ploeg.control.products import product_fields
from ploeg.domain import codes
from ploeg.domain.access import Principal, Role, Scope, User
from ploeg.domain.errors import Conflict, Invalid, NotFound
from ploeg.domain.ids import ProductId
from ploeg.domain.product import Product
from ploeg.store.ids import new_id
from ploeg.store.transaction import Transaction

CODE = re.compile(r"[a-z][a-z0-9-]{0,29}")


@dataclass(frozen=True, slots=True)
class ProductView:
    """A product, and the caller's place in it."""

    product: Product
    role: Role


@dataclass(frozen=True, slots=True)
class Member:
    user: User
    role: Role


def listing(tx: Transaction, actor: Principal, *, archived: bool = False) -> list[ProductView]:
    actor.require(Scope.READ)
    return [_view(tx, actor, found) for found in find.visible_products(tx, actor, include_archived=archived)]


def show(tx: Transaction, actor: Principal, reference: str) -> ProductView:
    return _view(tx, actor, find.product(tx, actor, reference))


def add(tx: Transaction, actor: Principal, name: str, code: str | None, fields: Mapping[str, Any]) -> ProductView:
    """A new product that the caller owns; its code is made from the name if none is given."""
    actor.require(Scope.WRITE)
    name = line("name", name, NAME_MAX)
    product = Product(
        id=ProductId(new_id("prd")),
        owner_id=actor.user.id,
        name=name,
        code=_new_code(tx, code, name),
        repo_url=None,
        definition_of_done="",
        created_at=tx.now,
    )
    product = product.evolve(**product_fields.checked(fields, product, tx.now))
    tx.products.add(product)
    _tell(tx, actor, product, "added")
    return ProductView(product, Role.OWNER)


def edit(tx: Transaction, actor: Principal, reference: str, fields: Mapping[str, Any]) -> ProductView:
    product = find.product(tx, actor, reference, Need.CHANGE)
    product = product.evolve(**product_fields.checked(fields, product, tx.now))
    tx.products.update(product)
    _tell(tx, actor, product, "edited", due=product.open_from)
    return _view(tx, actor, product)


def archive(tx: Transaction, actor: Principal, reference: str) -> ProductView:
    """No job of it is offered any more; running ones go on. Again: no change."""
    product = find.product(tx, actor, reference, Need.OWN)
    if not product.archived:
        product = product.evolve(archived_at=tx.now)
        tx.products.update(product)
        _tell(tx, actor, product, "archived")
    return _view(tx, actor, product)


def restore(tx: Transaction, actor: Principal, reference: str) -> ProductView:
    product = find.product(tx, actor, reference, Need.OWN)
    if product.archived:
        product = product.evolve(archived_at=None)
        tx.products.update(product)
        _tell(tx, actor, product, "restored")
    return _view(tx, actor, product)


def members(tx: Transaction, actor: Principal, reference: str) -> list[Member]:
    product = find.product(tx, actor, reference)
    found = [(tx.people.user(user_id), role) for user_id, role in tx.products.members(product.id).items()]
    return sorted((Member(user, role) for user, role in found if user), key=lambda member: member.user.username)


def set_member(tx: Transaction, actor: Principal, reference: str, username: str, role: str) -> Member:
    product = find.product(tx, actor, reference, Need.OWN)
    user = tx.people.user_named(username)
    if user is None:
        raise NotFound("user", username)
    if user.id == product.owner_id:
        raise Conflict(f"{username} owns product {product.code}; that cannot be changed here")
    try:
        wanted = Role(role)
    except ValueError:
        raise Invalid("role", role, f"use one of {', '.join(Role)}") from None
    tx.products.set_member(product.id, user.id, wanted)
    _tell(tx, actor, product, "member_set", username=username, role=wanted)
    return Member(user, wanted)


def _view(tx: Transaction, actor: Principal, product: Product) -> ProductView:
    role = find.role(tx, actor, product.id)
    assert role is not None, "only visible products are shown"
    return ProductView(product, role)


def _new_code(tx: Transaction, wished: str | None, name: str) -> str:
    code = wished if wished is not None else re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:30].strip("-")
    if not CODE.fullmatch(code) or codes.parse(code) is not None:
        remedy = "give a code of small letters, digits and dashes that begins with a letter, at most 30"
        raise Invalid("code", code, remedy)
    if tx.products.by_code(code) is not None:
        raise Conflict(f"there is a product with the code {code} already; give this one another")
    return code


def _tell(tx: Transaction, actor: Principal, product: Product, change: str, **more: Any) -> None:
    data = {"code": product.code, "change": change, **more}
    tx.events.add("product.changed", product_id=product.id, actor=actor.name, data=data)
