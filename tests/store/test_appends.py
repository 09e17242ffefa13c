"""Many people add to the backlog at once: codes and places are each given once, on both databases."""

from __future__ import annotations

from ploeg.control.backlog import backlog
from ploeg.domain.access import Principal, Scope, TokenKind
from ploeg.domain.ids import TokenId
from ploeg.store.store import Store
from tests.store.installation import Installation, pbi, story
from tests.store.test_races import WRITERS, all_at_once


def test_64_writers_who_append_to_one_story_get_codes_and_places_of_their_own(store: Store) -> None:
    here = Installation(store)
    item = pbi(here.product)
    home = story(item)
    here.keep(item, home)
    actor = Principal(
        user=here.owner, token_id=TokenId("tok"), token_kind=TokenKind.PERSONAL, scopes=frozenset({Scope.WRITE})
    )

    def append(number: int) -> str:
        added = store.write_blocking(lambda tx: backlog.add_task(tx, actor, home.id, f"Task of {number}", {}))
        return added.item.code

    codes = all_at_once(WRITERS, append)
    tasks = store.read_blocking(lambda tx: tx.backlog.tasks(home.product_id, home.id))
    assert sorted(codes, key=lambda code: int(code[2:])) == [f"T-{n}" for n in range(1, WRITERS + 1)]
    assert [task.sort_order for task in tasks] == [float(n) for n in range(1, WRITERS + 1)]
    assert [task.code for task in tasks] == [f"T-{n}" for n in range(1, WRITERS + 1)]
