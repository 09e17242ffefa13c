"""Everything that somebody may see, as lines of JSON: to look through, to keep, or to take elsewhere.

The lines are made while they are read, page by page: what changes meanwhile may stand there as it was or as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import msgspec

from ploeg import __version__
from ploeg.control import find
from ploeg.control.plane import ControlPlane
from ploeg.domain.access import Principal, Scope
from ploeg.domain.errors import Invalid
from ploeg.domain.product import Product
from ploeg.store import export
from ploeg.store.export import Whose
from ploeg.store.transaction import Transaction

#: Grows when a reader of the last version would misread this one.
VERSION = 1

_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Export:
    """What is to go out, and for whose eyes."""

    plane: ControlPlane
    actor: Principal
    products: list[Product]
    #: Not of one product alone.
    whole: bool

    async def lines(self) -> AsyncIterator[bytes]:
        """A header, a record on each line, and an end that counts them: without it the export broke off."""
        yield _line(
            "header", format="ploeg", version=VERSION, ploeg=__version__, products=[p.code for p in self.products]
        )
        counts: Counter[str] = Counter()
        whose = Whose([product.id for product in self.products], self.actor.user.id, self.whole)
        for family in export.FAMILIES:
            last: dict[str, Any] | None = None
            while True:
                rows = await self.plane.read(family.page, whose, last)
                counts[family.name] += len(rows)
                if rows:
                    yield b"".join(_line(family.name, record=row) for row in rows)
                if len(rows) < export.PAGE:
                    break
                last = rows[-1]
        yield _line("end", records=dict(counts))


async def prepare(plane: ControlPlane, actor: Principal, product: str | None) -> Export:
    """Of one product, or of everything that the caller may see, archived or not."""
    return Export(plane, actor, await plane.read(_products, actor, product), whole=product is None)


@dataclass(frozen=True, slots=True)
class Part:
    """Some records of one family, and where to go on."""

    family: str
    records: list[dict[str, Any]]
    #: For the part behind it; None when this is the last.
    next: str | None


def part(tx: Transaction, actor: Principal, product: str | None, after: str | None, at_most: int) -> Part:
    """A part of what `lines` gives, for readers that take a little at a time; `after` is the last part's `next`."""
    whose = Whose([found.id for found in _products(tx, actor, product)], actor.user.id, product is None)
    name, last = _place(after)
    families = list(export.FAMILIES)
    for index in range(next(i for i, family in enumerate(families) if family.name == name), len(families)):
        family = families[index]
        rows = family.page(tx, whose, last, at_most + 1)
        if len(rows) > at_most:
            rows = rows[:at_most]
            keys = {key.name: rows[-1][key.name] for key in family.keys}
            return Part(family.name, rows, _encoder.encode([family.name, keys]).decode())
        if rows:
            ahead = families[index + 1].name if index + 1 < len(families) else None
            return Part(family.name, rows, _encoder.encode([ahead, None]).decode() if ahead else None)
        last = None
    return Part(families[-1].name, [], None)


def _place(after: str | None) -> tuple[str, dict[str, Any] | None]:
    """The family and the row that a `next` names."""
    if after is None:
        return export.FAMILIES[0].name, None
    keys = {family.name: {key.name for key in family.keys} for family in export.FAMILIES}
    try:
        name, last = msgspec.json.decode(after, type=tuple[str, dict[str, str | int] | None])
    except msgspec.MsgspecError:
        name, last = "", None
    if name not in keys or (last is not None and set(last) != keys[name]):
        raise Invalid("after", after, "give the `next` of the part before, as it is")
    return name, last


def _products(tx: Transaction, actor: Principal, product: str | None) -> list[Product]:
    actor.require(Scope.READ)
    return [find.product(tx, actor, product)] if product is not None else find.visible_products(tx, actor)


def _line(type_: str, **said: Any) -> bytes:
    return _encoder.encode({"type": type_, **said}) + b"\n"
