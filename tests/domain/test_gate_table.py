"""The gates over any input, against the rules as a table: written from the rules, not from the code."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from ploeg.domain import executions
from ploeg.domain.coverage import classify
from ploeg.domain.gate import Coverage, FileChange, PlanCoverage, Settled, VerifyRequired, plan_coverage
from ploeg.domain.sprint_run import ExecutionStatus

#: What lets changes pass: (found, the task only checks, what it requires) -> without a word, with a summary, never.
NEVER, ALWAYS, SUMMARY = "never", "always", "with a summary"
TABLE: dict[tuple[str | None, bool, str], str] = {
    **{(None, only, required): NEVER for only, required in product((False, True), VerifyRequired)},
    **{("EMPTY", False, required): NEVER for required in VerifyRequired},
    **{("EMPTY", True, required): ALWAYS for required in VerifyRequired},
    **{("ALIGNED", only, required): ALWAYS for only, required in product((False, True), VerifyRequired)},
    **{
        (found, only, required): rule
        for found, only in product(("PARTIAL", "DIVERGENT"), (False, True))
        for required, rule in (("ALIGNED", NEVER), ("ALIGNED_OR_PARTIAL", SUMMARY), ("ANY", ALWAYS))
    },
}
FOUND = st.none() | st.sampled_from(Coverage)
REQUIRED = st.sampled_from(VerifyRequired)
SUMMARIES = st.text("ab \n\t", max_size=40)


def passes(found: str | None, only: bool, required: str, summary: str) -> bool:
    rule = TABLE[found, only, required]
    return rule == ALWAYS or (rule == SUMMARY and len(summary.strip()) >= 20)


@given(FOUND, st.booleans(), REQUIRED, SUMMARIES)
def test_what_lets_a_task_pass(found: Coverage | None, only: bool, required: VerifyRequired, summary: str) -> None:
    coverage = None if found is None else PlanCoverage(result=found, reasoning="because")
    gate = plan_coverage(coverage, verify_only=only, required=required, summary=summary)
    assert gate.passed is passes(found, only, required, summary)


SETTLED = st.builds(
    Settled,
    task=st.integers(1, 99).map(lambda number: f"T-{number}"),
    status=st.sampled_from(ExecutionStatus),
    verify_required=REQUIRED,
    verify_only=st.booleans(),
    coverage=FOUND,
    summary=st.none() | SUMMARIES,
    skip_reason=st.none() | st.just("It was there already."),
)


def is_settled(each: Settled) -> bool:
    if each.status == "SKIPPED":
        return each.coverage == "EMPTY" and each.skip_reason is not None
    return each.status == "DONE" and passes(each.coverage, each.verify_only, each.verify_required, each.summary or "")


@given(st.lists(SETTLED, max_size=8, unique_by=lambda each: each.task))
def test_the_gate_over_all_tasks_names_exactly_those_that_are_not_settled(tasks: list[Settled]) -> None:
    gate = executions.aggregate(tasks)
    refused = {each.task for each in tasks if not is_settled(each)}
    assert gate.passed is (bool(tasks) and not refused)
    if refused:
        named = {part.partition(":")[0] for part in gate.reason.split("; ")}
        assert named & {each.task for each in tasks} == refused


PATHS = st.sampled_from([f"src/{name}.py" for name in "abcdefghij"])


@given(st.lists(PATHS, unique=True, max_size=4), st.lists(PATHS, unique=True), st.integers(0, 12), st.integers(0, 12))
def test_how_changes_lie_against_a_plan(planned: list[str], changed: list[str], added: int, removed: int) -> None:
    plan = " and ".join(f"change `{path}`" for path in planned)
    found = classify(plan, [FileChange(path=path, added=added, removed=removed) for path in changed])
    assert found.result == _verdict(set(planned), set(changed), lines=len(changed) * (added + removed))
    assert set(found.missing_paths) == set(planned) - set(changed)


def _verdict(planned: set[str], changed: set[str], lines: int) -> str:
    if not changed:
        return "EMPTY"
    if not planned:
        return "ALIGNED" if lines <= 50 else "DIVERGENT"
    if not planned <= changed:
        return "PARTIAL"
    return "DIVERGENT" if len(changed) >= 3 * len(planned) else "ALIGNED"
