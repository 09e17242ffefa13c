"""The page of failures that must not come back: each has its line, and the tests that the lines name are there."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import DOCS

PAGE = (DOCS / "reliability.md").read_text("utf-8")
#: Failure -> the last cell of its line.
PROOFS = dict(re.findall(r"^\| ([BI]\d+) \|.*\| ([^|]+) \|$", PAGE, re.MULTILINE))
KNOWN = [f"B{number}" for number in range(1, 18)] + [f"I{number}" for number in range(1, 33)]


@pytest.mark.parametrize("failure", KNOWN)
def test_a_known_failure_has_a_line_whose_test_exists(failure: str) -> None:
    proof = PROOFS.get(failure)
    assert proof, f"docs/reliability.md says nothing of {failure}"
    if proof.startswith("– "):
        return
    file, _, name = proof.strip("`").partition("::")
    source = (DOCS.parent / file).read_text("utf-8")
    assert re.search(rf"^(async )?def {re.escape(name)}\(", source, re.MULTILINE), f"{proof} is not there"


def test_no_failure_has_two_lines() -> None:
    named = re.findall(r"^\| ([BI]\d+) \|", PAGE, re.MULTILINE)
    assert sorted(named) == sorted(KNOWN)
