"""A plan document's text: YAML front matter and a free body, read into a plan and written from one."""

from __future__ import annotations

import re
from typing import Any

import yaml

from ploeg.control.docs.frontmatter import Unreadable, compose, line_of, split
from ploeg.domain.plan import Flaw, Node, Plan, PlannedStory, PlannedTask, read_plan


def read(text: str) -> tuple[Plan | None, list[Flaw]]:
    """The plan that the text holds, or everything that is wrong with it."""
    text, head = split(text)
    if head is None:
        return None, [Flaw(1, "", "begin with a line «---», then «pbi: …» and «stories: …», then a line «---»")]
    try:
        root = compose(head[1])
    except Unreadable as flaw:
        return None, [Flaw(flaw.line, "", f"{flaw.flaw} at «{flaw.value}»" if flaw.value else flaw.flaw)]
    if root is None:
        return None, [Flaw(1, "", "there is nothing between the lines «---»: write «pbi: …» and «stories: …»")]
    flaws: list[Flaw] = []
    plan, found = read_plan(_node(root, "", flaws), text[head.end() :])
    flaws = sorted([*flaws, *found], key=lambda flaw: flaw.line)
    return (None, flaws) if flaws else (plan, [])


def write(plan: Plan) -> str:
    """The document of a plan; reading it gives the same plan."""
    head = {
        "pbi": _said(title=plan.title, description=plan.description, priority=int(plan.priority)),
        "stories": [_story(story) for story in plan.stories],
    }
    written = yaml.dump(head, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    return f"---\n{written}---\n{plan.body}\n" if plan.body else f"---\n{written}---\n"


def _node(yaml_node: Any, path: str, flaws: list[Flaw]) -> Node:
    line = line_of(yaml_node.start_mark)
    if isinstance(yaml_node, yaml.ScalarNode):
        return Node(line, yaml_node.value)
    if isinstance(yaml_node, yaml.SequenceNode):
        return Node(line, [_node(each, f"{path}[{n}]", flaws) for n, each in enumerate(yaml_node.value, 1)])
    fields: dict[str, Node] = {}
    for key, value in yaml_node.value:
        at = line_of(key.start_mark)
        if not isinstance(key, yaml.ScalarNode):
            flaws.append(Flaw(at, path, "a field's name is a word"))
            continue
        field = f"{path}.{key.value}" if path else key.value
        if key.value in fields:
            flaws.append(Flaw(at, field, "give it once"))
        # A text on the lines below its field belongs to the field's own line.
        fields[key.value] = Node(at, _node(value, field, flaws).value)
    return Node(line, fields)


def _story(story: PlannedStory) -> dict[str, Any]:
    return _said(
        title=story.title,
        description=story.description,
        acceptance_criteria=story.acceptance_criteria,
        priority=int(story.priority),
        tasks=[_task(task) for task in story.tasks],
    )


def _task(task: PlannedTask) -> dict[str, Any]:
    return _said(
        title=task.title,
        description=task.description,
        implementation_plan=task.implementation_plan,
        verify_required=str(task.verify_required),
        verify_only=task.verify_only or None,
    )


def _said(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


#: What YAML takes for the end of a line, and people do not.
_BREAKS = re.compile("[\r\x85\u2028\u2029]")


class _Dumper(yaml.SafeDumper):
    """Texts of several lines stand as they are, behind `|`."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if _BREAKS.search(text) else "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
