"""A story's pull request is merged when the story is done: that very commit, once, and not before."""

from __future__ import annotations

from itertools import product

import pytest

from ploeg.control.backlog import backlog
from ploeg.control.backlog.placing import Place
from ploeg.control.products import products
from ploeg.control.publishing import actions, merging
from ploeg.control.queue import follow_up
from ploeg.control.queue.submit import Wish
from ploeg.domain.delivery import Trouble
from ploeg.domain.errors import Conflict
from ploeg.domain.forge import ChecksState, PullStatus
from ploeg.domain.forge_action import WAITS_FOR, Deed
from tests.control.house import House
from tests.control.publishing.conftest import Scene

pytestmark = pytest.mark.anyio

A, B, C = "a" * 40, "b" * 40, "c" * 40


async def test_a_done_story_is_merged_at_the_commit_that_was_verified(scene: Scene) -> None:
    story = scene.house.story()
    first, second = scene.house.task(story), scene.house.task(story)
    scene.house.run(first)
    scene.finish(scene.hand.take(), A)
    await scene.outbox.look()
    assert scene.forge.merged == []
    scene.house.run(second)
    scene.finish(scene.hand.take(), C)
    await scene.outbox.look()
    assert scene.forge.merged == [(1, C)]
    assert (scene.the(Deed.MERGE).state, scene.the(Deed.MERGE).result) == ("done", f"merged-{C}")
    assert "- [x] T-2: A task" in scene.forge.pulls[0].text


async def test_without_auto_merge_nothing_is_merged_until_a_person_says_so(house: House) -> None:
    scene = Scene.of(house, auto_merge=False)
    story = house.story()
    with pytest.raises(Conflict, match="is OPEN"):
        house.write(merging.merge, house.admin, story)
    scene.work(story)
    await scene.outbox.look()
    assert scene.asked(Deed.MERGE) == []
    house.write(merging.merge, house.admin, story)
    await scene.outbox.look()
    assert scene.forge.merged == [(1, A)]


async def test_a_task_that_is_finished_by_hand_merges_its_story_too(scene: Scene) -> None:
    story = scene.house.story()
    scene.work(story)
    task = scene.house.task(story)
    await scene.pass_time(seconds=1)
    scene.house.write(backlog.edit_task, scene.house.admin, task, {"status": "DONE"}, Place())
    await scene.outbox.look()
    assert scene.forge.merged == [(1, A)]


async def test_checks_are_waited_for_and_red_ones_are_told(scene: Scene) -> None:
    scene.forge.checks_of[A] = ChecksState.PENDING
    scene.work(scene.house.story())
    await scene.outbox.look()
    assert scene.the(Deed.MERGE).reason == "its checks have not passed yet"
    scene.forge.checked(A, ChecksState.RED)
    await scene.pass_time(minutes=1)
    assert (scene.the(Deed.MERGE).state, scene.the(Deed.MERGE).reason) == ("pending", "its checks have failed: lint")
    scene.forge.checked(A, ChecksState.GREEN)
    await scene.pass_time(minutes=5)
    assert scene.forge.merged == [(1, A)]


async def test_a_commit_without_checks_is_merged_after_a_moment_in_which_none_begins(scene: Scene) -> None:
    scene.forge.checks_of[A] = ChecksState.NONE
    scene.work(scene.house.story())
    await scene.outbox.look()
    await scene.pass_time(seconds=20)
    assert scene.forge.merged == []
    await scene.pass_time(seconds=40)
    assert scene.forge.merged == [(1, A)]


async def test_what_never_may_be_merged_is_given_up_after_a_week(scene: Scene) -> None:
    scene.forge.rule = "it needs an approval"
    scene.work(scene.house.story())
    await scene.outbox.look()
    assert (scene.the(Deed.MERGE).state, scene.the(Deed.MERGE).reason) == ("pending", "it needs an approval")
    await scene.pass_time(seconds=WAITS_FOR.total_seconds())
    assert scene.the(Deed.MERGE).state == "failed"
    scene.forge.rule = None
    scene.house.write(actions.retry, scene.house.admin, scene.the(Deed.MERGE).id)
    await scene.outbox.look()
    assert scene.forge.merged == [(1, A)]


async def test_the_forge_is_left_to_merge_what_it_can_wait_for(scene: Scene) -> None:
    scene.forge.can_schedule, scene.forge.checks_of[A] = True, ChecksState.PENDING
    scene.work(scene.house.story())
    await scene.outbox.look()
    assert (scene.forge.scheduled, scene.the(Deed.MERGE).scheduled) == ({1: A}, True)
    scene.forge.checked(A, ChecksState.GREEN)
    await scene.pass_time(minutes=1)
    assert (scene.forge.merged, scene.the(Deed.MERGE).state) == ([(1, A)], "done")


async def test_more_work_calls_off_what_the_forge_was_to_merge_as_soon_as_it_begins(scene: Scene) -> None:
    scene.forge.can_schedule, scene.forge.checks_of[A] = True, ChecksState.PENDING
    job = scene.work(scene.house.story())
    await scene.outbox.look()
    scene.house.write(
        follow_up.follow_up, scene.house.admin, scene.house.installation, job.code, Wish(instruction="Mend it")
    )
    assignment = scene.hand.take()
    await scene.outbox.look()
    assert scene.forge.scheduled == {}
    scene.forge.checked(A, ChecksState.GREEN)
    scene.finish(assignment, C)
    await scene.pass_time(minutes=1)
    assert scene.forge.merged == [(1, C)]
    assert [action.state for action in scene.asked(Deed.MERGE)] == ["dropped", "done"]


async def test_a_head_that_somebody_else_pushed_is_never_merged(scene: Scene) -> None:
    job = scene.work(scene.house.story())
    assert job.branch is not None
    scene.forge.push(job.branch, B)
    for _ in range(8):
        await scene.pass_time(minutes=10)
    assert (scene.forge.merged, scene.the(Deed.MERGE).state) == ([], "failed")
    assert scene.the(Deed.MERGE).trouble is Trouble.CONFLICT


async def test_what_people_closed_is_left_alone(scene: Scene) -> None:
    scene.forge.rule = "it needs an approval"
    scene.work(scene.house.story())
    await scene.outbox.look()
    scene.forge.close_by_hand(1)
    scene.forge.rule = None
    await scene.pass_time(minutes=5)
    assert (scene.forge.merged, scene.the(Deed.MERGE).state) == ([], "dropped")


async def test_a_line_that_is_cut_makes_nothing_twice(scene: Scene) -> None:
    cuts = product(["find", "open", "pull_request", "checks", "merge", "set_status"], ["before", "after"])
    for number, cut in enumerate(cuts, 1):
        scene.way.cuts.append(cut)
        sha = f"{number:040x}"
        scene.work(scene.house.story(), sha)
        for _ in range(2):
            await scene.pass_time(minutes=1)
        assert scene.way.cuts == []
        assert (len(scene.forge.pulls), scene.forge.merged[-1]) == (number, (number, sha))
    assert {action.state for deed in (Deed.MERGE, Deed.STATUS) for action in scene.asked(deed)} == {"done"}
    assert len(scene.forge.merged) == len(scene.asked(Deed.STATUS)) == 12


async def test_a_merged_branch_goes_where_its_pull_request_keeps_its_tip(house: House) -> None:
    scene = Scene.of(house, delete_merged_branches=True)
    job = scene.work(house.story())
    await scene.outbox.look()
    assert scene.forge.merged == [(1, A)]
    assert job.branch not in scene.forge.branches
    assert scene.forge.pulls[0].status is PullStatus.MERGED


async def test_a_branch_that_moved_on_stays(house: House) -> None:
    scene = Scene.of(house, delete_merged_branches=True)
    job = scene.work(house.story())
    assert job.branch is not None
    branch = job.branch
    scene.forge.on_verb = lambda verb: scene.forge.branches.update({branch: B}) if verb == "branch_tip" else None
    await scene.outbox.look()
    assert (scene.forge.branches[branch], scene.the(Deed.DELETE_BRANCH).state) == (B, "dropped")


async def test_a_receipt_is_shown_at_its_commit(scene: Scene) -> None:
    job = scene.work(scene.house.story())
    await scene.outbox.look()
    ((sha, status),) = scene.forge.statuses
    assert (sha, status.context, status.text) == (A, "ploeg/receipt", f"{job.code}: clean")


async def test_turning_it_off_calls_off_what_waits(scene: Scene) -> None:
    scene.forge.rule = "it needs an approval"
    scene.work(scene.house.story())
    await scene.outbox.look()
    scene.house.write(products.edit, scene.house.admin, "demo", {"auto_merge": False})
    scene.forge.rule = None
    await scene.pass_time(minutes=1)
    assert (scene.forge.merged, scene.the(Deed.MERGE).state) == ([], "dropped")
