"""Traces as a collector gets them."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from ploeg import tracing
from ploeg.domain.errors import Invalid
from ploeg.tracing import Span, sending, span_id, trace_id
from tests.tracing.collector import collector

BEGAN = datetime(2026, 5, 1, 12, tzinfo=UTC)


def spans(attempt: str = "att_1") -> list[Span]:
    """A job, its attempt and a part of that, told in the order in which they end."""
    end = BEGAN + timedelta(minutes=1)
    return [
        Span(name="agent", job_id="job_1", within=attempt, began=BEGAN, ended=end, error="TimeoutError"),
        Span(name="attempt 1", job_id="job_1", of=attempt, within="job_1", began=BEGAN, ended=end),
        Span(name="job J-1", job_id="job_1", of="job_1", began=BEGAN, ended=end, attributes={"ploeg.job": "J-1"}),
    ]


def test_a_collector_gets_one_trace_of_a_job_whose_parts_are_told_apart() -> None:
    with collector() as (url, taken), sending(url, "ploeg-test"):
        for span in spans():
            tracing.tell(span)
    (request,) = taken
    (resource,) = request.resource_spans
    assert {a.key: a.value.string_value for a in resource.resource.attributes}["service.name"] == "ploeg-test"
    got = {span.name: span for scope in resource.scope_spans for span in scope.spans}
    job, attempt, agent = got["job J-1"], got["attempt 1"], got["agent"]
    assert {span.trace_id for span in got.values()} == {trace_id("job_1").to_bytes(16)}
    assert (job.span_id, job.parent_span_id) == (span_id("job_1").to_bytes(8), b"")
    assert attempt.parent_span_id == job.span_id
    assert agent.parent_span_id == attempt.span_id
    assert (agent.status.code, agent.status.message) == (2, "TimeoutError")
    assert (job.status.code, job.attributes[0].value.string_value) == (1, "J-1")
    assert job.end_time_unix_nano - job.start_time_unix_nano == 60 * 10**9
    assert job.start_time_unix_nano == BEGAN.timestamp() * 10**9


def test_a_collector_that_is_away_is_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "_PATIENCE", 0.1)
    with sending("http://127.0.0.1:9", "ploeg-test"):
        tracing.tell(spans()[0])
    assert not tracing.on()


@pytest.mark.parametrize("endpoint", ["collector:4318", "http://", "ftp://collector"])
def test_an_endpoint_that_is_none_is_named(endpoint: str) -> None:
    with pytest.raises(Invalid, match="otel_endpoint"), sending(endpoint, "ploeg-test"):
        pass


def test_without_an_endpoint_nothing_is_sent_or_even_loaded() -> None:
    look = """
import sys
from ploeg import tracing
with tracing.sending("", "ploeg-test"):
    assert not tracing.on()
assert not [name for name in sys.modules if name.startswith("opentelemetry")]
"""
    subprocess.run([sys.executable, "-c", look], check=True, timeout=60)


def test_without_the_extra_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)
    with pytest.raises(Invalid, match=r"ploeg\[otel\]"), sending("http://127.0.0.1:4318", "ploeg-test"):
        pass
