"""Every metric of Ploeg's, and the text in which Prometheus reads them.

`docs/monitoring.md` and the dashboard under `deploy/` name these and no others, which a test holds them to.
"""

from __future__ import annotations

from collections.abc import Iterator

from ploeg.domain.metric import Kind, Metric, Readings

GAUGE, COUNTER = Kind.GAUGE, Kind.COUNTER

#: The media type of `text`.
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

BUILD = Metric("ploeg_build_info", GAUGE, "1; which version runs, on which database.", ("version", "database"))
READY = Metric("ploeg_ready", GAUGE, "1 while it does what it is there for, as /health/ready says.")
STARTED = Metric("ploeg_start_time_seconds", GAUGE, "When it started, in seconds since 1970.")

JOBS = Metric(
    "ploeg_jobs",
    GAUGE,
    "Unfinished jobs: `ready` wait for nothing but a worker, `held` wait for something else, `later` for a moment, "
    "`running` have a worker, `waiting` are parked on a question.",
    ("state", "runtime"),
)
JOBS_ENDED = Metric("ploeg_jobs_ended_total", COUNTER, "Jobs that ended.", ("status",))
ATTEMPTS_ENDED = Metric("ploeg_attempts_ended_total", COUNTER, "Attempts that ended.", ("outcome", "runtime"))
ATTEMPT_SECONDS = Metric(
    "ploeg_attempt_seconds_total", COUNTER, "Seconds from claim to end of attempts that ended.", ("runtime",)
)
TOKENS = Metric("ploeg_tokens_total", COUNTER, "Tokens that ended attempts used.", ("direction", "runtime"))
COST = Metric("ploeg_cost_usd_total", COUNTER, "What ended attempts cost, in US dollars.", ("runtime",))
EVENTS = Metric("ploeg_events_total", COUNTER, "Changes, by the type of their event.", ("type",))
QUESTIONS = Metric("ploeg_questions_open", GAUGE, "Questions that wait for an answer of people.")
DELIVERIES = Metric("ploeg_deliveries_owed", GAUGE, "Pull requests that are still to be opened or brought up to date.")
REQUESTS = Metric("ploeg_requests_total", COUNTER, "HTTP requests that were answered.", ("door", "code"))
WAITING_WORKERS = Metric("ploeg_long_polls", GAUGE, "Requests of workers that wait for a job now.")

WORKERS = Metric("ploeg_workers", GAUGE, "Workers, by their state.", ("state",))
WORKER_SLOTS = Metric("ploeg_worker_slots", GAUGE, "Jobs that a worker runs at the same time.", ("worker",))
WORKER_JOBS = Metric("ploeg_worker_jobs", GAUGE, "Jobs that a worker holds now.", ("worker",))
QUOTA_USED = Metric(
    "ploeg_quota_used_ratio",
    GAUGE,
    "How far a quota window was used when last told of, 0 to 1; of several accounts each is a `runtime/account`.",
    ("worker", "runtime", "window"),
)
QUOTA_RESETS = Metric(
    "ploeg_quota_reset_time_seconds",
    GAUGE,
    "When a quota window is reset, in seconds since 1970.",
    ("worker", "runtime", "window"),
)
DISK_FREE = Metric("ploeg_disk_free_bytes", GAUGE, "Free on the disk of that worker's home.", ("worker",))
DISK_USED = Metric("ploeg_disk_used_bytes", GAUGE, "Used by a part of that worker's home.", ("worker", "part"))
DISK_LOW = Metric("ploeg_disk_low", GAUGE, "1 while that worker has no room for jobs.", ("worker",))
DISK_FULL = Metric(
    "ploeg_disk_full_time_seconds", GAUGE, "When it is full as it fills now, in seconds since 1970.", ("worker",)
)
SERVER_DISK_FREE = Metric("ploeg_server_disk_free_bytes", GAUGE, "Free on the disk of the server's home.")

WORKER_STATE = Metric("ploeg_worker_state", GAUGE, "1 for the state in which this worker is.", ("state",))
SLOTS = Metric("ploeg_slots", GAUGE, "Jobs that this worker runs at the same time.")
RUNNING = Metric("ploeg_running_jobs", GAUGE, "Jobs that this worker runs now.")
FAILURES = Metric("ploeg_failures_in_a_row", GAUGE, "Attempts that failed one after another for reasons of its own.")
ENDED_HERE = Metric("ploeg_worker_attempts_total", COUNTER, "Attempts that ended on this worker.", ("outcome",))

SERVER = (
    *(BUILD, READY, STARTED, JOBS, JOBS_ENDED, ATTEMPTS_ENDED, ATTEMPT_SECONDS, TOKENS, COST, EVENTS, QUESTIONS),
    *(DELIVERIES, REQUESTS, WAITING_WORKERS, WORKERS, WORKER_SLOTS, WORKER_JOBS, QUOTA_USED, QUOTA_RESETS),
    *(DISK_FREE, DISK_USED, DISK_LOW, DISK_FULL, SERVER_DISK_FREE),
)
WORKER = (BUILD, READY, STARTED, WORKER_STATE, SLOTS, RUNNING, FAILURES, ENDED_HERE)


def text(readings: Readings) -> bytes:
    """The readings, and what the process itself uses, as `MEDIA_TYPE`."""
    # With the first scrape: the library brings an HTTP server of its own along.
    from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    families = {Kind.GAUGE: GaugeMetricFamily, Kind.COUNTER: CounterMetricFamily}

    class Told:
        def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
            for metric, values in readings:
                family = families[metric.kind](metric.name, metric.help, labels=metric.labels)
                for labels, value in values.items():
                    family.add_metric(labels, value)
                yield family

    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(Told())
    return generate_latest(registry)
