"""What was said about a pull request: heard once, steered by the right people, and answered by follow-ups."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ploeg.control.backlog import backlog
from ploeg.control.intake import answer, pulls, state
from ploeg.control.products import products
from ploeg.control.publishing import merging, publication
from ploeg.control.queue.submit import Wish
from ploeg.domain.delivery import Trouble
from ploeg.domain.errors import Conflict, Denied, Invalid, NotFound
from ploeg.domain.forge import Checks, ChecksState, PullStatus, Verdict
from ploeg.domain.forge_action import Deed
from ploeg.domain.job import JobStatus
from ploeg.domain.pull import Pull
from ploeg.domain.remark import RemarkKind, RemarkState
from ploeg.domain.sprint_run import RunStatus
from tests.control.house import House, proof
from tests.control.intake.scene import Scene, comment, red, review, shown
from tests.control.sprints.test_executions import Batch


@pytest.fixture
def scene(house: House) -> Scene:
    return Scene(house, follow_ups="on")


def states(scene: Scene) -> list[tuple[RemarkKind, RemarkState]]:
    return [(remark.kind, remark.state) for remark in scene.remarks]


def test_a_pull_request_is_followed_from_when_it_is_opened(scene: Scene) -> None:
    assert (scene.pull.number, scene.pull.status, scene.pull.look_at) == (7, None, scene.house.clock.now)
    pull = scene.look()
    assert (pull.status, pull.title, pull.look_at) == (
        PullStatus.OPEN,
        "ST-001: A story",
        scene.house.clock.now + scene.house.installation.forge_poll,
    )


def test_requested_changes_become_a_follow_up_on_the_same_branch_and_session(scene: Scene) -> None:
    place = comment("Say what it greets.", id="9", path="src/greet.py", line=3)
    scene.look(reviews=(review(remarks=(place,)),))
    job = scene.jobs()[0]
    assert (job.follow_up_of, job.branch, job.status) == (scene.job.id, scene.job.branch, JobStatus.QUEUED)
    assert job.resume is not None
    assert job.resume.session_id == "the-session"
    assert states(scene) == [
        (RemarkKind.REVIEW, RemarkState.ANSWERED),
        (RemarkKind.REMARK, RemarkState.ANSWERED),
    ]
    assignment = scene.hand.take()
    assert [(said.author, said.path, said.text) for said in assignment.remarks] == [
        ("ada", None, "Rename it."),
        ("ada", "src/greet.py", "Say what it greets."),
    ]
    assert assignment.instruction is not None
    assert "`src/greet.py`" in assignment.instruction
    assert "Rename it." not in assignment.instruction, "what people of the forge say is data, not an instruction"


def test_the_same_again_changes_nothing(scene: Scene) -> None:
    for _ in range(3):
        scene.look(reviews=(review(),), comments=(comment("/ploeg stop"),))
    assert len(scene.jobs()) == 2
    assert scene.house.told().count("pull_request.ordered") == 1


def test_what_steers_nobody(scene: Scene) -> None:
    scene.look(
        reviews=(
            review(id="1", author="mallory"),
            review(id="2", author="ploeg-bot"),
            review("Lovely.", Verdict.APPROVED, id="3", author="bob"),
            review("Never mind.", Verdict.DISMISSED, id="4"),
        ),
        comments=(
            comment("/ploeg fix everything", id="1", author="mallory"),
            comment("/ploeg fix everything", id="2", author="ploeg-bot"),
            comment("I would rename it.", id="3"),
            comment("> /ploeg fix it\n\n```\n/ploeg retry\n```\nsay /ploeg stop", id="4"),
        ),
        writers=("ada", "bob"),
    )
    assert len(scene.jobs()) == 1
    assert {(remark.key, remark.state) for remark in scene.remarks} == {
        ("review:1", RemarkState.NOTED),
        ("review:3", RemarkState.NOTED),
        ("review:4", RemarkState.NOTED),
        ("comment:1", RemarkState.NOTED),
    }


def test_red_checks_and_conflicts_become_work_and_a_new_commit_makes_them_past(scene: Scene) -> None:
    scene.house.write(products.edit, scene.house.admin, "demo", {"follow_ups": "ask"})
    pull = scene.look(checks=red(), mergeable=False)
    assert states(scene) == [(RemarkKind.CHECKS, RemarkState.OPEN)], "a forge may not have tried yet"
    assert pull.look_at == scene.house.clock.now + timedelta(minutes=1)
    for _ in range(2):
        scene.look(checks=red(), mergeable=False)
    assert states(scene) == [(RemarkKind.CHECKS, RemarkState.OPEN), (RemarkKind.CONFLICT, RemarkState.OPEN)]
    assert scene.house.told().count("pull_request.conflicted") == 1
    scene.look(head_sha="d" * 40)
    assert {state for _, state in states(scene)} == {RemarkState.DISMISSED}
    scene.house.write(products.edit, scene.house.admin, "demo", {"follow_ups": "on"})
    for _ in range(2):
        scene.look(head_sha="d" * 40, mergeable=False)
    instruction = scene.jobs()[0].instruction
    assert instruction is not None
    assert "merge `origin/main` into it" in instruction


def test_checks_that_turned_green_ask_for_nothing_any_more(house: House) -> None:
    scene = Scene(house, follow_ups="ask")
    scene.look(checks=red())
    scene.look(checks=Checks(ChecksState.GREEN))
    assert states(scene) == [(RemarkKind.CHECKS, RemarkState.DISMISSED)]


@pytest.mark.parametrize(("follow_ups", "waits"), [("off", None), ("ask", "people decide; see `ploeg pr follow-up`")])
def test_a_product_that_does_not_want_it_gets_no_job_by_itself(
    house: House, follow_ups: str, waits: str | None
) -> None:
    scene = Scene(house, follow_ups=follow_ups)
    scene.look(reviews=(review(),))
    assert (len(scene.jobs()), scene.pull.waits) == (1, waits)
    assert states(scene) == [(RemarkKind.REVIEW, RemarkState.OPEN)]
    made = house.write(answer.follow, house.admin, house.installation, "demo#7", Wish(instruction="In French."))
    assert made.job.instruction is not None
    assert made.job.instruction.endswith("In French.")
    assert states(scene) == [(RemarkKind.REVIEW, RemarkState.ANSWERED)]


def test_rounds_are_bounded_until_a_person_has_a_word(scene: Scene) -> None:
    for number in range(5):
        scene.look(reviews=(review(id=str(number)),))
        if scene.jobs()[0].status is JobStatus.QUEUED:
            scene.hand.done(scene.hand.take(), **proof())
            scene.publish()
    assert len(scene.jobs()) == 1 + scene.house.installation.review_rounds
    assert scene.pull.waits == "it has had 3 follow-ups in a row; a person decides how it goes on"
    scene.look(comments=(comment("/ploeg fix"),))
    assert (len(scene.jobs()), scene.pull.rounds) == (5, 0)


def test_remarks_wait_while_the_branch_is_being_worked_on(scene: Scene) -> None:
    scene.look(reviews=(review(),))
    first = scene.jobs()[0]
    scene.look(reviews=(review(), review(id="2")))
    assert len(scene.jobs()) == 2
    assert scene.pull.waits == f"{first.code} is queued on the same branch; wait until it has ended"
    scene.hand.done(scene.hand.take(), **proof())
    scene.publish()
    scene.look(reviews=(review(), review(id="2")))
    assert scene.jobs()[0].follow_up_of == first.id


def test_a_runtime_without_a_model_answers_nothing(house: House) -> None:
    scene = Scene(house, follow_ups="on", config={"runtime": "patch"})
    scene.look(reviews=(review(),))
    assert len(scene.jobs()) == 1
    assert "works without a model" in (scene.pull.waits or "")
    wish = Wish(config={"runtime": "claude"})
    made = house.write(answer.follow, house.admin, house.installation, "demo#7", wish)
    assert made.job.runtime == "claude"


def test_a_merge_is_noted_on_the_backlog_item_and_ends_the_following(scene: Scene) -> None:
    scene.look()
    pull = scene.look(status=PullStatus.MERGED, merged_sha="e" * 40)
    assert (pull.status, pull.look_at) == (PullStatus.MERGED, None)
    story = scene.house.read(backlog.show_story, scene.house.admin, scene.story).item
    pbi = scene.house.read(lambda tx: tx.backlog.pbi(story.pbi_id))  # type: ignore[union-attr]  # a story has one
    assert pbi is not None
    assert pbi.pr_merged_at == scene.house.clock.now
    assert scene.house.told().count("pull_request.merged") == 1


def test_one_that_people_closed_is_nobody_s_review_any_more_until_it_is_opened_again(scene: Scene) -> None:
    story = scene.house.read(backlog.show_story, scene.house.admin, scene.story).item
    scene.look(reviews=(review(author="mallory"),))
    for status, linked in ((PullStatus.CLOSED, False), (PullStatus.OPEN, True)):
        pull = scene.pull.hint(scene.house.clock.now)
        scene.house.write(lambda tx, pull=pull: tx.pulls.update(pull))
        scene.look(status=status)
        pbi = scene.house.read(lambda tx: tx.backlog.pbi(story.pbi_id))  # type: ignore[union-attr]  # as above
        assert pbi is not None
        assert (pbi.pr_url is not None) == linked
    assert [told for told in scene.house.told() if told.endswith((".closed", ".reopened"))] == [
        "pull_request.closed",
        "pull_request.reopened",
    ]


def test_whoever_looked_earlier_is_not_heard_after_somebody_else(scene: Scene) -> None:
    taken = scene.house.write(state.take)
    assert taken is not None
    scene.house.clock.turn(minutes=3)
    scene.look(status=PullStatus.MERGED)
    scene.house.write(state.failed, taken, Trouble.UNREACHABLE, "late", None)
    assert (scene.pull.status, scene.pull.trouble) == (PullStatus.MERGED, None)


def test_people_dismiss_what_needs_no_answer_and_others_see_nothing(house: House) -> None:
    scene = Scene(house, follow_ups="ask")
    scene.look(reviews=(review(),))
    eve = house.person("eve")
    with pytest.raises(NotFound):
        house.read(pulls.shown, eve, "demo#7")
    house.write(products.set_member, house.admin, "demo", "eve", "viewer")
    view = house.read(pulls.shown, eve, scene.job.code)
    assert (view.open_remarks, view.story, view.pull.number) == (1, "ST-001", 7)
    with pytest.raises(Denied):
        house.write(pulls.dismiss, eve, "demo#7")
    house.write(pulls.dismiss, house.admin, "demo#7")
    assert states(scene) == [(RemarkKind.REVIEW, RemarkState.DISMISSED)]
    with pytest.raises(Conflict, match="waits for an answer"):
        house.write(answer.follow, house.admin, house.installation, "demo#7", Wish())


def test_a_reference_that_names_none(scene: Scene) -> None:
    for reference in ("demo#8", "nowhere#7", "plr_x", "https://git.example.org/crew/demo/pulls/8"):
        with pytest.raises(NotFound):
            scene.house.read(pulls.shown, scene.house.admin, reference)
    with pytest.raises(Invalid, match="or the story or job whose work it shows"):
        scene.house.read(pulls.shown, scene.house.admin, "T-1")
    (view,) = scene.house.read(pulls.listed, scene.house.admin, product="demo")
    assert isinstance(view.pull, Pull)


def test_nothing_is_merged_by_itself_that_somebody_wants_changed(house: House) -> None:
    scene = Scene(house, follow_ups="off", auto_merge=True)
    delivery = house.read(lambda tx: tx.deliveries.get(scene.pull.delivery_id))  # type: ignore[arg-type]  # it is ours
    assert delivery is not None
    house.write(merging.delivered, delivery, scene.pull.url)
    asked = house.read(lambda tx: tx.forge_actions.of_product(scene.job.product_id, 5))
    (action,) = [each for each in asked if each.deed is Deed.MERGE]
    assert house.read(merging.objection, action) is None
    scene.look(reviews=(review(),))
    held = house.read(merging.objection, action)
    assert held is not None
    assert (held.reason, held.final) == ("ada asked for changes, and did not approve since", False)
    scene.look(reviews=(review(), review("Good.", Verdict.APPROVED, id="2")))
    assert house.read(merging.objection, action) is None


def test_remarks_whose_follow_up_failed_wait_again(scene: Scene) -> None:
    scene.look(reviews=(review(),))
    first = scene.hand.take()
    scene.hand.finish(first, "reported_failed", reason="I do not understand it")
    assert states(scene) == [(RemarkKind.REVIEW, RemarkState.OPEN)]
    scene.look(reviews=(review(),))
    assert scene.jobs()[0].follow_up_of == first.job_id
    scene.hand.finish(scene.hand.take(), "reported_failed", reason="still not")
    scene.look(reviews=(review(),), comments=(comment("/ploeg retry"),))
    again = scene.jobs()[0]
    assert (again.status, scene.pull.rounds) == (JobStatus.QUEUED, 0)
    assert [said.text for said in scene.hand.take().remarks] == ["Rename it."]


def test_a_stopped_follow_up_is_not_begun_anew(scene: Scene) -> None:
    scene.look(reviews=(review(),))
    scene.look(reviews=(review(),), comments=(comment("/ploeg stop"),))
    assert scene.jobs()[0].status is JobStatus.CANCELLED
    scene.look(reviews=(review(),))
    assert (len(scene.jobs()), states(scene)[0]) == (2, (RemarkKind.REVIEW, RemarkState.DISMISSED))


def test_a_task_s_failed_job_is_tried_again_and_another_task_dispatched(scene: Scene) -> None:
    scene.house.run(scene.house.task(scene.story))
    failed = scene.hand.take()
    scene.hand.finish(failed, "reported_failed", reason="no")
    scene.look(comments=(comment("/ploeg retry"),))
    assert scene.jobs()[0].retry_of == failed.job_id
    other = scene.house.task_now(scene.house.task(scene.house.story())).code
    scene.look(comments=(comment(f"/ploeg dispatch {other}\n/ploeg dispatch T-99\n/ploeg dispatch", id="2"),))
    assert scene.house.task_now(scene.jobs()[0].task_id or "").code == other
    asked = scene.house.read(lambda tx: tx.forge_actions.of_product(scene.job.product_id, 1))
    queued, missing, nothing = asked[0].content["text"].splitlines()
    assert queued == f"dispatch: {scene.jobs()[0].code} is queued for {other}."
    assert missing.startswith("dispatch: not done: task «demo:T-99»")
    assert nothing.startswith("dispatch: not done:")


def test_a_review_of_a_whole_run_s_branch_is_answered_as_well(house: House) -> None:
    batch = Batch(house, auto_pr=True, follow_ups="on")
    batch.work_off(1, 2)
    batch.hand.done(batch.got, session_id="the-session")
    owed = house.write(publication.take)
    assert owed is not None
    house.write(publication.delivered, owed, "https://git.example.org/crew/demo/pulls/7")
    taken = house.write(state.take)
    assert taken is not None
    seen = shown(house.job(batch.got))
    sight = state.Sight(seen=seen, reviews=(review(),), me="ploeg-bot", writers=frozenset({"ada"}))
    house.write(state.noted, house.installation, taken, sight)
    work = batch.hand.take()
    assert work.task is not None
    assert (work.follows, work.branch, work.task.id) == (batch.got.job_code, batch.got.branch, batch.scene.tasks[-1])
    assert [said.text for said in work.remarks] == ["Rename it."]
    batch.hand.done(work, **proof("d" * 40))
    again = house.write(publication.take)
    assert again is not None
    assert (again.id, again.head_sha, again.sprint_run_id) == (owed.id, "d" * 40, batch.scene.run.id)
    assert batch.scene.run.status is RunStatus.DONE
