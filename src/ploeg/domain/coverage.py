"""How a diff lies against a plan: which paths the plan names, and the verdict. No model has a say in it.

A path is named by code in the plan's text (`src/x.py`), by a list item (`- x.py: …`), or by a mechanical block of
`docs/first-job.md` (a diff's headers, `file=`, `delete`). What else stands in a fenced block is code, not a plan.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ploeg.domain.gate import Coverage, FileChange, PlanCoverage

#: Changed lines up to which a plan without paths still counts as followed.
UNPLANNED_LINES = 50
#: Changed paths for each planned one at which the changes go beyond the plan.
SCOPE_CREEP = 3

_CODE = re.compile(r"(?<!`)`([^`\s]+)`(?!`)")
_LIST_ITEM = re.compile(r"\s*(?:[-*+]|\d+[.)])\s+([\w./-]*\w\.\w+):")
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})([^`]*)")
_FILE = re.compile(r"""\bfile=(?:"([^"]+)"|'([^']+)'|(\S+))""")
_DIFF_HEADER = re.compile(r"(?:---|\+\+\+) (?:[ab]/)?([^\t]+)")
_LINE_NUMBER = re.compile(r":\d+(?:-\d+)?$")
#: No path that a plan would name looks like it: calls, globs, variables, URLs, options, folders, versions.
_NO_PATH = re.compile(r"""[<>{}*?|;,="'\\]|://|^[-@~/$]|\)$|/$|\.\.|^v?[0-9.]+$""")


def classify(plan: str, changes: Sequence[FileChange]) -> PlanCoverage:
    """The verdict on those changes against that plan."""
    planned = planned_paths(plan)
    changed = tuple(sorted({change.path for change in changes}))
    lines = sum(change.added + change.removed for change in changes)
    missing = tuple(path for path in planned if not any(same_path(path, other) for other in changed))
    result, reasoning = _verdict(len(planned), missing, len(changed), lines)
    return PlanCoverage(
        result=result,
        reasoning=reasoning,
        planned_paths=planned,
        missing_paths=missing,
        changed_paths=changed,
        changed_lines=lines,
    )


def planned_paths(plan: str) -> tuple[str, ...]:
    """The paths that a plan names, each once, in the order of their first mention."""
    named = (_LINE_NUMBER.sub("", path.strip()).removeprefix("./") for path in _named(plan))
    return tuple(dict.fromkeys(path for path in named if _is_path(path)))


def _verdict(planned: int, missing: tuple[str, ...], changed: int, lines: int) -> tuple[Coverage, str]:
    if not changed:
        return Coverage.EMPTY, "nothing is changed"
    if not planned:
        said = f"the plan names no paths, and {lines} lines are changed"
        return (Coverage.ALIGNED, said) if lines <= UNPLANNED_LINES else (Coverage.DIVERGENT, said)
    if missing:
        covered = planned - len(missing)
        return Coverage.PARTIAL, f"{covered} of {planned} planned paths are changed; not {', '.join(missing)}"
    said = f"all {planned} planned paths are changed, and {changed} paths in all"
    return (Coverage.DIVERGENT, said) if changed >= SCOPE_CREEP * planned else (Coverage.ALIGNED, said)


def _named(plan: str) -> Iterator[str]:
    fence, language = "", ""
    for line in plan.splitlines():
        mark = _FENCE.fullmatch(line)
        if fence:
            if mark and mark[1].startswith(fence) and not mark[2].strip():
                fence = ""
            elif language in {"diff", "patch"} and (header := _DIFF_HEADER.fullmatch(line)):
                yield header[1]
            elif language == "delete":
                yield line
        elif mark:
            fence, language = mark[1], (mark[2].split() or [""])[0].lower()
            if file := _FILE.search(mark[2]):
                yield file[1] or file[2] or file[3]
        else:
            if item := _LIST_ITEM.match(line):
                yield item[1]
            yield from _CODE.findall(line)


def _is_path(text: str) -> bool:
    return len(text) > 3 and ("/" in text or "." in text) and text != "dev/null" and not _NO_PATH.search(text)


def same_path(planned: str, changed: str) -> bool:
    """Equal, or one is the end of the other: plans often leave out leading folders."""
    return planned == changed or changed.endswith(f"/{planned}") or planned.endswith(f"/{changed}")
