"""The tool that hands out everything, a part at a time, for people's own agents."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from ploeg.tools.declaration import Arguments, Reference, Result, Side, Tool


class ExportItems(Arguments):
    product_id: Reference | None = Field(default=None, description="Only this product, by id or code.")
    after: str | None = Field(default=None, max_length=1000, description="The `next` of the part before, as it is.")
    limit: int = Field(default=50, ge=1, le=200, description="Records at most.")


class ItemsExported(Result):
    #: What the records are, e.g. `story`.
    family: str
    records: list[dict[str, Any]]
    #: For the part behind it; left out with the last.
    next: str | None = None


EXPORT_ITEMS = Tool(
    name="export_items",
    description=(
        "Everything that you may see, or one product, as records: products, backlog, sprints, ideas, jobs, docs. Call "
        "it again with `after` until there is no `next`. For a file, `ploeg export` is quicker."
    ),
    arguments=ExportItems,
    result=ItemsExported,
    side=Side.SERVER,
    people=True,
    writes=False,
)
