"""What people's own agents can read by URI. A provider for each sort of thing; all of them together are the list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from ploeg.control import find
from ploeg.control.backlog import backlog
from ploeg.control.backlog.backlog_view import View
from ploeg.control.docs import doc_reading
from ploeg.control.plane import Transaction
from ploeg.control.products import products
from ploeg.control.toolbelt import showing
from ploeg.domain import codes
from ploeg.domain.access import Principal
from ploeg.domain.backlog import Pbi, Story
from ploeg.domain.codes import CodeKind
from ploeg.domain.doc import folders_of
from ploeg.domain.errors import NotFound
from ploeg.tools.declaration import Result

JSON = "application/json"
MARKDOWN = "text/markdown"


@dataclass(frozen=True, slots=True)
class Entry:
    """A resource in the list."""

    uri: str
    name: str
    title: str
    mime_type: str = JSON


@dataclass(frozen=True, slots=True)
class Template:
    uri_template: str
    name: str
    description: str
    mime_type: str = JSON


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    mime_type: str = JSON


class Provider(Protocol):
    """One sort of resource, seen with the caller's eyes."""

    @property
    def templates(self) -> tuple[Template, ...]: ...

    def listing(self, tx: Transaction, actor: Principal) -> Iterator[Entry]:
        """Lazily: a page reads no further than its end."""

    def read(self, tx: Transaction, actor: Principal, uri: str) -> Text | None:
        """None when that is no URI of its own; `NotFound` when it is one that leads nowhere."""


class Backlog:
    """Products, backlog items, stories and tasks: `ploeg://demo` and `ploeg://demo/ST-012`."""

    templates = (
        Template("ploeg://{product}", "product", "A product, by its code."),
        Template("ploeg://{product}/{code}", "item", "A backlog item (PBI-7), a story (ST-012) or a task (T-41)."),
    )
    _URI = re.compile(r"ploeg://([A-Za-z0-9-]{1,40})(?:/([A-Za-z0-9-]{1,40}))?")

    def listing(self, tx: Transaction, actor: Principal) -> Iterator[Entry]:
        for product in find.visible_products(tx, actor, include_archived=False):
            home = f"ploeg://{product.code}"
            yield Entry(home, product.code, product.name)
            for items in (backlog.pbis, backlog.stories, backlog.tasks):
                for view in items(tx, actor, product.code):
                    yield Entry(f"{home}/{view.item.code}", f"{product.code}:{view.item.code}", view.item.title)

    def read(self, tx: Transaction, actor: Principal, uri: str) -> Text | None:
        match = self._URI.fullmatch(uri)
        if match is None:
            return None
        shown = self._product(tx, actor, match[1]) if match[2] is None else self._item(tx, actor, match[1], match[2])
        return Text(shown.model_dump_json(indent=2, exclude_none=True))

    def _product(self, tx: Transaction, actor: Principal, code: str) -> Result:
        view = products.show(tx, actor, code)
        return showing.product(view.product, view.role)

    def _item(self, tx: Transaction, actor: Principal, product: str, code: str) -> Result:
        view = self._found(tx, actor, product, code)
        match view.item:
            case Pbi() as pbi:
                return showing.pbi(pbi, view.product)
            case Story() as story:
                return showing.story(story, view.product, view.parent)
            case task:
                return showing.task(task, view.product, view.parent)

    def _found(self, tx: Transaction, actor: Principal, product: str, code: str) -> View:
        parsed = codes.parse(code)
        reference = f"{product}:{code}"
        match parsed[0] if parsed is not None else None:
            case CodeKind.PBI:
                return backlog.show_pbi(tx, actor, reference)
            case CodeKind.STORY:
                return backlog.show_story(tx, actor, reference)
            case CodeKind.TASK:
                return backlog.show_task(tx, actor, reference)
            case _:
                raise NotFound("resource", reference)


class Docs:
    """`ploeg-doc://demo/ADR/use-sqlite`. Docs in folders that their product does not use are read, but not listed."""

    templates = (
        Template("ploeg-doc://{product}/{folder}/{slug}", "doc", "A doc of a product, by folder and name.", MARKDOWN),
    )
    _URI = re.compile(r"ploeg-doc://([A-Za-z0-9-]{1,40})/([A-Za-z]{1,20})/([a-z0-9-]{1,80})")

    def listing(self, tx: Transaction, actor: Principal) -> Iterator[Entry]:
        for product in find.visible_products(tx, actor, include_archived=False):
            for view in doc_reading.in_product(tx, product, folders_of(product.enabled_doc_folders)):
                doc = view.doc
                yield Entry(doc.uri(product.code), f"{product.code}:{doc.path}", doc.title, MARKDOWN)

    def read(self, tx: Transaction, actor: Principal, uri: str) -> Text | None:
        match = self._URI.fullmatch(uri)
        if match is None:
            return None
        found = doc_reading.text_in(tx, find.product(tx, actor, match[1]), match[2], match[3])
        return Text(found.revision.content_md, MARKDOWN)


PROVIDERS: tuple[Provider, ...] = (Backlog(), Docs())
TEMPLATES = tuple(template for provider in PROVIDERS for template in provider.templates)


def listing(tx: Transaction, actor: Principal) -> Iterator[Entry]:
    for provider in PROVIDERS:
        yield from provider.listing(tx, actor)


def read(tx: Transaction, actor: Principal, uri: str) -> Text:
    """What stands at that URI, or `NotFound`."""
    for provider in PROVIDERS:
        found = provider.read(tx, actor, uri)
        if found is not None:
            return found
    raise NotFound("resource", uri)
