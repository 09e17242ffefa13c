"""A control plane over each database whose notices go to a far end on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ploeg.control.installation import Installation
from ploeg.control.notices import desk
from ploeg.control.notices.outbox import NoticeOutbox
from ploeg.control.notices.post import Post
from ploeg.control.notices.send import Notifier
from ploeg.control.notices.vault import Vault
from ploeg.control.people import people
from ploeg.domain.access import Principal
from ploeg.domain.notice import Notice, Receiver
from ploeg.domain.receiving import Target
from ploeg.notify.senders import Senders
from ploeg.store.store import Store
from tests.control.house import Clock, House
from tests.notify.sink import Sink, http_sink
from tests.store.conftest import database_url, migrated_file, postgres_cluster

__all__ = ["database_url", "migrated_file", "postgres_cluster"]


@dataclass
class Office:
    """Sends notices, and hears what arrives."""

    house: House
    sink: Sink
    vault: Vault
    outbox: NoticeOutbox

    async def receiver(self, name: str = "phone", who: Principal | None = None, **wish: Any) -> Receiver:
        """A topic of that name on the far end, of the administrator unless somebody else is named."""
        given = {"kind": "ntfy", "to": f"{self.sink.url}/{name}", **wish}
        added = await desk.add(self.house.plane, who or self.house.admin, desk.Wish(name=name, **given))
        return added.receiver

    async def look(self) -> list[tuple[str, str]]:
        """Lets the outbox do its work; the topic and title of every message that arrived by now."""
        await self.outbox.look()
        return [(heard.json["topic"], heard.json["title"]) for heard in self.sink.heard]

    def known(self, receiver: Receiver) -> Receiver:
        found = self.house.read(lambda tx: tx.notices.receiver(receiver.id))
        assert found is not None
        return found

    def notices(self, receiver: Receiver) -> list[Notice]:
        """The newest first."""
        return self.house.read(lambda tx: tx.notices.newest([receiver.id], 100))

    def happens(self, type_: str, *, data: dict[str, Any] | None = None, **of: Any) -> None:
        self.house.write(lambda tx: tx.events.add(type_, actor="server", data=data or {}, **of))


@pytest.fixture
def sink() -> Iterator[Sink]:
    with http_sink() as serving:
        yield serving


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    clock = Clock()
    store = Store.open(database_url, clock=clock)
    made = store.write_blocking(lambda tx: people.sign_in_this_machine(tx, "admin"))
    admin = store.read_blocking(lambda tx: people.person(tx, made.token))
    yield House(store, clock, tmp_path, Installation(), admin, made.token, made.worker_token)
    store.close()


@pytest.fixture
async def office(house: House, sink: Sink) -> Office:
    vault = Vault(house.folder / "receivers")
    installed = {"ops": Target(to=f"{sink.url}/ops")}
    notifier = Notifier(Senders(None, ["127.0.0.1"]), vault, installed, seconds=5)
    house.plane.post = Post(vault, notifier)
    outbox = NoticeOutbox(house.plane, notifier)
    await outbox.look()
    return Office(house, sink, vault, outbox)
