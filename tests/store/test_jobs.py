from __future__ import annotations

import pytest

from ploeg.domain.attempt import Outcome, Resume
from ploeg.domain.errors import Conflict
from ploeg.domain.ids import AttemptId, JobId, UserId, WorkerId
from ploeg.domain.job import Job, JobStatus
from ploeg.store.store import Store
from tests.store.installation import START, Installation, pbi, product, story, task


@pytest.fixture
def here(store: Store) -> Installation:
    return Installation(store)


def test_a_job_is_read_as_it_was_written(here: Installation) -> None:
    earlier = here.queue()
    item = pbi(here.product)
    part = story(item)
    piece = task(part)
    here.keep(item, part, piece)
    full = here.queue(
        status=JobStatus.WAITING,
        story_id=part.id,
        task_id=piece.id,
        labels=("gpu", "big"),
        lane="shop/st-001",
        sequence=3,
        branch="ploeg/st-001",
        rank=-5,
        not_before=START,
        overrides={"max_turns": 3, "nested": {"list": [1, 2.5, None, True]}},
        instruction="Mind the ü.",
        attempt_id=AttemptId("att_1"),
        attempts=2,
        counted=1,
        reminded=True,
        resume=Resume(attempt_id=AttemptId("att_1"), session_id=None, worker_id=WorkerId("wrk_1"), verified=True),
        cancel_requested=True,
        outcome=Outcome.WAITING,
        reason="a question",
        retry_of=earlier.id,
        claimed_at=START,
        started_at=START,
        ended_at=START,
    )
    assert here.read(full) == full
    assert here.store.read_blocking(lambda tx: tx.jobs.by_number(full.number)) == full


def test_what_is_not_there_is_none(here: Installation) -> None:
    assert here.store.read_blocking(lambda tx: tx.jobs.get(JobId("job_x"))) is None
    assert here.store.read_blocking(lambda tx: tx.jobs.by_number(7)) is None
    assert here.store.read_blocking(lambda tx: tx.jobs.by_key(here.owner.id, "key")) is None
    assert here.store.read_blocking(lambda tx: tx.jobs.active_in_lane("lane")) is None


def test_a_locked_job_reads_like_any_other(here: Installation) -> None:
    queued = here.queue()
    assert here.store.write_blocking(lambda tx: tx.jobs.get(queued.id, lock=True)) == queued


def test_a_request_is_known_by_its_user_and_key(here: Installation) -> None:
    asked = here.store.write_blocking(lambda tx: here.add(tx, key="again"))
    here.queue()
    assert here.store.read_blocking(lambda tx: tx.jobs.by_key(here.owner.id, "again")) == asked
    assert here.store.read_blocking(lambda tx: tx.jobs.by_key(UserId("usr_x"), "again")) is None
    with pytest.raises(Conflict, match="that request was made before"):
        here.store.write_blocking(lambda tx: here.add(tx, key="again"))


def test_the_newest_jobs_are_listed_first_page_by_page(here: Installation) -> None:
    other = product(here.owner)
    here.store.write_blocking(lambda tx: tx.products.add(other))
    jobs = [here.queue() for _ in range(5)]
    here.queue(product_id=other.id)

    def page(before: int | None) -> list[Job]:
        return here.store.read_blocking(lambda tx: tx.jobs.of_products([here.product.id], limit=2, before=before))

    pages = [page(None), page(jobs[3].number), page(jobs[1].number), page(jobs[0].number)]
    assert pages == [[jobs[4], jobs[3]], [jobs[2], jobs[1]], [jobs[0]], []]
    both = here.store.read_blocking(lambda tx: tx.jobs.of_products([here.product.id, other.id]))
    assert len(both) == 6
    assert here.store.read_blocking(lambda tx: tx.jobs.of_products([])) == []


def test_jobs_are_listed_by_status_and_by_what_they_are_for(here: Installation) -> None:
    item = pbi(here.product)
    part = story(item)
    pieces = [task(part), task(part, code="T-2")]
    here.keep(item, part, *pieces)
    first = here.queue(task_id=pieces[0].id, story_id=part.id)
    failed = here.queue(task_id=pieces[1].id, story_id=part.id, status=JobStatus.FAILED)
    loose = here.queue(status=JobStatus.DONE)

    def listed(**wanted: object) -> list[Job]:
        return here.store.read_blocking(lambda tx: tx.jobs.of_products([here.product.id], **wanted))

    assert listed(statuses={JobStatus.FAILED, JobStatus.DONE}) == [loose, failed]
    assert listed(statuses=[]) == []
    assert listed(task_id=pieces[0].id) == [first]
    assert listed(story_id=part.id) == [failed, first]
    assert listed(story_id=part.id, statuses=[JobStatus.QUEUED]) == [first]


@pytest.mark.parametrize("status", list(JobStatus))
def test_a_tasks_unfinished_job_is_found_in_every_unfinished_state(here: Installation, status: JobStatus) -> None:
    item = pbi(here.product)
    part = story(item)
    piece = task(part)
    here.keep(item, part, piece)
    here.queue(task_id=piece.id, status=JobStatus.FAILED)
    queued = here.queue(task_id=piece.id, status=status)
    found = here.store.read_blocking(lambda tx: tx.jobs.unfinished_for_task(piece.id))
    assert found == (None if status.terminal else queued)


def test_the_active_job_of_a_lane_is_found(here: Installation) -> None:
    here.queue(lane="lane")
    running = here.queue(lane="lane", status=JobStatus.RUNNING)
    assert here.store.read_blocking(lambda tx: tx.jobs.active_in_lane("lane")) == running


def test_no_code_can_make_a_second_active_job_in_a_lane(here: Installation) -> None:
    here.queue(lane="lane", status=JobStatus.RUNNING)
    second = here.queue(lane="lane")
    with pytest.raises(Conflict, match="another job of that lane is under way"):
        here.change(second.claim(AttemptId("att_1"), START))
    with pytest.raises(Conflict, match="another job of that lane is under way"):
        here.queue(lane="lane", status=JobStatus.CLAIMED)


def test_a_number_is_one_jobs_own(here: Installation) -> None:
    first = here.queue()
    with pytest.raises(Conflict):
        here.queue(number=first.number)
