"""A plan becomes backlog: what is made, in which order, and what becomes of an item that it takes the place of."""

from __future__ import annotations

import pytest

from ploeg.control.backlog import backlog
from ploeg.control.backlog.backlog import Place
from ploeg.control.docs import docs
from ploeg.control.ideas import materialise
from ploeg.control.ideas.materialise import Materialised
from ploeg.control.queue import submit
from ploeg.control.queue.submit import Wish
from ploeg.domain.backlog import Task
from ploeg.domain.errors import Conflict, Denied
from ploeg.domain.gate import VerifyRequired
from ploeg.domain.idea import Idea
from ploeg.domain.idea_step import IdeaStatus
from tests.control.house import House
from tests.control.idea_words import a_product, add, log_of, now, person, planned_by_hand


def make(house: House, idea: Idea, *, alongside: bool = False) -> Materialised:
    return house.write(materialise.materialise, house.admin, idea.id, alongside=alongside)


def tasks_of(house: House, made: Materialised) -> list[Task]:
    return house.read(
        lambda tx: [task for story in made.stories for task in tx.backlog.tasks(story.product_id, story.id)]
    )


def test_a_plan_becomes_an_item_with_its_stories_and_tasks_in_order(house: House) -> None:
    house.a_task()
    idea = planned_by_hand(house)
    made = make(house, idea)
    assert (made.pbi.code, made.pbi.title, made.pbi.priority, made.replaced) == ("PBI-2", "Dark mode", 1, None)
    assert [(story.code, story.title, story.priority, story.sort_order) for story in made.stories] == [
        ("ST-002", "A switch", 3, 1.0),
        ("ST-003", "All pages", 2, 2.0),
    ]
    tasks = tasks_of(house, made)
    assert [(task.code, task.title, task.priority, task.sort_order) for task in tasks] == [
        ("T-2", "Draw it", 3, 1.0),
        ("T-3", "Keep it", 3, 2.0),
        ("T-4", "Find them", 2, 1.0),
    ]
    assert [task.verify_required for task in tasks] == [
        VerifyRequired.ALIGNED_OR_PARTIAL,
        VerifyRequired.ALIGNED,
        VerifyRequired.ALIGNED_OR_PARTIAL,
    ]
    became = now(house, idea)
    assert (became.status, became.pbi_id) == (IdeaStatus.PLANNED, made.pbi.id)
    assert "materialised as PBI-2 with 2 stories and 3 tasks" in log_of(house, idea)


def test_its_tasks_can_be_run_at_once(house: House) -> None:
    a_product(house)
    made = make(house, planned_by_hand(house))
    job = house.write(submit.run_task, house.admin, house.installation, tasks_of(house, made)[0].id, Wish()).job
    assert job.status == "queued"


def test_the_item_leans_on_the_plan_as_it_was(house: House) -> None:
    a_product(house)
    idea = planned_by_hand(house)
    made = make(house, idea)
    (link,) = house.read(docs.of_pbi, person(house), made.pbi.id)
    assert (link.link.role, link.revision, link.doc.folder) == ("PLAN", 1, "PLANS")
    text = house.read(lambda tx: tx.docs.revision(link.link.revision_id))
    assert text is not None
    for said in ("## A switch", "### Draw it", "Change `app.py`.", "We take it that every page has the same head."):
        assert said in text.content_md


def test_an_item_that_nobody_has_begun_makes_room_for_the_new_one(house: House) -> None:
    a_product(house)
    idea = planned_by_hand(house)
    first = make(house, idea)
    second = make(house, idea)
    assert (second.replaced, second.pbi.code) == (first.pbi.code, "PBI-2")
    assert house.read(lambda tx: [item.code for item in tx.backlog.pbis(first.pbi.product_id)]) == ["PBI-2"]
    assert tasks_of(house, first) == []


@pytest.mark.parametrize("status", ["IN_PROGRESS", "DONE"])
def test_work_that_has_begun_is_not_put_aside(house: House, status: str) -> None:
    a_product(house)
    idea = planned_by_hand(house)
    task = tasks_of(house, make(house, idea))[0]
    house.write(backlog.edit_task, house.admin, task.id, {"status": status}, Place())
    with pytest.raises(Conflict, match=rf"work on PBI-1 has begun \({task.code}\)"):
        make(house, idea)
    made = make(house, idea, alongside=True)
    assert made.pbi.code == "PBI-2"
    assert len(house.read(lambda tx: tx.backlog.pbis(made.pbi.product_id))) == 2


def test_an_item_with_a_queued_job_is_not_put_aside(house: House) -> None:
    a_product(house)
    idea = planned_by_hand(house)
    task = tasks_of(house, make(house, idea))[0]
    job = house.run(task.id)
    with pytest.raises(Conflict, match=job.code):
        make(house, idea)


def test_only_a_plan_that_is_ready_is_materialised(house: House) -> None:
    a_product(house)
    with pytest.raises(Conflict, match="IDEA-001 is DRAFT; it is materialised from PLAN_READY, PLAN_REVIEWED, PLANNED"):
        make(house, add(house))


def test_a_viewer_of_the_product_makes_nothing_in_it(house: House) -> None:
    product = a_product(house)
    ada = house.person("ada")
    found = house.read(lambda tx: tx.products.by_code(product))
    assert found is not None
    house.write(lambda tx: tx.products.set_member(found.id, ada.user.id, "member"))
    idea = planned_by_hand(house, ada)
    house.write(lambda tx: tx.products.set_member(found.id, ada.user.id, "viewer"))
    with pytest.raises(Denied, match="viewer"):
        house.write(materialise.materialise, ada, idea.id)
