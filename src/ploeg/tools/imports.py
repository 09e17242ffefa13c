"""The tool that brings items of other tools into a backlog."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ploeg.tools.declaration import Arguments, Reference, Result, Side, Tool


class ImportItems(Arguments):
    product_id: Reference = Field(description="The product's id or code.")
    format: Literal["plan", "backlog.md", "issues"] = Field(
        description="Plan documents, the files of a Backlog.md folder, or the JSON of a forge's issues."
    )
    files: dict[str, str] = Field(max_length=1000, description="Texts by name; of a Backlog.md folder by path in it.")
    name: str | None = Field(
        default=None, max_length=80, description="Tells this source apart from others of its form."
    )
    dry_run: bool = Field(default=False, description="Say what would be done, and do nothing.")
    update: bool = Field(default=False, description="Let what changed at its source since then change here.")
    finished: bool = Field(default=False, description="What is finished at its source, too.")


class ImportedItem(Result):
    action: Literal["new", "known", "changed", "updated", "left_out"]
    #: Left out for what a dry run would make.
    code: str | None = None
    title: str
    note: str | None = None


class ItemsImported(Result):
    dry_run: bool
    items: list[ImportedItem]
    notes: list[str]


IMPORT_ITEMS = Tool(
    name="import_items",
    description=(
        "Bring plans, a Backlog.md folder or a forge's issues into a product's backlog, all or nothing. What came "
        "before is known again and not made twice; look first with dry_run."
    ),
    arguments=ImportItems,
    result=ItemsImported,
    side=Side.SERVER,
    people=True,
)
