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


def _products(tx: Transaction, actor: Principal, product: str | None) -> list[Product]:
    actor.require(Scope.READ)
    return [find.product(tx, actor, product)] if product is not None else find.visible_products(tx, actor)


def _line(type_: str, **said: Any) -> bytes:
    return _encoder.encode({"type": type_, **said}) + b"\n"
