"""What the server answers becomes a message or an error of the domain, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import httpx2
import pytest

from ploeg.domain.errors import (
    Conflict,
    Denied,
    Invalid,
    PloegError,
    Superseded,
    Unauthenticated,
    Unavailable,
)
from ploeg.wire.work import ClaimRequest, FinishReport, Heartbeat, WorkerInfo
from ploeg.worker.client import WorkClient
from ploeg.worker.insist import Pauses, insist
from tests.worker.assignments import assignment
from tests.worker.far_end import FarEnd

pytestmark = pytest.mark.anyio


def claim_request(key: str = "key-1", wait: float = 0) -> ClaimRequest:
    worker = WorkerInfo(instance="i", hostname="h", pid=1, version="0", runtimes=["patch"])
    return ClaimRequest(worker=worker, claim_key=key, wait_seconds=wait)


def answering(answer: Callable[[httpx2.Request], httpx2.Response]) -> WorkClient:
    return WorkClient("http://server", "ploeg_wrk_secret", httpx2.MockTransport(answer))


def refusing(status: int, message: str = "because") -> WorkClient:
    return answering(lambda request: httpx2.Response(status, json={"error": {"code": "x", "message": message}}))


async def test_a_claim_brings_the_assignment() -> None:
    far_end = FarEnd()
    await far_end.offer(assignment())
    async with WorkClient("http://server/", "t", far_end.transport) as client:
        assert await client.claim(claim_request()) == assignment()


async def test_a_claim_without_work_brings_nothing() -> None:
    async with WorkClient("http://server", "t", FarEnd().transport) as client:
        assert await client.claim(claim_request()) is None


async def test_a_claim_whose_reply_was_lost_brings_the_same_assignment_again() -> None:
    far_end = FarEnd(lost_replies=["claims"])
    await far_end.offer(assignment())
    await far_end.offer(assignment(number=2))
    async with WorkClient("http://server", "t", far_end.transport) as client:
        with pytest.raises(Unavailable):
            await client.claim(claim_request("same"))
        again = await client.claim(claim_request("same"))
    assert again == assignment()


async def test_the_token_is_sent_as_bearer_to_the_protocols_address() -> None:
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(204)

    async with answering(answer) as client:
        await client.claim(claim_request())
    assert str(seen[0].url) == "http://server/api/v1/work/claims"
    assert seen[0].headers["authorization"] == "Bearer ploeg_wrk_secret"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, Unauthenticated),
        (403, Denied),
        (404, Superseded),
        (409, Superseded),
        (413, Invalid),
        (422, Invalid),
        (429, Unavailable),
        (500, Unavailable),
        (503, Unavailable),
    ],
)
async def test_a_refusal_about_an_attempt_is_an_error_of_the_domain(status: int, error: type[PloegError]) -> None:
    async with refusing(status) as client:
        with pytest.raises(error, match="because"):
            await client.heartbeat("att_1", Heartbeat(phase="agent"))


def opened_by(right: str, seen: list[str]) -> httpx2.MockTransport:
    """A server that knows one token; notes each that it is shown."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request.headers["authorization"].removeprefix("Bearer "))
        return httpx2.Response(204 if seen[-1] == right else 401)

    return httpx2.MockTransport(answer)


async def test_a_refused_token_that_was_replaced_goes_unnoticed() -> None:
    seen: list[str] = []
    async with WorkClient("http://server", "old", opened_by("new", seen), token_now=lambda: "new") as client:
        assert await client.claim(claim_request()) is None
        assert await client.claim(claim_request("key-2")) is None
    assert seen == ["old", "new", "new"]
    assert client.tokens == ("old", "new")


async def test_a_refused_token_that_nobody_replaced_is_asked_with_once() -> None:
    seen: list[str] = []
    async with WorkClient("http://server", "old", opened_by("new", seen), token_now=lambda: "old") as client:
        with pytest.raises(Unauthenticated):
            await client.claim(claim_request())
    assert seen == ["old"]


async def test_a_token_file_that_cannot_be_read_leaves_the_refusal_as_it_is() -> None:
    def gone() -> str:
        raise Invalid("token_file", "/run/token", "it cannot be read")

    async with WorkClient("http://server", "old", opened_by("new", []), token_now=gone) as client:
        with pytest.raises(Unauthenticated, match="401"):
            await client.claim(claim_request())


async def test_a_claim_of_an_attempt_that_has_ended_is_a_conflict() -> None:
    async with refusing(409) as client:
        with pytest.raises(Conflict, match="because"):
            await client.claim(claim_request())


@pytest.mark.parametrize("body", [b"<html>welcome to the proxy</html>", b"[1, 2]", b'{"order": 7}', b""])
async def test_an_answer_that_is_not_ploegs_may_pass_by_itself(body: bytes) -> None:
    async with answering(lambda request: httpx2.Response(200, content=body)) as client:
        with pytest.raises(Unavailable, match="not Ploeg's"):
            await client.heartbeat("att_1", Heartbeat(phase="agent"))


async def test_a_refusal_that_is_not_ploegs_names_the_status() -> None:
    async with answering(lambda request: httpx2.Response(502, content=b"<html>bad gateway</html>")) as client:
        with pytest.raises(Unavailable, match="502"):
            await client.finish("att_1", FinishReport(outcome="done", phase="report"))


async def test_a_server_that_is_away_is_asked_until_it_is_back() -> None:
    far_end = FarEnd(away=True)
    async with WorkClient("http://server", "t", far_end.transport) as client:
        tries = 0

        async def finish() -> str:
            nonlocal tries
            tries += 1
            far_end.away = tries < 4
            return (await client.finish("att_1", FinishReport(outcome="done", phase="report"))).job_status

        assert await insist(finish, pauses=Pauses(first=0.001)) == "done"
    assert tries == 4
    assert far_end.requests == ["finish"] * 4


async def test_asking_again_ends_with_its_time() -> None:
    async with WorkClient("http://server", "t", FarEnd(away=True).transport) as client:
        with pytest.raises(Unavailable, match="http://server"):
            await insist(
                lambda: client.finish("att_1", FinishReport(outcome="done", phase="report")),
                seconds=0.05,
                pauses=Pauses(first=0.01),
            )


async def test_a_refusal_is_not_asked_again() -> None:
    far_end = FarEnd(superseded={"att_1"})
    async with WorkClient("http://server", "t", far_end.transport) as client:
        with pytest.raises(Superseded):
            await insist(lambda: client.finish("att_1", FinishReport(outcome="done", phase="report")))
    assert far_end.requests == ["finish"]


def test_pauses_double_up_to_their_limit_and_never_exceed_it() -> None:
    pauses = Pauses(first=1, most=5)
    taken = [pauses.next() for _ in range(6)]
    for pause, whole in zip(taken, [1, 2, 4, 5, 5, 5], strict=True):
        assert whole / 2 <= pause <= whole
    pauses.reset()
    assert pauses.next() <= 1
