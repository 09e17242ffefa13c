from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from ploeg.domain.ids import NoticeId, ReceiverId
from ploeg.domain.notice import Message, Notice, Topic, Urgency
from tests.notify.sink import Sink, http_sink

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def sink() -> Iterator[Sink]:
    with http_sink() as serving:
        yield serving


def message(at: datetime = NOON, **fields: Any) -> Message:
    given: dict[str, Any] = {
        "id": NoticeId("ntc_1"),
        "receiver_id": ReceiverId("rcv_1"),
        "topic": Topic.JOB_FAILED,
        "subject": "job:J-1",
        "title": "J-1 (T-1: Groet de wereld ✓) failed",
        "text": "<!channel> it broke & <https://evil.example|that> is why",
        "link": "https://git.example.org/pulls/1",
        "urgency": Urgency.HIGH,
        "created_at": at,
        "due_at": at,
    }
    return Message.of([Notice(**{**given, **fields})], at)
