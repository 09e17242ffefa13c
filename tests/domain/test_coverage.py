"""How changes lie against a plan."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ploeg.domain.coverage import classify, planned_paths
from ploeg.domain.gate import Coverage, FileChange

PLAN = "Change `src/shop/cart.py` and `tests/test_cart.py`."


def changed(*paths: str, lines: int = 1) -> list[FileChange]:
    return [FileChange(path=path, added=lines) for path in paths]


@pytest.mark.parametrize(
    ("plan", "paths"),
    [
        ("Edit `src/x.py`, then `src/x.py` again and `b/c.py`", ("src/x.py", "b/c.py")),
        ("- cart.py: add a field\n2. src/app.js: call it\n* plain words: no path", ("cart.py", "src/app.js")),
        ("See `./src/x.py:12-14`", ("src/x.py",)),
        ("Next's `app/[id]/page.tsx`", ("app/[id]/page.tsx",)),
        ("Run `make test`, call `f.x()`, read `https://a.example/b`, set `A=b.c`, see `src/*.py` and `docs/`", ()),
        ("Use `--flag.x`, `/api/v1`, `~/.config`, `@scope/pkg`, `$HOME/x.y`, `3.11.2`, `v1.2.3`, `../up.py`", ()),
        ("`a.b` is too short, `Makefile` names no folder and no ending", ()),
        ("```python\nopen(`not/a/path.py`)\n```\nbut `is/one.py`", ("is/one.py",)),
        ("```python file=src/new.py\nx = 1\n```", ("src/new.py",)),
        ("```python file='src/a b.py'\n```", ("src/a b.py",)),
        ("```delete\nold.py\nsrc/older.py\n```", ("old.py", "src/older.py")),
        ("```diff\n--- a/src/x.py\n+++ b/src/x.py\n@@ -1 +1 @@\n-a\n+b\n```", ("src/x.py",)),
        ("```diff\n--- /dev/null\n+++ b/src/new.py\n```", ("src/new.py",)),
        ("````md file=docs/a.md\n```\n`inner/x.py`\n```\n````\n`after.py`", ("docs/a.md", "after.py")),
    ],
)
def test_a_plan_names_its_paths(plan: str, paths: tuple[str, ...]) -> None:
    assert planned_paths(plan) == paths


def test_no_change_is_empty() -> None:
    assert classify(PLAN, []).result is Coverage.EMPTY


def test_all_planned_paths_changed_is_aligned() -> None:
    verdict = classify(PLAN, changed("src/shop/cart.py", "tests/test_cart.py", lines=500))
    assert (verdict.result, verdict.missing_paths, verdict.changed_lines) == (Coverage.ALIGNED, (), 1000)


def test_a_planned_path_that_is_not_changed_is_partial_and_named() -> None:
    verdict = classify(PLAN, changed("src/shop/cart.py"))
    assert (verdict.result, verdict.missing_paths) == (Coverage.PARTIAL, ("tests/test_cart.py",))
    assert "tests/test_cart.py" in verdict.reasoning


def test_changing_none_of_the_planned_paths_is_partial_too() -> None:
    assert classify(PLAN, changed("README.md")).result is Coverage.PARTIAL


def test_three_times_as_many_paths_as_planned_is_divergent() -> None:
    both = ["src/shop/cart.py", "tests/test_cart.py"]
    assert classify(PLAN, changed(*both, "a", "b", "c")).result is Coverage.ALIGNED
    assert classify(PLAN, changed(*both, "a", "b", "c", "d")).result is Coverage.DIVERGENT


@pytest.mark.parametrize("plan", ["", "Make it faster."])
def test_a_plan_without_paths_allows_a_small_change(plan: str) -> None:
    assert classify(plan, changed("a.py", lines=50)).result is Coverage.ALIGNED
    assert classify(plan, changed("a.py", lines=51)).result is Coverage.DIVERGENT


def test_a_deletion_is_a_change() -> None:
    gone = [FileChange(path="src/old.py", removed=3)]
    assert classify("Remove `src/old.py`", gone).result is Coverage.ALIGNED


def test_a_binary_file_is_a_change_without_lines() -> None:
    verdict = classify("Draw it.", [FileChange(path="logo.png")])
    assert (verdict.result, verdict.changed_lines) == (Coverage.ALIGNED, 0)


@pytest.mark.parametrize("path", ["cart.py", "shop/cart.py", "src/shop/cart.py", "repo/src/shop/cart.py"])
def test_a_plan_may_name_more_or_fewer_leading_folders(path: str) -> None:
    assert classify(f"Edit `{path}`", changed("src/shop/cart.py")).result is Coverage.ALIGNED


def test_the_end_of_a_name_is_not_the_name() -> None:
    assert classify("Edit `art.py`", changed("cart.py")).result is Coverage.PARTIAL


def test_paths_are_compared_as_they_are_spelled() -> None:
    assert classify("Edit `naïve.py`", changed("naïve.py")).result is Coverage.ALIGNED


@given(st.text(max_size=2000), st.lists(st.builds(FileChange, path=st.text(min_size=1), added=st.integers(0, 99))))
def test_any_plan_and_any_changes_get_a_verdict(plan: str, changes: list[FileChange]) -> None:
    verdict = classify(plan, changes)
    assert (verdict.result is Coverage.EMPTY) == (not changes)
    assert set(verdict.missing_paths) <= set(verdict.planned_paths)


def test_a_plan_of_the_largest_size_is_read_at_once() -> None:
    plan = "`" * 65_536
    assert planned_paths(plan) == ()
    assert len(planned_paths("`src/x.py` " * 5000)) == 1
