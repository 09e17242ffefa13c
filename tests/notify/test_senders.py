"""Each way out speaks to its far end as that expects it, and folds every failure into few words."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime

import pytest
import standardwebhooks

from ploeg.control.notices.vault import new_signing_secret
from ploeg.domain.delivery import Trouble
from ploeg.domain.notice import ReceiverKind, Topic
from ploeg.domain.receiving import Target
from ploeg.notify.base import NotifyError
from ploeg.notify.senders import Senders
from tests.notify.conftest import message
from tests.notify.sink import Sink

pytestmark = pytest.mark.anyio

SENDERS = Senders(None, ["LocalHost"])


async def test_ntfy_gets_json_at_the_server_s_own_address(sink: Sink) -> None:
    target = Target(to=f"{sink.url}/wonderland", token="tk_secret")
    await SENDERS.send(ReceiverKind.NTFY, target, message(), trusted=True)
    (heard,) = sink.heard
    assert (heard.path, heard.headers["authorization"]) == ("/", "Bearer tk_secret")
    assert heard.json == {
        "topic": "wonderland",
        "title": "J-1 (T-1: Groet de wereld ✓) failed",
        "message": "<!channel> it broke & <https://evil.example|that> is why",
        "priority": 4,
        "tags": ["warning"],
        "click": "https://git.example.org/pulls/1",
    }


async def test_ntfy_shows_the_title_where_there_is_no_text_and_marks_no_trial(sink: Sink) -> None:
    said = message(text="", link=None, topic=Topic.TRIAL)
    await SENDERS.send(ReceiverKind.NTFY, Target(to=f"{sink.url}/t"), said, trusted=True)
    assert set(sink.heard[0].json) == {"topic", "title", "message", "priority"}
    assert sink.heard[0].json["message"] == said.title
    assert "authorization" not in sink.heard[0].headers


async def test_slack_gets_text_in_which_nobody_is_called_and_no_link_is_hidden(sink: Sink) -> None:
    await SENDERS.send(ReceiverKind.SLACK, Target(to=f"{sink.url}/services/T/B/x"), message(), trusted=True)
    (heard,) = sink.heard
    title, text, link = heard.json["text"].splitlines()
    assert (heard.path, title) == ("/services/T/B/x", "*J-1 (T-1: Groet de wereld ✓) failed*")
    assert text == "&lt;!channel&gt; it broke &amp; &lt;https://evil.example|that&gt; is why"
    assert link == "https://git.example.org/pulls/1"


async def test_a_webhook_s_signature_is_what_the_standard_s_own_library_accepts(sink: Sink) -> None:
    secret = new_signing_secret()
    said = message(at=datetime.now(UTC))
    await SENDERS.send(ReceiverKind.WEBHOOK, Target(to=f"{sink.url}/hook?x=1", secret=secret), said, trusted=True)
    (heard,) = sink.heard
    told = standardwebhooks.Webhook(secret).verify(heard.body.decode(), heard.headers)
    assert heard.path == "/hook?x=1"
    assert (told["type"], told["data"]["title"]) == ("ploeg.notices", said.title)
    assert [(each["topic"], each["subject"]) for each in told["data"]["notices"]] == [("job.failed", "job:J-1")]
    assert heard.headers["webhook-id"] == said.id


@pytest.mark.parametrize("changed", ["body", "webhook-id", "webhook-timestamp"])
async def test_a_webhook_that_was_changed_on_the_way_is_told_by_its_signature(sink: Sink, changed: str) -> None:
    secret = new_signing_secret()
    said = message(at=datetime.now(UTC))
    await SENDERS.send(ReceiverKind.WEBHOOK, Target(to=sink.url, secret=secret), said, trusted=True)
    (heard,) = sink.heard
    body = heard.body + b" " if changed == "body" else heard.body
    headers = heard.headers | ({changed: heard.headers[changed] + "1"} if changed != "body" else {})
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(secret).verify(body.decode(), headers)


@pytest.mark.parametrize(
    ("status", "headers", "trouble", "wait"),
    [
        (401, {}, Trouble.NO_CREDENTIALS, None),
        (403, {}, Trouble.NO_CREDENTIALS, None),
        (404, {}, Trouble.NOT_FOUND, None),
        (410, {}, Trouble.NOT_FOUND, None),
        (429, {"Retry-After": "7"}, Trouble.RATE_LIMITED, 7.0),
        (429, {"Retry-After": "Sun, 22 Nov 2026 13:00:00 GMT"}, Trouble.RATE_LIMITED, 60.0),
        (400, {}, Trouble.REFUSED, None),
        (302, {"Location": "http://169.254.169.254/"}, Trouble.REFUSED, None),
        (500, {}, Trouble.UNREACHABLE, None),
        (503, {"Retry-After": "30"}, Trouble.UNREACHABLE, 30.0),
    ],
)
async def test_what_a_far_end_answers_is_folded_into_few_words(
    sink: Sink, status: int, headers: dict[str, str], trouble: Trouble, wait: float | None
) -> None:
    sink.answers = [(status, headers)]
    with pytest.raises(NotifyError) as failed:
        await SENDERS.send(ReceiverKind.SLACK, Target(to=f"{sink.url}/secret-path"), message(), trusted=True)
    assert (failed.value.trouble, failed.value.retry_after) == (trouble, wait)
    assert str(status) in failed.value.reason
    assert "secret-path" not in failed.value.reason
    assert len(sink.heard) == 1, "a redirect is never followed"


@pytest.mark.parametrize("kind", [ReceiverKind.NTFY, ReceiverKind.SLACK, ReceiverKind.WEBHOOK])
async def test_nobody_there_and_somebody_silent_are_both_unreachable(kind: ReceiverKind) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        target = Target(to=f"http://127.0.0.1:{silent.getsockname()[1]}/x", secret=new_signing_secret())
        with pytest.raises(NotifyError) as failed:
            await Senders(None, [], seconds=0.2).send(kind, target, message(), trusted=True)
        assert failed.value.trouble is Trouble.UNREACHABLE
    with pytest.raises(NotifyError) as failed:
        await SENDERS.send(kind, target, message(), trusted=True)
    assert failed.value.trouble is Trouble.UNREACHABLE


@pytest.mark.filterwarnings("ignore:.*imghdr:DeprecationWarning")
async def test_apprise_takes_what_its_own_urls_name(sink: Sink) -> None:
    target = Target(to=f"json://127.0.0.1:{sink.port}/there")
    await SENDERS.send(ReceiverKind.APPRISE, target, message(), trusted=True)
    assert sink.heard[0].json["title"].startswith("J-1")


@pytest.mark.filterwarnings("ignore:.*imghdr:DeprecationWarning")
async def test_apprise_says_which_urls_it_does_not_know() -> None:
    with pytest.raises(NotifyError, match="does not know that kind") as failed:
        await SENDERS.send(ReceiverKind.APPRISE, Target(to="pigeon://coop"), message(), trusted=True)
    assert failed.value.trouble is Trouble.REFUSED


async def test_a_certificate_is_checked_by_the_name_that_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []

    def wrapped(
        self: ssl.SSLContext, incoming: object, outgoing: object, *, server_hostname: bytes, **_: object
    ) -> None:
        asked.append(server_hostname)
        raise ssl.SSLError("far enough")

    monkeypatch.setattr(ssl.SSLContext, "wrap_bio", wrapped)
    monkeypatch.setattr("ploeg.notify.guard.is_public", lambda address: True)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        target = Target(to=f"https://localhost:{listening.getsockname()[1]}/x")
        with pytest.raises(NotifyError):
            await Senders(None, []).send(ReceiverKind.SLACK, target, message(), trusted=False)
    assert asked == [b"localhost"]
