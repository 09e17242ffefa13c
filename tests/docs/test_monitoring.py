"""What watches over Ploeg is written with its own metrics: the page, the dashboard and the alarms."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from ploeg.control.tally import ALARMING
from ploeg.domain.attempt import Outcome
from ploeg.domain.metric import Metric
from ploeg.domain.worker import WorkerState
from ploeg.wire import metrics
from tests.docs.pages import DOCS

DEPLOY = DOCS.parent / "deploy" / "monitoring"
DECLARED = {metric.name: metric for metric in (*metrics.SERVER, *metrics.WORKER)}
#: What Prometheus itself puts on every sample.
SCRAPED = {"job", "instance"}
#: The values that a label can have.
VALUES: dict[tuple[str, str], set[str]] = {
    ("ploeg_workers", "state"): set(WorkerState),
    ("ploeg_events_total", "type"): set(ALARMING),
    ("ploeg_jobs", "state"): {"ready", "held", "later", "running", "waiting"},
    ("ploeg_attempts_ended_total", "outcome"): set(Outcome),
}


def alarms() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load((DEPLOY / "alerts.yaml").read_text("utf-8"))["groups"]
    rules: list[dict[str, Any]] = group["rules"]
    return rules


def expressions() -> Iterator[tuple[str, str, str]]:
    """Where it stands, the expression, and what names its lines."""
    dashboard = json.loads((DEPLOY / "grafana-dashboard.json").read_text("utf-8"))
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield f"panel {panel['title']}", target["expr"], target["legendFormat"]
    for rule in alarms():
        yield f"alarm {rule['alert']}", rule["expr"], rule["annotations"]["summary"].replace("$labels.", "")


@pytest.mark.parametrize(("where", "expression", "shown"), list(expressions()))
def test_an_expression_asks_for_metrics_and_labels_that_there_are(where: str, expression: str, shown: str) -> None:
    named = re.findall(r"\b((?:ploeg|process)_\w+|up\b)(?:{([^}]*)})?", expression)
    assert named, where
    known = set(SCRAPED)
    for name, selectors in named:
        assert name in DECLARED or name in {"up", "process_resident_memory_bytes", "process_open_fds"}, where
        labels = set(DECLARED[name].labels) if name in DECLARED else set()
        known |= labels
        for label, values in re.findall(r'(\w+)\s*[=!]~?\s*"([^"]*)"', selectors):
            assert label in labels | SCRAPED, where
            if (name, label) in VALUES:
                assert set(values.split("|")) <= VALUES[name, label], where
    grouped = {label.strip() for group in re.findall(r"by \(([^)]*)\)", expression) for label in group.split(",")}
    assert grouped <= known, where
    assert set(re.findall(r"{{\s*(\w+)\s*}}", shown)) <= known, where


def test_every_metric_is_on_the_page_as_it_is_declared() -> None:
    page = (DOCS / "monitoring.md").read_text("utf-8")
    for program, declared in (("Server", metrics.SERVER), ("Worker", metrics.WORKER)):
        (section,) = re.findall(rf"### {program}\n(.*?)(?=\n##|\Z)", page, re.DOTALL)
        rows = [line for line in section.splitlines() if line.startswith("| `ploeg_")]
        assert rows == [row(metric) for metric in declared]


def row(metric: Metric) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels) or "–"
    return f"| `{metric.name}` | {metric.kind} | {labels} | {metric.help} |"


def test_every_alarm_is_explained_on_the_page() -> None:
    page = (DOCS / "monitoring.md").read_text("utf-8")
    for rule in alarms():
        assert f"| `{rule['alert']}` |" in page, rule["alert"]
