"""Jobs that take thought: what somebody wishes of one, and the runtime that follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ploeg.control.docs.text import optional_prose
from ploeg.control.installation import Installation
from ploeg.control.products import layers
from ploeg.control.queue import submit
from ploeg.control.queue.submit import Wish
from ploeg.domain.access import Principal
from ploeg.domain.config import MECHANICAL, resolve
from ploeg.domain.errors import Invalid
from ploeg.domain.kinds import kind_named
from ploeg.domain.product import Product


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A job that takes thought, all decided."""

    kind: str
    runtime: str
    overrides: Mapping[str, Any]
    labels: tuple[str, ...] = ()
    rank: int = 0
    instruction: str | None = None
    key: str | None = None


def requested(actor: Principal, installation: Installation, product: Product, kind: str, wish: Wish) -> Request:
    """What somebody wishes, checked, with the runtime that follows from it."""
    layer = layers.checked(wish.config)
    config = resolve(kind_named(kind), job=layer, product=product.config, installation=installation.config)
    return Request(
        kind=kind,
        runtime=thinking(config.runtime, product),
        overrides=layer.as_dict(),
        labels=layers.labels("labels", (*wish.labels, *config.required_labels)),
        rank=submit.checked_rank(wish.rank),
        instruction=optional_prose("instruction", wish.instruction),
        key=wish.key,
    )


def thinking(found: str, product: Product) -> str:
    """That runtime, if it thinks; else `Invalid`."""
    if found == MECHANICAL:
        remedy = (
            "it works without a model, and this takes thought; name another, e.g. `--runtime claude`, "
            f"or one for all jobs with `ploeg product edit {product.code} --runtime claude`"
        )
        raise Invalid("runtime", found, remedy)
    return found
