"""The files of a Backlog.md folder: https://github.com/MrLesk/Backlog.md keeps each task in a Markdown file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from ploeg.control.docs.frontmatter import Unreadable, compose, split
from ploeg.control.docs.text import kept_json
from ploeg.domain.backlog import Priority
from ploeg.domain.draft import fit
from ploeg.domain.plan import IMPLEMENTATION_PLAN_MAX, PROSE_MAX, TITLE_MAX

_PRIORITIES = {"high": Priority.CRITICAL, "medium": Priority.NORMAL, "low": Priority.LOW}
_DONE = frozenset({"done", "complete", "completed", "closed"})
#: Sections that have a field of their own here; the rest stays in the description.
_CRITERIA, _PLAN, _DESCRIPTION = "acceptance criteria", "implementation plan", "description"

_SECTION = re.compile(r"^## +(.+?)[ \t]*$", re.MULTILINE)
_MARK = re.compile(r"^<!-- (?:SECTION:\w+|AC|DOD):(?:BEGIN|END) -->\n?", re.MULTILINE)
_NUMBER = re.compile(r"^(\s*- \[[ xX]\] )#\d+ ", re.MULTILINE)
#: A bare `@name`, which is no YAML and still written there.
_PERSON = re.compile(r"(?<![\"'\w@])@([\w.-]+)")
_PEOPLE = re.compile(r"^\s*(?:-|assignee:|reporter:)")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFile:
    """One task as its file has it."""

    key: str
    title: str
    parent: str | None
    milestone: str
    done: bool
    priority: Priority
    #: Its place: by `ordinal` where it has one, then by number.
    place: tuple[float, list[int]]
    assignees: tuple[str, ...]
    needs: tuple[str, ...]
    sections: dict[str, str] = field(default_factory=dict)

    @property
    def description(self) -> str | None:
        others = (f"## {name}\n\n{text}" for name, text in self.sections.items() if name.lower() not in _OWN)
        return fit("\n\n".join([self._section(_DESCRIPTION), *others]), PROSE_MAX)

    @property
    def criteria(self) -> str | None:
        return fit(self._section(_CRITERIA), PROSE_MAX)

    @property
    def plan(self) -> str | None:
        return fit(self._section(_PLAN), IMPLEMENTATION_PLAN_MAX)

    def _section(self, wanted: str) -> str:
        return next((text for name, text in self.sections.items() if name.lower() == wanted), "")


_OWN = frozenset({_CRITERIA, _PLAN, _DESCRIPTION})


@dataclass(frozen=True, slots=True)
class Folder:
    project: str
    tasks: dict[str, TaskFile]
    #: The title of each milestone, by its id in small letters.
    milestones: dict[str, str]
    #: Files that are left out, and why.
    notes: list[str]


def read_folder(files: Mapping[str, str]) -> Folder:
    """`files` by their paths in the folder: `tasks/…`, `completed/…`, `milestones/…`, `config.yml`."""
    config = _config(files.get("config.yml", ""))
    folder = Folder(str(config.get("project_name") or ""), {}, _milestones(files), [])
    for path in sorted(files):
        if path.partition("/")[0] in {"tasks", "completed"} and path.endswith(".md"):
            task = _task(path, files[path], config, folder.notes)
            if task is not None:
                folder.tasks[task.key] = task
    return folder


def _task(path: str, text: str, config: Mapping[str, Any], notes: list[str]) -> TaskFile | None:
    try:
        head, body = _read(text)
    except Unreadable as flaw:
        notes.append(f"{path} is left out: line {flaw.line}, {flaw.flaw}")
        return None
    prefix = str(config.get("task_prefix") or "task")
    key, title = _key(head.get("id"), prefix), " ".join(str(head.get("title") or "").split())[:TITLE_MAX]
    if not key or not title:
        notes.append(f"{path} is left out: it has no {'title' if key else 'id'}")
        return None
    ordinal = head.get("ordinal")
    return TaskFile(
        key=key,
        title=title,
        parent=_key(head.get("parent_task_id") or head.get("parent"), prefix) or None,
        milestone=str(head.get("milestone") or "").strip(),
        done=path.startswith("completed/") or str(head.get("status") or "").lower() in _finished(config),
        priority=_PRIORITIES.get(str(head.get("priority") or "").lower(), Priority.NORMAL),
        place=(_float(ordinal), [int(number) for number in re.findall(r"\d{1,9}", key)]),
        assignees=tuple(each.lstrip("@") for each in _list(head.get("assignee"))),
        needs=tuple(_key(each, prefix) for each in _list(head.get("dependencies"))),
        sections=_sections(body, _list(head.get("labels"))),
    )


def _sections(body: str, labels: Sequence[str]) -> dict[str, str]:
    """The text under each heading; before the first, it is the description."""
    body = _NUMBER.sub(r"\1", _MARK.sub("", body))
    starts = list(_SECTION.finditer(body))
    found = {"Description": body[: starts[0].start()].strip() if starts else body.strip()}
    ends = [*(match.start() for match in starts[1:]), len(body)]
    for match, end in zip(starts, ends, strict=False):
        name = "Description" if match[1].lower() == _DESCRIPTION else match[1]
        found[name] = "\n\n".join(part for part in (found.get(name), body[match.end() : end].strip()) if part)
    if labels:
        found["Labels"] = ", ".join(labels)
    return {name: text for name, text in found.items() if text}


def _milestones(files: Mapping[str, str]) -> dict[str, str]:
    titles = {}
    for path, text in files.items():
        if path.startswith("milestones/") and path.endswith(".md"):
            try:
                head, _ = _read(text)
            except Unreadable:
                continue
            if head.get("id") and head.get("title"):
                titles[str(head["id"]).lower()] = str(head["title"])
    return titles


def _read(text: str) -> tuple[dict[str, Any], str]:
    """A file's front matter as plain values, and its body."""
    text, head = split(text)
    if head is None:
        return {}, text
    lines = (_PERSON.sub(r'"@\1"', line) if _PEOPLE.match(line) else line for line in head[1].split("\n"))
    found = kept_json(_plain(compose("\n".join(lines))))
    return found if isinstance(found, dict) else {}, text[head.end() :]


def _config(text: str) -> dict[str, Any]:
    try:
        found = kept_json(_plain(compose(text)))
    except Unreadable:
        return {}
    return found if isinstance(found, dict) else {}


def _plain(node: Any) -> Any:
    """Texts, lists and mappings of a YAML node."""
    if isinstance(node, yaml.ScalarNode):
        return "" if node.value in {"null", "~"} and node.style is None else node.value
    if isinstance(node, yaml.SequenceNode):
        return [_plain(each) for each in node.value]
    if isinstance(node, yaml.MappingNode):
        return {key.value: _plain(value) for key, value in node.value if isinstance(key, yaml.ScalarNode)}
    return None


def _finished(config: Mapping[str, Any]) -> frozenset[str]:
    """The last of the project's own statuses says that a task is done."""
    statuses = _list(config.get("statuses"))
    return _DONE | {statuses[-1].lower()} if statuses else _DONE


def _key(value: Any, prefix: str) -> str:
    text = str(value or "").strip().upper()
    return f"{prefix.upper()}-{text}" if text[:1].isdigit() else text


def _list(value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(each).strip() for each in value if str(each).strip()]
    return [str(value).strip()] if value else []


def _float(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("inf")
