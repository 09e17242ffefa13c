"""Ideas: who sees them, what takes them further, and what an ended job makes of them."""

from __future__ import annotations

from typing import Any

import pytest

from ploeg.control import find, read
from ploeg.control.find import Need
from ploeg.control.ideas import idea_jobs, idea_work, ideas
from ploeg.control.queue.submit import Wish
from ploeg.control.work import cancel
from ploeg.domain.access import Principal
from ploeg.domain.errors import Conflict, Denied, Invalid, NotFound
from ploeg.domain.idea_step import IdeaStatus, Step
from tests.control.house import House
from tests.control.idea_words import (
    PLAN,
    a_hand,
    a_product,
    add,
    caller,
    log_of,
    now,
    person,
    planned_by_hand,
    step,
)


def test_codes_count_for_each_person(house: House) -> None:
    a_product(house)
    ada = house.person("ada")
    assert [add(house).code, add(house, ada, None).code, add(house).code] == ["IDEA-001", "IDEA-001", "IDEA-002"]


def test_a_private_idea_is_not_there_for_anybody_else(house: House) -> None:
    a_product(house)
    bob = house.person("bob")
    house.write(lambda tx: tx.products.set_member(find.product(tx, house.admin, "demo").id, bob.user.id, "member"))
    idea = add(house)
    theirs = house.write(ideas.add, bob, "Bob's")
    for reference in (idea.id, "admin:IDEA-001"):
        with pytest.raises(NotFound):
            house.read(find.idea, bob, reference)
    with pytest.raises(NotFound):
        house.read(find.idea, house.admin, theirs.id)
    assert [view.idea.id for view in house.read(ideas.listed, bob)] == [theirs.id]
    assert house.read(find.idea, bob, "idea-1").id == theirs.id


def test_a_private_ideas_jobs_and_events_are_its_owners_alone(house: House) -> None:
    product = a_product(house)
    bob = house.person("bob")
    house.write(lambda tx: tx.products.set_member(find.product(tx, house.admin, product).id, bob.user.id, "owner"))
    idea = add(house)
    job = step(house, idea, Step.GRILL)

    def seen_by(actor: Principal) -> set[str]:
        found = house.read(lambda tx: tx.events.after(0, None, 1000, viewer=actor.user.id))
        return {event.type for event in found}

    with pytest.raises(NotFound):
        house.read(find.job, bob, job.code)
    assert house.read(read.jobs, bob) == []
    assert len(house.read(read.jobs, house.admin)) == 1
    assert not {"job.queued", "idea.changed"} & seen_by(bob)
    assert {"job.queued", "idea.changed"} <= seen_by(house.admin)
    house.write(ideas.share, house.admin, idea.id)
    assert house.read(find.job, bob, job.code).id == job.id
    assert len(house.read(read.jobs, bob)) == 1
    assert "idea.changed" in seen_by(bob)


def test_members_work_on_a_shared_idea_and_viewers_look(house: House) -> None:
    product = a_product(house)
    people = {role: house.person(role) for role in ("member", "viewer", "stranger")}
    for role in ("member", "viewer"):
        house.write(
            lambda tx, role=role: tx.products.set_member(
                find.product(tx, house.admin, product).id, people[role].user.id, role
            )
        )
    idea = add(house)
    house.write(ideas.share, house.admin, idea.id)
    assert house.write(ideas.edit, people["member"], "IDEA-001", {"title": "Night mode"}).title == "Night mode"
    with pytest.raises(Denied, match="only its owner"):
        house.write(ideas.archive, people["member"], "IDEA-001")
    assert house.read(find.idea, people["viewer"], "admin:IDEA-1").id == idea.id
    with pytest.raises(Denied, match="viewer"):
        house.read(find.idea, people["viewer"], idea.id, Need.CHANGE)
    with pytest.raises(NotFound):
        house.read(find.idea, people["stranger"], idea.id)


def test_an_idea_without_a_product_cannot_be_shared_and_takes_no_job(house: House) -> None:
    idea = add(house, product=None)
    with pytest.raises(Conflict, match="nobody to share it with"):
        house.write(ideas.share, house.admin, idea.id)
    with pytest.raises(Conflict, match="belongs to no product"):
        step(house, idea, Step.GRILL)


def test_texts_become_docs_once_others_may_see_the_idea(house: House) -> None:
    a_product(house)
    idea = add(house)
    house.write(idea_work.write_grill, person(house), idea.id, "# Scope\nAll pages.")
    house.write(idea_work.write_plan, person(house), idea.id, PLAN)
    product_id = now(house, idea).product_id
    assert product_id is not None
    assert house.read(lambda tx: tx.docs.folders_by_slug(product_id)) == {}
    house.write(ideas.share, house.admin, idea.id)
    shared = now(house, idea)
    slug = f"idea-001-{idea.id[-6:]}"
    folders = house.read(lambda tx: tx.docs.folders_by_slug(product_id))
    assert sorted(folders[slug]) == ["GRILLS", "PLANS"]
    house.write(idea_work.write_grill, person(house), idea.id, "# Scope\nOne page.")
    grilled = house.read(lambda tx: tx.docs.get(shared.grill_doc_id))
    assert grilled is not None
    assert (grilled.revision, grilled.title) == (2, "IDEA-001 grill: Dark mode")


def test_a_shared_idea_takes_its_texts_along_to_another_product(house: House) -> None:
    a_product(house)
    other = house.product("other")
    idea = planned_by_hand(house)
    house.write(ideas.share, house.admin, idea.id)
    house.write(ideas.edit, house.admin, idea.id, {"product": other})
    moved = now(house, idea)
    assert moved.product_id is not None
    assert list(house.read(lambda tx: tx.docs.folders_by_slug(moved.product_id)).values()) == [["PLANS"]]
    with pytest.raises(Conflict, match="stop sharing it first"):
        house.write(ideas.edit, house.admin, idea.id, {"product": None})


def test_any_title_makes_a_doc(house: House) -> None:
    a_product(house)
    idea = add(house, title='"Dark" mode: 🌒\x85 #1')
    house.write(ideas.share, house.admin, idea.id)
    house.write(idea_work.write_grill, person(house), idea.id, "---\n# Scope")
    grilled = now(house, idea)
    doc = house.read(lambda tx: tx.docs.get(grilled.grill_doc_id))
    assert doc is not None
    assert doc.title == 'IDEA-001 grill: "Dark" mode: 🌒  #1'


def test_one_step_at_a_time(house: House) -> None:
    a_product(house)
    hand = a_hand(house)
    idea = add(house)
    first = step(house, idea, Step.GRILL)
    with pytest.raises(Conflict, match=f"unfinished job already: {first.code}"):
        step(house, idea, Step.GRILL)
    with pytest.raises(Conflict, match="IDEA-001 is GRILLING"):
        house.write(idea_work.write_grill, person(house), idea.id, "mine")
    taken = hand.take()
    house.write(idea_work.write_grill, caller(house, hand, taken), idea.id, "# Report")
    with pytest.raises(Conflict, match=f"unfinished job already: {first.code}"):
        step(house, idea, Step.PLAN)


def test_a_job_without_a_result_fails_its_idea(house: House) -> None:
    a_product(house)
    hand = a_hand(house)
    idea = add(house)
    step(house, idea, Step.GRILL)
    hand.finish(hand.take(), "reported_failed", reason="cannot read the repository")
    assert now(house, idea).status is IdeaStatus.GRILL_FAILED
    assert any("cannot read the repository" in line for line in log_of(house, idea))
    assert step(house, idea, Step.GRILL).status == "queued"


def test_a_cancelled_job_puts_the_idea_back(house: House) -> None:
    a_product(house)
    idea = planned_by_hand(house)
    job = step(house, idea, Step.REVIEW)
    assert now(house, idea).status is IdeaStatus.REVIEWING_PLAN
    house.write(cancel.cancel, house.admin, job.code)
    assert now(house, idea) == idea


def test_a_job_that_is_being_cancelled_writes_nothing_any_more(house: House) -> None:
    a_product(house)
    hand = a_hand(house)
    idea = planned_by_hand(house)
    job = step(house, idea, Step.REVIEW)
    taken = hand.take()
    house.write(cancel.cancel, house.admin, job.code)
    with pytest.raises(Conflict, match="not at work on it any more"):
        house.write(idea_work.record_review, caller(house, hand, taken), idea.id, "approved", "Fine.")
    hand.finish(taken, "cancelled")
    assert now(house, idea) == idea


def test_what_takes_thought_is_not_left_to_a_runtime_without_a_model(house: House) -> None:
    house.product()
    idea = add(house)
    with pytest.raises(Invalid, match=r"works without a model.*ploeg product edit demo --runtime claude"):
        step(house, idea, Step.GRILL)
    assert now(house, idea).status is IdeaStatus.DRAFT


def test_the_same_key_gives_the_same_job(house: House) -> None:
    a_product(house)
    idea = add(house)
    wish = Wish(key="once")
    verb = idea_jobs.take_step
    first = house.write(verb, house.admin, house.installation, idea.id, Step.GRILL, wish)
    again = house.write(verb, house.admin, house.installation, idea.id, Step.GRILL, wish)
    assert (first.new, again.new, again.job.id) == (True, False, first.job.id)
    with pytest.raises(Conflict, match="idempotency key"):
        house.write(verb, house.admin, house.installation, idea.id, Step.PLAN, wish)


def test_a_plan_with_flaws_is_kept_and_says_what_is_wrong(house: House) -> None:
    a_product(house)
    idea = add(house)
    written = house.write(idea_work.write_plan, person(house), idea.id, "---\npbi:\n  title: A\nstories:\n---\n")
    assert [str(flaw) for flaw in written.flaws] == ["line 4: stories: list at least one, each behind a «-»"]
    assert (written.plan, written.idea.status) == (None, IdeaStatus.PLAN_FAILED)
    assert now(house, idea).plan_md is not None
    mended = house.write(idea_work.write_plan, person(house), idea.id, PLAN)
    assert (mended.idea.status, mended.flaws) == (IdeaStatus.PLAN_READY, [])


def test_each_round_of_review_is_kept(house: House) -> None:
    a_product(house)
    idea = planned_by_hand(house)
    house.write(idea_work.record_review, person(house), idea.id, "changes_requested", "Too big.", [{"problem": "big"}])
    house.write(idea_work.record_review, person(house), idea.id, "approved", "Well then.")
    reviewed = now(house, idea)
    assert reviewed.status is IdeaStatus.PLAN_REVIEWED
    assert reviewed.review_log is not None
    assert [each["verdict"] for each in reviewed.review_log["rounds"]] == ["changes_requested", "approved"]
    assert (reviewed.review_log["verdict"], reviewed.review_log["summary"]) == ("approved", "Well then.")
    with pytest.raises(Invalid, match="verdict"):
        house.write(idea_work.record_review, person(house), idea.id, "perhaps", "Hm.")


@pytest.mark.parametrize(
    ("field", "value"), [("title", " "), ("title", "x" * 201), ("description", "x" * 4001), ("status", "PLANNED")]
)
def test_bad_input_is_refused_by_field(house: House, field: str, value: Any) -> None:
    idea = add(house, product=None)
    with pytest.raises(Invalid) as refused:
        house.write(ideas.edit, house.admin, idea.id, {field: value})
    assert refused.value.field == field


def test_people_log_decisions_and_notes_and_nothing_else(house: House) -> None:
    idea = add(house, product=None)
    house.write(idea_work.log, person(house), idea.id, "decision", "Only pages.", call_id="log_1")
    house.write(idea_work.log, person(house), idea.id, "decision", "Only pages.", call_id="log_1")
    assert log_of(house, idea) == ["Only pages."]
    with pytest.raises(Invalid, match="DECISION, NOTE"):
        house.write(idea_work.log, person(house), idea.id, "STATUS_CHANGE", "x")


def test_an_idea_at_work_is_not_archived(house: House) -> None:
    a_product(house)
    idea = add(house)
    job = step(house, idea, Step.GRILL)
    with pytest.raises(Conflict, match=job.code):
        house.write(ideas.archive, house.admin, idea.id)
    house.write(cancel.cancel, house.admin, job.code)
    house.write(ideas.archive, house.admin, idea.id)
    assert house.read(ideas.listed, house.admin) == []
    with pytest.raises(Conflict, match="is archived"):
        step(house, idea, Step.GRILL)
    house.write(ideas.archive, house.admin, idea.id, archived=False)
    assert len(house.read(ideas.listed, house.admin)) == 1
