"""`docs/first-job.md`, followed to the letter."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Service
from tests.docs.pages import DOCS

PLAN = re.compile(r"^````markdown\n(.*?)^````$", re.MULTILINE | re.DOTALL)
PAGE = (DOCS / "first-job.md").read_text("utf-8")


def commands() -> list[list[str]]:
    blocks = re.findall(r"^```\n(.*?)^```$", PLAN.sub("", PAGE), re.MULTILINE | re.DOTALL)
    return [shlex.split(line) for block in blocks for line in block.splitlines()]


def test_the_first_job_goes_as_its_page_says(service: Callable[..., Service], repository: Path, tmp_path: Path) -> None:
    plan = PLAN.search(PAGE)
    assert plan is not None
    (tmp_path / "plan.md").write_text(plan[1])
    up = service("up", "--port", "0")
    up.line_with("listens on")
    said = []
    for name, *arguments in commands():
        assert name == "ploeg"
        here = [
            {"/path/to/shop.git": str(repository), "plan.md": str(tmp_path / "plan.md")}.get(a, a) for a in arguments
        ]
        ended = up.ploeg(*here)
        assert ended.code == 0, f"{arguments}: {ended.out}{ended.err}"
        said.append(ended.out)
    assert "receipt  commit" in said[-3]
    assert '+print("hello")' in said[-2]
    assert up.stop() == 0
