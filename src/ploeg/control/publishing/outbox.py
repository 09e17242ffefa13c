"""Delivers what is owed to forges: at least once, one server at a time, and never within a transaction."""

from __future__ import annotations

from ploeg.control.intake import following
from ploeg.control.plane import ControlPlane
from ploeg.control.publishing import actions, merging, publication, pull_request_text, train
from ploeg.control.publishing.act import Behind, Done, Dropped, Failed, ForgeActor, Waits
from ploeg.control.publishing.publish import Publisher
from ploeg.control.rounds import Rounds, Tray
from ploeg.domain.delivery import Delivery
from ploeg.domain.forge_action import Deed, ForgeAction

#: Events after which something may be due at once. A story's new status may call off its merging.
WAKES = frozenset({publication.ASKED, actions.ASKED, "story.changed", following.APPROVED, following.CHECKED})


class Outbox(Rounds):
    """Pull requests first, then what else is asked of forges."""

    def __init__(self, plane: ControlPlane, publisher: Publisher, actor: ForgeActor) -> None:
        super().__init__(
            plane,
            WAKES,
            Tray(lambda tx: tx.deliveries, publication.take, self._publish),
            Tray(lambda tx: tx.forge_actions, actions.take, self._act),
        )
        self._publisher = publisher
        self._actor = actor

    async def _publish(self, delivery: Delivery) -> None:
        page = await self._plane.read(pull_request_text.page, delivery)
        if page is None:
            await self._plane.write(publication.drop, delivery)
            return
        made = await self._publisher.publish(delivery, page)
        if made.trouble is None:
            await self._plane.write(merging.delivered, delivery, made.url)
        else:
            await self._plane.write(publication.failed, delivery, made.trouble, made.reason, made.retry_after)

    async def _act(self, action: ForgeAction) -> None:
        objection = await self._plane.write(merging.objection, action)
        match await self._actor.act(action, objection):
            case Done(result):
                await self._plane.write(merging.done, action, result)
            case Waits(reason, scheduled, aside):
                await self._plane.write(actions.waits, action, reason, scheduled=scheduled, aside=aside)
            case Behind(base):
                await self._plane.write(train.behind, self._plane.installation, action, base)
            case Dropped(reason):
                await self._plane.write(actions.dropped, action, reason)
            case Failed(trouble, reason, _, final=True):
                await self._plane.write(actions.given_up, action, trouble, reason)
            case Failed(trouble, reason, retry_after):
                await self._plane.write(actions.failed, action, trouble, reason, retry_after)
        if action.deed is Deed.MERGE:
            await self._plane.write(train.moved, action)
