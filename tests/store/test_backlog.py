from __future__ import annotations

from datetime import timedelta

import pytest

from ploeg.domain.backlog import LogType, PbiStatus, Priority, StoryLog, StoryStatus, TaskStatus
from ploeg.domain.codes import CodeKind
from ploeg.domain.config import ConfigLayer
from ploeg.domain.errors import Conflict
from ploeg.domain.gate import VerifyRequired
from ploeg.domain.ids import PbiId, StoryId, TaskId
from ploeg.store.ids import new_id
from ploeg.store.store import Store
from tests.store.installation import START, Installation, pbi, product, story, task


@pytest.fixture
def here(store: Store) -> Installation:
    return Installation(store)


def test_each_item_is_read_as_it_was_written(here: Installation) -> None:
    item = pbi(here.product, description="d", priority=Priority.CRITICAL, status=PbiStatus.BLOCKED)
    part = story(item, acceptance_criteria="a", priority=Priority.LOW, status=StoryStatus.IN_SPRINT)
    plan = "# Plan\n" + "é🦉" * 16_000
    piece = task(
        part,
        implementation_plan=plan,
        priority=Priority.NICE_TO_HAVE,
        sort_order=0.1 + 0.2,
        status=TaskStatus.EXCLUDED,
        verify_only=True,
        verify_required=VerifyRequired.ANY,
        repo_url="ssh://git.example/other",
        config=ConfigLayer(max_turns=3, setup_commands=("npm ci",)),
    )
    here.keep(item, part, piece)
    assert here.store.read_blocking(lambda tx: tx.backlog.pbi(item.id)) == item
    assert here.store.read_blocking(lambda tx: tx.backlog.story(part.id)) == part
    assert here.store.read_blocking(lambda tx: tx.backlog.task(piece.id)) == piece


def test_what_is_not_there_is_none(here: Installation) -> None:
    assert here.store.read_blocking(lambda tx: tx.backlog.pbi(PbiId("pbi_x"))) is None
    assert here.store.read_blocking(lambda tx: tx.backlog.story(StoryId("sto_x"))) is None
    assert here.store.read_blocking(lambda tx: tx.backlog.task(TaskId("tsk_x"))) is None


def test_lists_are_in_backlog_order_of_a_parent_and_of_a_whole_product(here: Installation) -> None:
    item = pbi(here.product)
    later = pbi(here.product, code="PBI-2", sort_order=2.0)
    third = story(item, code="ST-001", sort_order=2.0)
    second = story(item, code="ST-002", created_at=START + timedelta(seconds=1))
    first = story(item, code="ST-003")
    other = story(later, code="ST-004", sort_order=0.5)
    tasks = [task(first, code=f"T-{number}", sort_order=float(9 - number)) for number in range(3)]
    elsewhere = task(other, code="T-9", sort_order=0.5)

    here.keep(later, item, third, second, first, other, *tasks, elsewhere)

    product_id = here.product.id
    assert here.store.read_blocking(lambda tx: tx.backlog.pbis(product_id)) == [item, later]
    assert here.store.read_blocking(lambda tx: tx.backlog.stories(product_id, item.id)) == [first, second, third]
    assert here.store.read_blocking(lambda tx: tx.backlog.stories(product_id)) == [first, second, third, other]
    assert here.store.read_blocking(lambda tx: tx.backlog.tasks(product_id, first.id)) == tasks[::-1]
    assert here.store.read_blocking(lambda tx: tx.backlog.tasks(product_id)) == [*tasks[::-1], elsewhere]


def test_items_change(here: Installation) -> None:
    item = pbi(here.product)
    part = story(item)
    piece = task(part)
    here.keep(item, part, piece)
    done = item.evolve(status=PbiStatus.DONE), part.evolve(title="Other"), piece.evolve(implementation_plan="P")
    here.store.write_blocking(lambda tx: tx.backlog.update_pbi(done[0]))
    here.store.write_blocking(lambda tx: tx.backlog.update_story(done[1]))
    here.store.write_blocking(lambda tx: tx.backlog.update_task(done[2]))
    found = here.store.read_blocking(
        lambda tx: (tx.backlog.pbi(item.id), tx.backlog.story(part.id), tx.backlog.task(piece.id))
    )
    assert found == done


def test_a_code_is_looked_up_in_the_products_that_are_given(here: Installation) -> None:
    other = product(here.owner)
    here.store.write_blocking(lambda tx: tx.products.add(other))
    items = [pbi(of) for of in (here.product, other)]
    parts = [story(of) for of in items]
    pieces = [task(of) for of in parts]
    here.keep(*items, *parts, *pieces)

    def find(kind: CodeKind, code: str, *products: str) -> list[object]:
        return list(here.store.read_blocking(lambda tx: tx.backlog.with_code(kind, code, products)))

    assert find(CodeKind.PBI, "PBI-1", here.product.id) == [items[0]]
    assert find(CodeKind.STORY, "ST-001", other.id) == [parts[1]]
    assert len(find(CodeKind.TASK, "T-1", here.product.id, other.id)) == 2
    assert find(CodeKind.TASK, "T-2", here.product.id) == []
    assert find(CodeKind.TASK, "T-1") == []


def test_a_code_is_given_once_in_a_product(here: Installation) -> None:
    here.store.write_blocking(lambda tx: tx.backlog.add_pbi(pbi(here.product)))
    with pytest.raises(Conflict):
        here.store.write_blocking(lambda tx: tx.backlog.add_pbi(pbi(here.product)))


def test_a_call_is_logged_once_however_often_it_comes(here: Installation) -> None:
    item = pbi(here.product)
    part = story(item)
    here.keep(item, part)

    def log(content: str) -> StoryLog:
        return StoryLog(id=new_id("log"), story_id=part.id, type=LogType.COMMIT, content=content, created_at=START)

    first, again, other, nameless = log("first"), log("again"), log("other"), log("nameless")
    added = [
        here.store.write_blocking(lambda tx, entry=entry, call=call: tx.backlog.add_log(entry, call))
        for entry, call in ((first, "call 1"), (again, "call 1"), (other, "call 2"), (nameless, None), (log("n"), None))
    ]
    assert added == [True, False, True, True, True]
    logs = here.store.read_blocking(lambda tx: tx.backlog.logs(part.id))
    assert [entry.content for entry in logs] == ["first", "other", "nameless", "n"]
    assert logs[0] == first


def test_a_log_keeps_all_that_it_says(here: Installation) -> None:
    item = pbi(here.product)
    part = story(item)
    full = StoryLog(
        id=new_id("log"),
        story_id=part.id,
        type=LogType.TEST_RESULT,
        content="1 failed",
        created_at=START,
        status="FAILED",
        commit_hash="abc",
        commit_message="Try",
        metadata={"seconds": 1.5, "names": ["a", None]},
    )
    here.keep(item, part)
    assert here.store.write_blocking(lambda tx: tx.backlog.add_log(full))
    assert here.store.read_blocking(lambda tx: tx.backlog.logs(part.id)) == [full]
