"""The main job on the worker: from an assignment to a pushed, verified commit and its receipt."""

from __future__ import annotations

import pytest

from tests.worker.rig import Rig

pytestmark = pytest.mark.anyio

DONE = """
start()
commit()
report(summary="Wrote the greeting that was asked for.")
finish()
"""


async def test_a_job_is_pushed_and_reported_with_its_receipt(rig: Rig) -> None:
    report = await rig.run(DONE, rig.job(verify_commands=["grep -q hello hello.txt"]))

    assert report.outcome == "done"
    assert report.reason is None
    assert report.pushed
    branch = rig.job().branch
    assert rig.remote.git("rev-parse", branch).strip() == report.head_sha
    assert rig.remote.content(branch, "hello.txt") == "hello\n"
    assert report.receipt is not None
    assert report.receipt["head_sha"] == report.head_sha
    assert report.receipt["tree_sha"] == rig.remote.git("rev-parse", f"{branch}^{{tree}}").strip()
    assert [gate["name"] for gate in report.receipt["gates"]] == [
        "committed",
        "not_empty",
        "plan_coverage",
        "verify_commands",
    ]
    assert all(gate["passed"] for gate in report.receipt["gates"])
    assert [(run["command"], run["exit_code"]) for run in report.receipt["commands"]] == [
        ("grep -q hello hello.txt", 0)
    ]
    assert report.receipt["files"] == [{"path": "hello.txt", "added": 1, "removed": 0}]
    assert report.diff is not None
    assert "+hello" in report.diff
    assert report.kept_ref == "refs/ploeg/J-1/1"
    assert rig.workspaces() == []
