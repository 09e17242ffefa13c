"""What waits for what: circles are found, and every order follows what is needed first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ploeg.domain.backlog import StoryStatus, TaskStatus
from ploeg.domain.dependencies import Needs, circle, met, work_order
from ploeg.domain.ids import StoryId, TaskId
from tests.domain.making import NOW, a_story, a_task

GRAPHS = st.dictionaries(st.sampled_from("abcdefgh"), st.lists(st.sampled_from("abcdefgh"), max_size=3))


def test_a_chain_is_no_circle() -> None:
    assert circle({"T-2": ["T-1"]}, "T-3", "T-2") is None


def test_a_circle_is_shown_from_the_item_back_to_it() -> None:
    assert circle({"T-7": ["T-3"]}, "T-3", "T-7") == ["T-3", "T-7", "T-3"]


def test_the_shortest_way_round_is_shown() -> None:
    graph = {"T-2": ["T-3", "T-4"], "T-3": ["T-4"], "T-4": ["T-1"]}
    assert circle(graph, "T-1", "T-2") == ["T-1", "T-2", "T-4", "T-1"]


def test_an_item_that_waits_for_itself_is_a_circle() -> None:
    assert circle({}, "T-1", "T-1") == ["T-1", "T-1"]


def test_a_task_waits_for_its_story_and_a_story_for_its_tasks() -> None:
    login = a_task(id=TaskId("tsk_login"), story_id=StoryId("sto_a"))
    page = a_task(id=TaskId("tsk_page"), story_id=StoryId("sto_b"))
    needs = Needs(tasks={}, stories={StoryId("sto_b"): [StoryId("sto_a")]})
    assert circle(needs.graph([login, page]), login.id, page.id) == [login.id, page.id, "sto_a", login.id]


def test_work_keeps_its_order_where_nothing_needs_another() -> None:
    assert work_order({}, ["a", "b", "c"]) == ["a", "b", "c"]


def test_what_is_needed_goes_first() -> None:
    assert work_order({"a": ["c"]}, ["a", "b", "c"]) == ["c", "a", "b"]


@given(GRAPHS)
def test_every_item_stands_behind_all_that_it_waits_for(graph: dict[str, list[str]]) -> None:
    edges: dict[str, list[str]] = {}
    for item, wanted in graph.items():
        for prerequisite in wanted:
            if circle(edges, item, prerequisite) is None:
                edges.setdefault(item, []).append(prerequisite)
    order = work_order(edges, "abcdefgh")
    assert sorted(order) == list("abcdefgh")
    assert all(order.index(first) < order.index(item) for item, wanted in edges.items() for first in wanted)


def test_what_is_done_excluded_or_archived_holds_up_nothing() -> None:
    assert [met(a_task(status=status)) for status in (TaskStatus.DONE, TaskStatus.EXCLUDED)] == [True, True]
    assert not any(met(a_task(status=s)) for s in TaskStatus if s not in {TaskStatus.DONE, TaskStatus.EXCLUDED})
    assert met(a_task(archived_at=NOW))
    assert [met(a_story(status=status)) for status in StoryStatus] == [s is StoryStatus.DONE for s in StoryStatus]
