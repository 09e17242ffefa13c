"""The tools that a job about an idea calls: what they write, what they refuse, and what they cannot reach."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ploeg.control import read
from ploeg.control.ideas import idea_chat, idea_jobs, ideas
from ploeg.control.products import products
from ploeg.control.questions import questions
from ploeg.control.queue import submit
from ploeg.control.queue.submit import Wish
from ploeg.domain.access import Principal
from ploeg.domain.errors import Conflict, Invalid, NotFound
from ploeg.domain.idea import Idea
from ploeg.domain.idea_step import IdeaStatus, Step
from ploeg.domain.job import JobStatus
from ploeg.domain.question import QuestionStatus
from ploeg.prompts.rendering import TEMPLATES
from ploeg.wire.assignment import IdeaMessageOut
from tests.control.agent import IdeaAgent
from tests.control.house import House
from tests.control.idea_words import now

PLAN = TEMPLATES.get_template("plan_example.md").render()
REVIEW = {"summary": "It will not hold.", "findings": [{"severity": "major", "where": "stories[1]", "problem": "Why?"}]}


def add_idea(house: House, by: Principal | None = None, product: str = "demo") -> Idea:
    return house.write(ideas.add, by or house.admin, "Sell by post", description="From afar.", product=product)


def take(house: House, idea: Idea, step: Step, by: Principal | None = None) -> IdeaAgent:
    house.write(idea_jobs.take_step, by or house.admin, house.installation, idea.id, step, Wish())
    return IdeaAgent(house, house.hand(runtimes=["claude"]))


@pytest.fixture
def idea(house: House) -> Idea:
    house.product(config={"runtime": "claude"})
    return add_idea(house)


def grilled(house: House, idea: Idea) -> None:
    agent = take(house, idea, Step.GRILL)
    agent.call("update_idea_grill_md", markdown="# Scope\n\nLetters.")
    agent.end()


def planned(house: House, idea: Idea) -> None:
    grilled(house, idea)
    agent = take(house, idea, Step.PLAN)
    assert agent.call("update_idea_plan_md", markdown=PLAN)["ok"]
    agent.end()


def test_a_grill_gets_the_idea_and_leaves_its_report_and_decisions(house: House, idea: Idea) -> None:
    agent = take(house, idea, Step.GRILL)
    given = agent.work.idea
    assert given is not None
    assert (given.code, given.title, given.description) == ("IDEA-001", "Sell by post", "From afar.")
    assert (agent.work.branch, agent.work.task, agent.work.story) == ("", None, None)
    assert agent.work.repo_url.endswith("demo.git")

    first = agent.call("log_idea_decision", "one", type="DECISION", content="Letters only.")
    assert agent.call("log_idea_decision", "one", type="DECISION", content="Letters only.") == first
    saved = agent.call("update_idea_grill_md", markdown="# Scope\n\nLetters.")
    assert (saved["code"], saved["status"]) == ("IDEA-001", "GRILLED")
    assert agent.end() == "done"

    assert (now(house, idea).status, now(house, idea).grill_md) == (IdeaStatus.GRILLED, "# Scope\n\nLetters.")
    assert [log.content for log in house.read(ideas.logs, house.admin, idea.id)].count("Letters only.") == 1


def test_a_plan_with_flaws_names_them_all_and_can_be_mended_in_the_same_job(house: House, idea: Idea) -> None:
    grilled(house, idea)
    agent = take(house, idea, Step.PLAN)
    given = agent.work.idea
    assert given is not None
    assert (given.grill, given.log) == ("# Scope\n\nLetters.", [])
    flawed = agent.call("update_idea_plan_md", markdown="---\npbi:\n  title: x\nstories: []\n---\n")
    assert (flawed["ok"], flawed["status"]) == (False, "PLAN_FAILED")
    assert [(flaw["line"], flaw["field"]) for flaw in flawed["errors"]] == [(4, "stories")]
    mended = agent.call("update_idea_plan_md", markdown=PLAN)
    assert (mended["ok"], mended["status"], mended["stories"], mended["tasks"]) == (True, "PLAN_READY", 1, 2)
    agent.end()
    assert now(house, idea).status is IdeaStatus.PLAN_READY


def test_a_review_that_asks_for_changes_gives_its_findings_to_the_next_plan(house: House, idea: Idea) -> None:
    planned(house, idea)
    judge = take(house, idea, Step.REVIEW)
    given = judge.work.idea
    assert given is not None
    assert given.plan == PLAN
    said = judge.call("update_idea_plan_reviewed", approval_status="changes_requested", review_log=REVIEW)
    assert (said["status"], said["rounds"], said["findings"]) == ("PLAN_REVIEW_FAILED", 1, 1)
    judge.end()
    again = take(house, idea, Step.PLAN).work.idea
    assert again is not None
    assert again.review == "changes_requested: It will not hold.\n- major, stories[1]: Why?"


def test_a_verdict_is_never_silently_an_approval(house: House, idea: Idea) -> None:
    planned(house, idea)
    judge = take(house, idea, Step.REVIEW)
    assert "VALIDATION_ERROR" in judge.refused("update_idea_plan_reviewed", idea_id=judge.idea, review_log=REVIEW)
    grave = {"idea_id": judge.idea, "approval_status": "approved", "review_log": REVIEW}
    assert "a plan with a major finding is not approved" in judge.refused("update_idea_plan_reviewed", **grave)
    judge.end()
    assert now(house, idea).status is IdeaStatus.PLAN_REVIEW_FAILED


def test_an_attempt_reaches_its_own_idea_and_no_other(house: House, idea: Idea) -> None:
    other = add_idea(house)
    agent = take(house, idea, Step.GRILL)
    for reference in (other.code, other.id, "IDEA-099"):
        refusal = agent.refused("update_idea_grill_md", idea_id=reference, markdown="x")
        assert refusal == f"idea «{reference}» not found or not accessible"
        assert "not found" in agent.refused("ask_user_question", idea_id=reference, question="?")
    assert "not found" in agent.refused("ask_user_question", story_id="ST-001", question="?")
    assert now(house, other).grill_md is None


def test_an_attempt_calls_only_the_tools_of_its_kind(house: House, idea: Idea) -> None:
    agent = take(house, idea, Step.GRILL)
    for tool in ("update_idea_plan_md", "update_idea_plan_reviewed", "create_pbi", "update_task_status"):
        assert "not among the tools" in agent.refused(tool, idea_id=agent.idea)


def test_a_question_about_an_idea_parks_its_job_until_its_owner_answers(house: House, idea: Idea) -> None:
    agent = take(house, idea, Step.GRILL)
    assert agent.ask() == "Q-1"
    line = house.read(questions.shown, house.admin, "Q-1")
    assert (line.idea, line.story, line.job) == ("IDEA-001", None, "J-1")
    assert [each["code"] for each in agent.call("list_open_questions")["questions"]] == ["Q-1"]
    assert agent.end("waiting", reason="parked") == "waiting"
    assert now(house, idea).status is IdeaStatus.GRILLING

    house.write(questions.answer, house.admin, "Q-1", "2")

    again = agent.hand.take()
    assert [(each.code, each.answer) for each in again.asked] == [("Q-1", "no")]
    assert again.resume is not None
    assert (again.resume.session_id, again.resume.commit) == ("the-session", None)


def test_a_private_ideas_question_is_there_for_its_owner_alone(house: House) -> None:
    house.product(config={"runtime": "claude"})
    owner, member = house.person("ada"), house.person("bob")
    for person in (owner, member):
        house.write(products.set_member, house.admin, "demo", person.user.username, "member")
    idea = add_idea(house, owner)
    agent = take(house, idea, Step.GRILL, owner)
    agent.ask("A secret plan?")

    for other in (member, house.admin):
        assert house.read(questions.listed, other) == []
        with pytest.raises(NotFound, match="question"):
            house.write(questions.answer, other, "Q-1", "yes")
        with pytest.raises(NotFound, match="question"):
            house.write(questions.cancel, other, "Q-1")
    assert [line.question.code for line in house.read(questions.listed, owner, idea=idea.code)] == ["Q-1"]
    told = [event for event in house.read(lambda tx: tx.events.after(0, None, 1000)) if event.type == "question.asked"]
    assert [(event.product_id, event.user_id) for event in told] == [(None, owner.user.id)]

    house.write(ideas.share, owner, idea.id)
    house.write(questions.answer, member, "Q-1", "yes")
    assert house.read(questions.shown, owner, "Q-1").question.status is QuestionStatus.ANSWERED


def test_a_question_about_an_idea_expires_as_any_other(house: House, idea: Idea) -> None:
    agent = take(house, idea, Step.GRILL)
    agent.ask()
    agent.end("waiting", reason="parked")
    house.clock.turn(seconds=(house.installation.question_deadline + timedelta(minutes=1)).total_seconds())
    house.write(questions.expire)
    assert house.read(questions.shown, house.admin, "Q-1").question.status is QuestionStatus.EXPIRED
    assert house.job(agent.work).status is JobStatus.WAITING


def test_a_chat_answers_what_was_said_before_its_claim_and_the_summary_is_the_answer(house: House, idea: Idea) -> None:
    for text in ("How far?", "And how heavy?"):
        house.write(idea_chat.say, house.admin, house.installation, idea.id, text)
    agent = IdeaAgent(house, house.hand(runtimes=["claude"]))
    given = agent.work.idea
    assert given is not None
    assert [message.text for message in given.messages] == ["How far?", "And how heavy?"]
    house.write(idea_chat.say, house.admin, house.installation, idea.id, "One more thing")
    assert agent.end(summary="To the border, 2 kg.") == "done"

    following = agent.hand.take().idea
    assert following is not None
    assert [message.text for message in following.messages] == ["One more thing"]
    assert following.conversation[-1] == IdeaMessageOut(author="agent", text="To the border, 2 kg.")
    assert now(house, idea).status is IdeaStatus.DRAFT


def test_further_products_are_read_beside_the_first_where_the_owner_may_look_at_them(house: House) -> None:
    for code in ("demo", "other", "secret"):
        house.product(code, config={"runtime": "claude"})
    owner = house.person("ada")
    for code in ("demo", "other"):
        house.write(products.set_member, house.admin, code, "ada", "member")
    idea = add_idea(house, owner)
    with pytest.raises(NotFound):
        house.write(ideas.edit, owner, idea.id, {"products": ["secret"]})
    all_of_them = [product.id for product in house.read(lambda tx: tx.products.all())]
    house.write(lambda tx: tx.ideas.set_products(idea.id, all_of_them))
    agent = take(house, idea, Step.GRILL, owner)
    assert agent.work.idea is not None
    assert [(each.product, each.repo_url) for each in agent.work.idea.beside] == [
        ("other", "https://git.example.org/other.git")
    ]
    assert agent.work.repo_url == "https://git.example.org/demo.git"


def test_nobody_reads_a_further_product_through_another_s_idea(house: House) -> None:
    for code in ("demo", "other"):
        house.product(code, config={"runtime": "claude"})
    bob = house.person("bob")
    house.write(products.set_member, house.admin, "demo", "bob", "member")
    idea = add_idea(house, house.admin)
    house.write(ideas.edit, house.admin, idea.id, {"products": ["other"]})
    house.write(ideas.share, house.admin, idea.id)
    assert house.read(ideas.context, house.admin, idea.id).products == ["other"]
    assert house.read(ideas.context, bob, idea.id).products == []
    house.write(idea_chat.say, house.admin, house.installation, idea.id, "How far?")
    house.write(idea_chat.say, bob, house.installation, idea.id, "And what are the keys of the other?")
    agent = IdeaAgent(house, house.hand(runtimes=["claude"]))
    assert agent.work.idea is not None
    assert agent.work.idea.beside == []


def test_what_was_asked_in_another_product_stays_private_when_the_idea_is_shared(house: House) -> None:
    for code in ("demo", "other"):
        house.product(code, config={"runtime": "claude"})
    ada, bob = house.person("ada"), house.person("bob")
    for code, name in (("demo", "ada"), ("other", "ada"), ("demo", "bob")):
        house.write(products.set_member, house.admin, code, name, "member")
    idea = add_idea(house, ada)
    agent = take(house, idea, Step.GRILL, ada)
    agent.ask()
    agent.end("reported_failed", reason="no")
    house.write(ideas.edit, ada, idea.id, {"product": "other"})
    house.write(ideas.share, ada, idea.id)
    assert house.read(questions.listed, bob) == []
    assert house.read(read.jobs, bob) == []
    assert len(house.read(questions.listed, ada)) == len(house.read(read.jobs, ada)) == 1


def test_a_chat_is_not_done_without_an_answer(house: House, idea: Idea) -> None:
    house.write(idea_chat.say, house.admin, house.installation, idea.id, "How far?")
    agent = IdeaAgent(house, house.hand(runtimes=["claude"]))
    with pytest.raises(Invalid, match="which is the answer"):
        agent.end(summary="  ")
    assert house.job(agent.work).status is JobStatus.RUNNING


def test_a_job_about_an_idea_is_not_tried_again_behind_the_ideas_back(house: House, idea: Idea) -> None:
    agent = take(house, idea, Step.GRILL)
    agent.end("reported_failed", reason="no answer")
    with pytest.raises(Conflict, match="take its step again"):
        house.write(submit.retry, house.admin, house.installation, agent.work.job_code, Wish())
    assert take(house, idea, Step.GRILL).work.idea is not None
