"""A whole installation as whoever watches over it sees it: health, metrics, the trace of a job, logs that get old."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.e2e.installation import Installation, free_port, wait_for
from tests.e2e.repository import Remote
from tests.tracing.collector import collector

PLAN = """
## Say goodbye

```python file=farewell.py
print("Goodbye")
```
"""
#: In hours: at once.
AT_ONCE = "0.0000001"


def spans(taken: list[ExportTraceServiceRequest]) -> Iterator[tuple[str, Any]]:
    """Which program told of it, and the span."""
    for request in taken:
        for resource in request.resource_spans:
            facts = {fact.key: fact.value.string_value for fact in resource.resource.attributes}
            for scope in resource.scope_spans:
                yield from ((facts["service.name"], span) for span in scope.spans)


@pytest.mark.campaign
def test_a_job_is_seen_from_its_claim_to_its_compressed_transcript(
    install: Callable[..., Installation], remote: Remote
) -> None:
    listen = f"127.0.0.1:{free_port()}"
    with collector() as (url, taken):
        installation = install(
            runtimes="patch",
            tool_paths=f"{sys.base_prefix}/bin",
            otel_endpoint=url,
            worker_listen=listen,
            metrics="open",
            transcript_compress_hours=AT_ONCE,
            log_compress_hours=AT_ONCE,
        )
        installation.start_worker()
        installation.add_product(remote.path, config={"verify_commands": ["true"]})
        job = installation.wait_for_job(installation.run_task(installation.add_task(PLAN)))
        assert job["status"] == "done", job["reason"]
        said = installation.transcript("J-1")
        wait_for(lambda: "ploeg_running_jobs 0.0" in httpx2.get(f"http://{listen}/metrics").text, "the worker to rest")
        assert 'ploeg_worker_attempts_total{outcome="done"} 1.0' in httpx2.get(f"http://{listen}/metrics").text
        assert httpx2.get(f"http://{listen}/health/ready").status_code == 200
        told = httpx2.get(f"{installation.url}/metrics").text
        assert 'ploeg_jobs_ended_total{status="done"} 1.0' in told
        assert 'ploeg_attempts_ended_total{outcome="done",runtime="patch"} 1.0' in told
        for name in ("worker", "server"):
            installation.stop(name, signal.SIGTERM)
    _one_trace(list(spans(taken)))
    installation.start_server()
    installation.start_worker()
    wait_for(
        lambda: bool(list(installation.home.glob("transcripts/J-1/1.jsonl.gz"))), "the transcript to be compressed"
    )
    wait_for(lambda: bool(list(installation.home.glob("runs/*.jsonl.gz"))), "the run log to be compressed")
    assert installation.transcript("J-1") == said
    assert (installation.home / "jobs" / "J-1.log").resolve().suffix == ".gz"


def _one_trace(told: list[tuple[str, Any]]) -> None:
    assert len({span.trace_id for _, span in told}) == 1
    by_name = {span.name: (service, span) for service, span in told}
    (server, job), (_, attempt) = by_name["job J-1"], by_name["attempt 1"]
    assert server == "ploeg-server"
    assert attempt.parent_span_id == job.span_id
    for name in ("prepare", "agent", "verify", "push", "command", "tool update_job_status"):
        service, span = by_name[name]
        assert (service, span.parent_span_id) == ("ploeg-worker", attempt.span_id), name
        assert job.start_time_unix_nano <= span.start_time_unix_nano <= span.end_time_unix_nano, name
