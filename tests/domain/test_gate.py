"""What stands before `done`, as a table."""

from __future__ import annotations

from itertools import product

import pytest

from ploeg.domain.errors import Invalid
from ploeg.domain.gate import (
    CommandResult,
    Coverage,
    FileChange,
    GateResult,
    PlanCoverage,
    Receipt,
    VerifyRequired,
    committed,
    not_empty,
    plan_coverage,
    skip_reason,
    verify_commands,
)
from tests.domain.making import NOW

ENOUGH = "x" * 20
EMPTY, ALIGNED, PARTIAL, DIVERGENT = Coverage.EMPTY, Coverage.ALIGNED, Coverage.PARTIAL, Coverage.DIVERGENT


def passes(result: Coverage | None, required: VerifyRequired, *, verify_only: bool = False, summary: str = "") -> bool:
    found = None if result is None else PlanCoverage(result=result, reasoning="because")
    return plan_coverage(found, verify_only=verify_only, required=required, summary=summary).passed


@pytest.mark.parametrize(("required", "verify_only"), list(product(VerifyRequired, [False, True])))
def test_changes_that_were_not_compared_never_pass(required: VerifyRequired, verify_only: bool) -> None:
    assert not passes(None, required, verify_only=verify_only, summary=ENOUGH)


@pytest.mark.parametrize("required", VerifyRequired)
def test_nothing_changed_passes_only_for_a_task_that_only_checks(required: VerifyRequired) -> None:
    assert not passes(EMPTY, required, summary=ENOUGH)
    assert passes(EMPTY, required, verify_only=True)


@pytest.mark.parametrize(("required", "verify_only"), list(product(VerifyRequired, [False, True])))
def test_changes_that_follow_the_plan_pass(required: VerifyRequired, verify_only: bool) -> None:
    assert passes(ALIGNED, required, verify_only=verify_only)


@pytest.mark.parametrize(("result", "verify_only"), list(product([PARTIAL, DIVERGENT], [False, True])))
def test_changes_that_leave_the_plan_pass_by_what_the_task_requires(result: Coverage, verify_only: bool) -> None:
    assert not passes(result, VerifyRequired.ALIGNED, verify_only=verify_only, summary=ENOUGH)
    assert not passes(result, VerifyRequired.ALIGNED_OR_PARTIAL, verify_only=verify_only)
    assert passes(result, VerifyRequired.ALIGNED_OR_PARTIAL, verify_only=verify_only, summary=ENOUGH)
    assert passes(result, VerifyRequired.ANY, verify_only=verify_only)


def test_a_summary_of_spaces_justifies_nothing() -> None:
    assert not passes(PARTIAL, VerifyRequired.ALIGNED_OR_PARTIAL, summary=" " * 30 + "x" * 19)


def test_a_refusal_says_what_to_mend() -> None:
    found = PlanCoverage(result=PARTIAL, reasoning="1 of 2 planned paths are changed; not b.py")
    gate = plan_coverage(found, verify_only=False, required=VerifyRequired.ALIGNED_OR_PARTIAL, summary="")
    assert "not b.py" in gate.reason
    assert "20 characters" in gate.reason


def test_a_tree_with_leftovers_is_not_committed() -> None:
    assert committed([]).passed
    gate = committed([f"f{n}.py" for n in range(12)])
    assert not gate.passed
    assert gate.reason.endswith("f9.py, …")


def test_a_task_that_changes_nothing_must_only_check() -> None:
    assert not not_empty([], verify_only=False).passed
    assert not_empty([], verify_only=True).passed
    assert not_empty([FileChange(path="a")], verify_only=False).passed


def test_the_first_command_that_fails_refuses_with_its_tail() -> None:
    good = CommandResult(command="make lint", exit_code=0, seconds=1, tail="")
    bad = CommandResult(command="make test", exit_code=2, seconds=63.4, tail="E assert 1 == 2")
    gate = verify_commands([good, bad])
    assert gate == GateResult("verify_commands", False, "`make test` ended with 2 after 63 s:\nE assert 1 == 2")
    assert verify_commands([good]).passed
    assert verify_commands([]).passed


def test_a_command_that_was_stopped_by_its_limit_refuses() -> None:
    gate = verify_commands([CommandResult(command="make test", exit_code=None, seconds=600, tail="…")])
    assert not gate.passed
    assert "stopped by its limit" in gate.reason


@pytest.mark.parametrize("reason", [None, "", "too short", "  123456789  "])
def test_skipping_needs_a_reason(reason: str | None) -> None:
    with pytest.raises(Invalid, match="10 characters"):
        skip_reason(reason)


def test_a_reason_for_skipping_is_kept_without_its_edges() -> None:
    assert skip_reason(" it is there already ") == "it is there already"


def a_receipt(*gates: GateResult) -> Receipt:
    return Receipt(
        job="J-1",
        attempt=1,
        base_sha="a" * 40,
        head_sha="b" * 40,
        tree_sha="c" * 40,
        verified_at=NOW,
        coverage=PlanCoverage(result=ALIGNED, reasoning=""),
        gates=gates,
        commands=(),
        plan_sha256="d" * 64,
    )


def test_a_receipt_passes_if_all_its_gates_do() -> None:
    assert a_receipt(committed([]), not_empty([], verify_only=True)).passed


def test_a_receipt_names_the_first_refusal() -> None:
    receipt = a_receipt(committed([]), not_empty([], verify_only=False), committed(["x"]))
    assert not receipt.passed
    assert receipt.refusal == receipt.gates[1]
