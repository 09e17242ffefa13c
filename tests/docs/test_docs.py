"""The pages say what is there: nothing is missing, nothing is out of date, no link leads nowhere."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ploeg import settings
from ploeg.cli.main import root
from ploeg.domain.attempt import Outcome
from ploeg.domain.job import TRANSITIONS, JobStatus
from ploeg.domain.retry import MAX_COUNTED, Ended, decide
from ploeg.tools.registry import TOOLS
from tests.docs.pages import DOCS, commands, generated

ROOT = DOCS.parent
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md")])
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize("page", generated(), ids=lambda page: page.name)
def test_a_generated_page_is_what_its_source_makes_now(page: Path) -> None:
    assert page.read_text("utf-8") == generated()[page], "run `make docs`"


def test_every_setting_is_on_its_page() -> None:
    page = (DOCS / "settings.md").read_text("utf-8")
    assert all(f"| `{name}` |" in page and text for name, _, _, text in settings.describe())


def test_every_tool_is_on_its_page() -> None:
    page = (DOCS / "tools.md").read_text("utf-8")
    assert all(f"## {name}\n" in page for name in TOOLS)


def test_every_command_is_on_its_page() -> None:
    page = (DOCS / "cli.md").read_text("utf-8")
    assert all(f"## {name}\n" in page for name, _ in commands(root, "ploeg", None))


@pytest.mark.parametrize("name", [name for name, _ in commands(root, "ploeg", None)][1:])
def test_every_command_says_what_it_does_and_gives_an_example(name: str) -> None:
    context = dict(commands(root, "ploeg", None))[name]
    text = context.command.help or ""
    assert text.strip().splitlines()[0].endswith("."), f"{name} has no sentence"
    assert f"\n  {name} " in text.replace("\b", "") or f"\n  {name}\n" in text + "\n" or "Example:" in text
    assert re.search(r"Example:\n\s+ploeg ", text), f"{name} has no example"


def test_every_option_says_what_it_means() -> None:
    silent = [
        f"{name} {'/'.join(option.opts)}"
        for name, context in commands(root, "ploeg", None)
        for option in context.command.params
        if option.param_type_name == "option"
        and not getattr(option, "hidden", False)
        and not getattr(option, "help", None)
        and option.name not in {"title", "name", "description", "kind", "status"}
    ]
    assert silent == []


def test_the_short_help_of_a_lazy_command_is_how_its_own_begins() -> None:
    contexts = dict(commands(root, "ploeg", None))
    for name, context in contexts.items():
        for child, (_, short) in getattr(context.command, "lazy", {}).items():
            own = " ".join((contexts[f"{name} {child}"].command.help or "").split())
            assert own.startswith(short.rstrip(".")), f"{name} {child}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_internal_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if "://" in target or target.startswith("mailto:"):
            continue
        file, _, anchor = target.partition("#")
        there = (page.parent / file).resolve() if file else page
        assert there.exists(), f"{page.name} links to {target}"
        assert not anchor or anchor in _anchors(there), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_setting_that_a_page_names_exists(page: Path) -> None:
    known = {settings.environment_name(name) for name, _, _, _ in settings.describe()}
    named = set(re.findall(r"\bPLOEG_[A-Z_]+[A-Z]\b", page.read_text("utf-8")))
    assert named <= known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    known = {name for name, _ in commands(root, "ploeg", None)}
    text = page.read_text("utf-8")
    named = set(re.findall(r"(?:^|`)(ploeg(?: [a-z]+){1,3})", text, re.MULTILINE)) if page.name != "cli.md" else set()
    unknown = {n for n in named if not any(n == k or n.startswith(k + " ") for k in known - {"ploeg"})}
    assert unknown == set()


def test_every_file_that_the_architecture_names_exists() -> None:
    text = (DOCS / "architecture.md").read_text("utf-8")
    rooms = {room.name for room in (ROOT / "src/ploeg").iterdir()}
    named = [n for n in re.findall(r"`([a-z_]+/[a-z_]+\.py)`", text) if n.partition("/")[0] in rooms]
    assert named
    assert [n for n in named if not (ROOT / "src/ploeg" / n).exists()] == []


def test_the_drawing_of_the_states_is_the_transition_table() -> None:
    text = (DOCS / "architecture.md").read_text("utf-8")
    drawn = set(re.findall(r"^ +(\w+) --> (\w+)$", text, re.MULTILINE))
    assert drawn == {(str(now), str(then)) for now, later in TRANSITIONS.items() for then in later}


def test_the_outcome_table_is_the_rule_table() -> None:
    text = (DOCS / "architecture.md").read_text("utf-8")
    rows = {row[0]: (row[1], row[2]) for row in re.findall(r"^\| `(\w+)` \| (.*?) \| (yes|no) \|$", text, re.MULTILINE)}
    assert set(rows) == {str(outcome) for outcome in Outcome}
    for outcome in Outcome:
        rule, counts = rows[outcome]
        ended = Ended(outcome=outcome)
        first = decide(ended, NOW, 0.5)
        last = decide(replace(ended, counted=MAX_COUNTED - 1, reminded=True), NOW, 0.5)
        assert rule.startswith(first.status), outcome
        assert (counts == "yes") is first.counted, outcome
        assert ("failed after 3" in rule or "then failed" in rule) is (first.status is not last.status), outcome
        assert ("backoff" in rule) is (first.not_before is not None and outcome is not Outcome.QUOTA_EXHAUSTED), outcome
        assert last.status is JobStatus.FAILED or last.status is first.status, outcome


def test_nothing_names_the_machine_it_was_written_on() -> None:
    assert [page.name for page in PAGES if re.search(r"(?<!\w)/(root|work)/\w", page.read_text("utf-8"))] == []


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
