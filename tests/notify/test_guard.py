"""A URL that a person gave leads out into the world, and never into this machine or its network."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from ploeg.domain import receiving
from ploeg.domain.delivery import Trouble
from ploeg.domain.errors import Invalid
from ploeg.domain.notice import ReceiverKind
from ploeg.domain.receiving import Target
from ploeg.notify.base import NotifyError
from ploeg.notify.guard import is_public, public_address
from ploeg.notify.senders import Senders
from tests.notify.conftest import message
from tests.notify.sink import Sink

pytestmark = pytest.mark.anyio

PRIVATE = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.0.8",
    "198.18.0.1",
    "224.0.0.1",
    "239.1.2.3",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd12:3456::1",
    "ff02::1",
    "2001:db8::1",
]


def spellings(v4: str) -> Iterator[str]:
    """The ways in which an IPv4 address can be written into a URL."""
    number = int(ipaddress.IPv4Address(v4))
    a, b, c, d = v4.split(".")
    yield v4
    yield f"{v4}."
    yield str(number)
    yield hex(number)
    yield oct(number).replace("0o", "0")
    yield f"{int(a):#x}.{int(b):#x}.{int(c):#x}.{int(d):#x}"
    yield f"0{int(a):o}.0{int(b):o}.0{int(c):o}.0{int(d):o}"
    yield f"{a}.{int(b) << 16 | int(c) << 8 | int(d)}"
    yield f"{a}.{b}.{int(c) << 8 | int(d)}"
    yield f"[::ffff:{v4}]"
    yield f"[::ffff:{number >> 16:x}:{number & 0xFFFF:x}]"
    yield f"[64:ff9b::{number >> 16:x}:{number & 0xFFFF:x}]"
    yield f"[2002:{number >> 16:x}:{number & 0xFFFF:x}::1]"


V4 = [address for address in PRIVATE if ":" not in address]
TRICKS = [
    *(f"http://{host}:8080/x" for v4 in V4 for host in spellings(v4)),
    *(f"http://[{address.partition('%')[0]}]/x" for address in PRIVATE if ":" in address),
    "http://localhost/x",
    "http://LOCALHOST/x",
    "http://localhost./x",
    "http://public.example@127.0.0.1/x",
    "http://127.0.0.1\\@public.example/x",
    "http://127.0.0.1%00.public.example/x",
    "http://public.example\x00.127.0.0.1/x",
    "http://１２７.０.０.１/x",
    "http://①②⑦.0.0.1/x",
    "http://127。0。0。1/x",
    "http://0/x",
    "http://127.1/x",
    "http:///x",
    "http://[::1%25lo]/x",
    "gopher://127.0.0.1/x",
    "file:///etc/passwd",
    "http://[::127.0.0.1]/x",
]


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Where connections were tried to."""
    tried: list[Any] = []

    async def connect(self: asyncio.BaseEventLoop, _protocol: object, host: str = "", port: int = 0, **_: Any) -> None:
        tried.append(host)
        raise OSError("nobody goes anywhere in this test")

    monkeypatch.setattr(asyncio.BaseEventLoop, "create_connection", connect)
    return tried


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_of_this_machine_or_its_network_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"])
def test_an_address_of_the_world_is_public(address: str) -> None:
    assert is_public(address)


async def test_no_way_of_writing_a_private_host_gets_through(dialled: list[Any]) -> None:
    assert len(TRICKS) >= 200
    through = []
    for url in TRICKS:
        try:
            receiving.shown(ReceiverKind.SLACK, url)
            await Senders(None, []).send(ReceiverKind.SLACK, Target(to=url), message(), trusted=False)
            through.append(url)
        except (Invalid, NotifyError):
            continue
    assert (through, dialled) == ([], [])


async def test_a_name_is_looked_up_once_and_the_request_goes_to_what_was_judged(
    monkeypatch: pytest.MonkeyPatch, dialled: list[Any]
) -> None:
    answers = ["93.184.215.14", "127.0.0.1"]

    async def rebinding(self: asyncio.BaseEventLoop, host: str, port: int, **_: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answers.pop(0), port))]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", rebinding)
    with pytest.raises(NotifyError):
        await Senders(None, []).send(ReceiverKind.SLACK, Target(to="http://rebind.example/x"), message(), trusted=False)
    assert (dialled, answers) == (["93.184.215.14"], ["127.0.0.1"])


async def test_a_name_with_one_private_address_among_its_own_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async def both(self: asyncio.BaseEventLoop, host: str, port: int, **_: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ("93.184.215.14", "10.0.0.1")]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", both)
    with pytest.raises(NotifyError, match="private network") as refused:
        await public_address("both.example", "https", None, frozenset())
    assert refused.value.trouble is Trouble.REFUSED


async def test_a_private_host_that_an_administrator_allowed_is_gone_to_by_its_name(sink: Sink) -> None:
    target = Target(to=f"http://LOCALHOST:{sink.port}/x")
    await Senders(None, ["localhost"]).send(ReceiverKind.SLACK, target, message(), trusted=False)
    assert sink.heard[0].headers["host"] == f"localhost:{sink.port}"


async def test_a_host_that_was_judged_public_is_told_the_name_it_was_asked_by(
    sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ploeg.notify.guard.is_public", lambda address: True)
    target = Target(to=f"http://localhost:{sink.port}/x")
    await Senders(None, []).send(ReceiverKind.SLACK, target, message(), trusted=False)
    assert sink.heard[0].headers["host"] == f"localhost:{sink.port}"


async def test_a_name_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotifyError, match="is not found"):
        await public_address("nowhere.invalid", "https", None, frozenset())
