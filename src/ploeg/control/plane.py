"""The control plane as its doors see it: verbs run as transactions, and whoever waits hears of what they changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Concatenate, ParamSpec, TypeVar

from ploeg.control.installation import Installation
from ploeg.control.log import narrate
from ploeg.control.notices.post import Post
from ploeg.control.people import people
from ploeg.control.tally import Tally
from ploeg.control.trace import trace
from ploeg.control.watch import Watch
from ploeg.control.work.transcripts import Transcripts
from ploeg.domain.access import Principal
from ploeg.domain.occurrence import Event
from ploeg.store.info import EngineInfo
from ploeg.store.store import Store
from ploeg.store.transaction import Transaction

#: Doors that put verbs together name the type of what a verb is given.
__all__ = ["ControlPlane", "Transaction"]

P = ParamSpec("P")
T = TypeVar("T")


class ControlPlane:
    """One per server process; belongs to its event loop."""

    def __init__(
        self,
        store: Store,
        installation: Installation,
        transcripts: Transcripts,
        started_at: datetime,
        post: Post | None = None,
    ) -> None:
        self.store = store
        self.installation = installation
        self.transcripts = transcripts
        self.started_at = started_at
        self.post = post
        self.watch = Watch()
        self.tally = Tally()
        #: What people should know of the server while it works on: which matter -> what about it.
        self.remarks: dict[str, str] = {}
        #: What runs beside the requests for as long as the server does.
        self.beside: Sequence[asyncio.Task[None]] = ()

    async def read(self, query: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.store.read(lambda tx: query(tx, *args, **kwargs))

    async def write(self, verb: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The verb's result, after its commit. A caller who goes away meanwhile takes back nothing."""
        return await asyncio.shield(self._write(lambda tx: verb(tx, *args, **kwargs)))

    async def work(
        self,
        secret: str,
        verb: Callable[Concatenate[Transaction, Principal, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """A worker's verb: the token is checked in the verb's own transaction."""
        return await self.write(lambda tx: verb(tx, people.worker_at_work(tx, secret), *args, **kwargs))

    async def identify(self, secret: str) -> Principal:
        """The person who carries that token; `Denied` for a worker's."""
        caller, stale = await self.read(_identify, secret)
        if stale:
            await self.write(lambda tx: tx.people.touch_token(caller.token_id, tx.now))
        return caller

    def engine_info(self) -> EngineInfo:
        return self.store.engine_info()

    async def _write(self, verb: Callable[[Transaction], T]) -> T:
        emitted: list[Event] = []

        def run(tx: Transaction) -> T:
            result = verb(tx)
            emitted[:] = tx.emitted
            return result

        result = await self.store.write(run)
        self.watch.tell(emitted)
        self.tally.saw(emitted)
        narrate(emitted)
        trace(emitted)
        return result


def _identify(tx: Transaction, secret: str) -> tuple[Principal, bool]:
    caller = people.person(tx, secret)
    token = tx.people.token(caller.token_id)
    return caller, token is not None and people.stale(tx, token)
