"""Bringing items of another tool into a product's backlog. The same again changes nothing: each source is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from ploeg.control import find
from ploeg.control.backlog import backlog, dependencies
from ploeg.control.backlog.placing import Place
from ploeg.control.docs.text import NAME_MAX, kept_json, line
from ploeg.control.find import Need
from ploeg.control.imports import backlog_md, issues, plan
from ploeg.domain.access import Principal
from ploeg.domain.backlog import Pbi, Story, Task, TaskStatus
from ploeg.domain.codes import CodeKind
from ploeg.domain.draft import Draft, DraftPbi, Drafts, DraftStory, DraftTask
from ploeg.domain.errors import Conflict, Invalid
from ploeg.domain.ids import PbiId, StoryId, TaskId
from ploeg.domain.product import Product
from ploeg.store.imports import Imported
from ploeg.store.transaction import Transaction

#: Of one import; more are brought in by several.
ITEMS_MAX = 2000
SOURCE_MAX = 1000


class Format(StrEnum):
    PLAN = "plan"
    BACKLOG_MD = "backlog.md"
    ISSUES = "issues"


class Action(StrEnum):
    """What an import does with an item."""

    NEW = "new"
    #: It came before, and its source says the same.
    KNOWN = "known"
    #: Its source says something else by now; it stays as it is here.
    CHANGED = "changed"
    UPDATED = "updated"
    LEFT_OUT = "left_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    format: str
    #: Texts by their names.
    files: Mapping[str, str]
    #: What tells this source apart from others of its form.
    name: str | None = None
    #: Say what would be done, and do nothing.
    dry_run: bool = False
    #: Let what changed at its source change here.
    update: bool = False
    #: What is finished at its source, too.
    finished: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One item of an import."""

    action: Action
    kind: CodeKind
    source: str
    title: str
    #: None for one that a dry run would make.
    code: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    dry_run: bool
    lines: list[Line]
    notes: list[str]


_READERS: dict[Format, Callable[[dict[str, str], str | None], Drafts]] = {
    Format.PLAN: plan.read,
    Format.BACKLOG_MD: backlog_md.read,
    Format.ISSUES: issues.read,
}


def read(wish: Wish) -> Drafts:
    """What the files hold; `Invalid` names the one that cannot be used, and where. Takes a while for a whole folder."""
    try:
        reader = _READERS[Format(wish.format)]
    except ValueError:
        raise Invalid("format", wish.format, f"use one of {', '.join(Format)}") from None
    if not wish.files:
        raise Invalid("files", "{}", "give at least one file")
    name = line("name", wish.name, NAME_MAX) if wish.name is not None else None
    drafts = reader(kept_json(dict(wish.files)), name)
    drafts = drafts if wish.finished else drafts.unfinished()
    if drafts.count > ITEMS_MAX:
        raise Invalid("files", f"{drafts.count} items", f"bring in at most {ITEMS_MAX} at once")
    return drafts


def bring_in(tx: Transaction, actor: Principal, product: str, wish: Wish, drafts: Drafts) -> Report:
    """Makes what is new of that wish's drafts, all of it or nothing."""
    found = find.product(tx, actor, product, Need.CHANGE)
    bringing = _Bringing(tx, actor, found, wish)
    for pbi in drafts.pbis:
        bringing.pbi(pbi)
    if not wish.dry_run:
        bringing.connect(drafts)
    return Report(wish.dry_run, bringing.lines, [*drafts.notes, *bringing.notes])


class _Bringing:
    """One import on its way: what was done with each item, and which item each source is here."""

    def __init__(self, tx: Transaction, actor: Principal, product: Product, wish: Wish) -> None:
        self._tx = tx
        self._actor = actor
        self._product = product
        self._wish = wish
        self._items: dict[str, Pbi | Story | Task] = {}
        self.lines: list[Line] = []
        self.notes: list[str] = []

    def pbi(self, draft: DraftPbi) -> None:
        def add() -> Pbi | Story | Task:
            return backlog.add_pbi(self._tx, self._actor, self._product.id, draft.title, draft.fields).item

        pbi = self._bring(CodeKind.PBI, draft, None, add)
        for story in draft.stories:
            self._story(story, pbi)

    def connect(self, drafts: Drafts) -> None:
        """What waits for what at the source waits here, as far as both are here and no circle comes of it."""
        stories = [story for pbi in drafts.pbis for story in pbi.stories]
        wanted = [(CodeKind.STORY, story.source, story.needs) for story in stories]
        wanted += [(CodeKind.TASK, task.source, task.needs) for story in stories for task in story.tasks]
        for kind, source, needs in wanted:
            for need in needs:
                item, first = self._items.get(source), self._items.get(need)
                if item is None or first is None:
                    continue
                try:
                    dependencies.add(self._tx, self._actor, kind, item.id, first.id)
                except Conflict as refused:
                    self.notes.append(f"{item.code} does not wait for {first.code}: {refused}")

    def _story(self, draft: DraftStory, pbi: Pbi | Story | Task | None) -> None:
        def add() -> Pbi | Story | Task:
            assert pbi is not None
            fields = draft.fields | {"assignee": self._assignee(draft)}
            return backlog.add_story(self._tx, self._actor, pbi.id, draft.title, fields).item

        story = self._bring(CodeKind.STORY, draft, pbi, add)
        for task in draft.tasks:
            self._task(task, story)

    def _task(self, draft: DraftTask, story: Pbi | Story | Task | None) -> None:
        def add() -> Pbi | Story | Task:
            assert story is not None
            status = TaskStatus.DONE if draft.done else TaskStatus.TO_DO
            return backlog.add_task(
                self._tx, self._actor, story.id, draft.title, draft.fields | {"status": status}
            ).item

        self._bring(CodeKind.TASK, draft, story, add)

    def _bring(
        self, kind: CodeKind, draft: Draft, parent: Pbi | Story | Task | None, add: Callable[[], Pbi | Story | Task]
    ) -> Pbi | Story | Task | None:
        """The item that the draft is here, made if it is new; None in a dry run, and below what is archived."""
        line("title", draft.title)
        if len(draft.source) > SOURCE_MAX:
            raise Invalid("files", f"{draft.source[:60]}…", f"its key has more than {SOURCE_MAX} characters")
        known = self._tx.imports.get(self._product.id, draft.source)
        item = self._item(kind, known.item_id) if known is not None else None
        say = Line(action=Action.NEW, kind=kind, source=draft.source, title=draft.title)
        if known is not None and item is not None:
            item, say = self._again(kind, draft, known, item, say)
        elif parent is not None and parent.archived_at is not None:
            say = replace(say, action=Action.LEFT_OUT, note=f"{parent.code} is archived here")
        elif not self._wish.dry_run:
            item = add()
            self._remember(draft, item)
        self.lines.append(replace(say, code=item.code if item is not None else None))
        if item is not None:
            self._items[draft.source] = item
        return item

    def _again(
        self, kind: CodeKind, draft: Draft, known: Imported, item: Pbi | Story | Task, say: Line
    ) -> tuple[Pbi | Story | Task, Line]:
        """An item that came before."""
        if item.archived_at is not None:
            return item, replace(say, action=Action.LEFT_OUT, note="it is archived here")
        if known.content_hash == draft.content_hash:
            return item, replace(say, action=Action.KNOWN)
        if not self._wish.update:
            return item, replace(say, action=Action.CHANGED, note="it stays as it is here; update lets it follow")
        if isinstance(item, Task) and item.status is not TaskStatus.TO_DO:
            return item, replace(say, action=Action.CHANGED, note=f"it stays as it is here, being {item.status}")
        if not self._wish.dry_run:
            item = self._edited(kind, draft, item)
            self._remember(draft, item)
        return item, replace(say, action=Action.UPDATED)

    def _edited(self, kind: CodeKind, draft: Draft, item: Pbi | Story | Task) -> Pbi | Story | Task:
        fields: dict[str, Any] = {"title": draft.title, **draft.fields}
        verbs = {CodeKind.PBI: backlog.edit_pbi, CodeKind.STORY: backlog.edit_story, CodeKind.TASK: backlog.edit_task}
        return verbs[kind](self._tx, self._actor, item.id, fields, Place()).item

    def _remember(self, draft: Draft, item: Pbi | Story | Task) -> None:
        self._tx.imports.put(self._product.id, Imported(draft.source, item.id, draft.content_hash, self._tx.now))

    def _item(self, kind: CodeKind, item_id: str) -> Pbi | Story | Task | None:
        match kind:
            case CodeKind.PBI:
                return self._tx.backlog.pbi(PbiId(item_id))
            case CodeKind.STORY:
                return self._tx.backlog.story(StoryId(item_id))
            case _:
                return self._tx.backlog.task(TaskId(item_id))

    def _assignee(self, draft: DraftStory) -> str | None:
        """The first of the source's people who may change the product here."""
        for name in draft.assignees:
            user = self._tx.people.user_named(name)
            role = self._tx.products.role_of(self._product.id, user.id) if user is not None else None
            if role is not None and role.writes:
                return name
        return None
