"""One trace for each job, sent by OpenTelemetry to where the settings say; nothing at all where they say nothing.

Server and worker hand no context on to each other: the ids of trace and spans follow from those of job and attempt, so
that what each of them tells finds its place by itself, also after a restart.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ploeg.domain.errors import Invalid

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import SpanContext

#: Where collectors take traces over HTTP.
_PATH = "/v1/traces"
_NANO = 1_000_000_000
#: Seconds that a collector gets to answer, also at the end.
_PATIENCE = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Something that took its time."""

    name: str
    job_id: str
    began: datetime
    ended: datetime
    #: The id of the job or attempt that this is the span of; None for what is a part of one.
    of: str | None = None
    #: The id of the job or attempt that it is a part of; None for the job itself.
    within: str | None = None
    #: What went wrong, in a word.
    error: str | None = None
    attributes: Mapping[str, str | int | float | bool] = field(default_factory=dict)


_sink: Callable[[Span], None] | None = None


def on() -> bool:
    """Somebody listens: it is worth the work to make spans."""
    return _sink is not None


def tell(span: Span) -> None:
    if _sink is not None:
        _sink(span)


@contextmanager
def to(sink: Callable[[Span], None]) -> Iterator[None]:
    """Spans go there while this is entered."""
    global _sink
    before, _sink = _sink, sink
    try:
        yield
    finally:
        _sink = before


@contextmanager
def sending(endpoint: str, service: str) -> Iterator[None]:
    """Spans go to that collector while this is entered, the last of them before it is left; without one nowhere.

    Raises `Invalid` where the extra is missing or the endpoint is none.
    """
    if not endpoint:
        yield
        return
    url = _url(endpoint)
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        remedy = "install Ploeg with its extra, ploeg[otel], or leave it empty"
        raise Invalid("otel_endpoint", endpoint, remedy) from None
    # The exporter logs each failure with a traceback; that the collector is away is no trouble of Ploeg's.
    logging.getLogger("opentelemetry.exporter").setLevel(logging.CRITICAL)
    processor = BatchSpanProcessor(OTLPSpanExporter(endpoint=url, timeout=_PATIENCE))
    resource = Resource.create({"service.name": service})
    try:
        with to(lambda span: processor.on_end(_readable(span, resource))):
            yield
    finally:
        processor.shutdown()  # type: ignore[no-untyped-call]  # the library has it so


def trace_id(job_id: str) -> int:
    """Of the trace of a job."""
    return int.from_bytes(hashlib.sha256(job_id.encode()).digest()[:16])


def span_id(owner_id: str) -> int:
    """Of the span of a job or attempt."""
    return int.from_bytes(hashlib.sha256(f"span {owner_id}".encode()).digest()[:8])


def _readable(span: Span, resource: object) -> ReadableSpan:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import Status, StatusCode

    assert isinstance(resource, Resource)
    own = span_id(span.of) if span.of is not None else secrets.randbits(63) + 1
    return ReadableSpan(
        name=span.name,
        context=_context(span.job_id, own),
        parent=_context(span.job_id, span_id(span.within)) if span.within is not None else None,
        resource=resource,
        attributes=dict(span.attributes),
        status=Status(StatusCode.ERROR, span.error) if span.error is not None else Status(StatusCode.OK),
        start_time=round(span.began.timestamp() * _NANO),
        end_time=round(span.ended.timestamp() * _NANO),
    )


def _context(job_id: str, own: int) -> SpanContext:
    from opentelemetry.trace import SpanContext, TraceFlags

    sampled = TraceFlags(TraceFlags.SAMPLED)
    return SpanContext(trace_id=trace_id(job_id), span_id=own, is_remote=False, trace_flags=sampled)


def _url(endpoint: str) -> str:
    parts = urlsplit(endpoint)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Invalid("otel_endpoint", endpoint, "give the URL of a collector, e.g. http://127.0.0.1:4318")
    return endpoint if parts.path.strip("/") else endpoint.rstrip("/") + _PATH
