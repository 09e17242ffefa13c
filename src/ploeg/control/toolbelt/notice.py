"""Tools for what people were told."""

from __future__ import annotations

from ploeg.control.notices import receivers
from ploeg.control.toolbelt.caller import Caller
from ploeg.control.toolbelt.handler import Handlers
from ploeg.store.transaction import Transaction
from ploeg.tools.notice import ListNotices, NoticeShown, NoticesShown


def list_notices(tx: Transaction, caller: Caller, arguments: ListNotices) -> NoticesShown:
    found = receivers.notices(tx, caller.principal, arguments.limit)
    return NoticesShown(
        result=[
            NoticeShown(
                topic=notice.topic,
                title=notice.title,
                text=notice.text,
                link=notice.link,
                receiver=receiver.name,
                state=notice.state,
                created_at=notice.created_at,
            )
            for notice, receiver in found
        ]
    )


HANDLERS: Handlers = {ListNotices: list_notices}
