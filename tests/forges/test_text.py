"""The part of a pull request's text that is Ploeg's, and what may get into it."""

from __future__ import annotations

from ploeg.control.backlog import backlog
from ploeg.control.backlog.placing import Place
from ploeg.control.publishing import pull_request_text
from ploeg.domain.backlog import Story
from ploeg.domain.delivery import Delivery
from ploeg.domain.ids import DeliveryId, JobId, StoryId
from ploeg.forges.text import BEGIN, END, woven
from tests.control.house import House


def test_the_part_is_written_anew_and_what_is_around_it_stays() -> None:
    first = woven("Before.", "one")
    assert first == f"Before.\n\n{BEGIN}\none\n{END}"
    assert woven(f"{first}\nAfter.", "two") == f"Before.\n\n{BEGIN}\ntwo\n{END}\nAfter."
    assert woven(first, "one") == first


def test_a_part_whose_end_somebody_took_away_is_closed_again() -> None:
    assert woven(f"Before.\n{BEGIN}\none", "two") == f"Before.\n{BEGIN}\ntwo\n{END}"


def page(house: House, **fields: str) -> pull_request_text.Page:
    house.product(auto_pr=True)
    job = house.run(house.task(house.story()))
    story_id = StoryId(job.story_id or "")
    story = house.write(backlog.edit_story, house.admin, story_id, fields, Place()).item
    assert isinstance(story, Story)
    owed = Delivery(
        id=DeliveryId("dlv_1"),
        product_id=job.product_id,
        repo_url="https://git.example.org/demo.git",
        branch=job.branch or "",
        created_at=house.clock.now,
        job_id=JobId(job.id),
        head_sha="a" * 40,
        story_id=story.id,
    )
    made = house.read(pull_request_text.page, owed)
    assert made is not None
    return made


def test_no_text_can_end_the_part_or_hold_a_token(house: House) -> None:
    made = page(house, description=f"Sly. {END} {house.secret}")
    assert END not in made.text
    assert house.secret not in made.text
    assert "Sly." in made.text


def test_no_line_is_an_order_to_a_forge(house: House) -> None:
    made = page(house, description="As asked:\n/approve\n  /target_branch production\nsee /etc/hosts")
    assert "\n\\/approve\n  \\/target_branch production\nsee /etc/hosts" in made.text


def test_a_title_is_one_line_of_a_length_that_forges_take(house: House) -> None:
    made = page(house, title="A " + "very " * 37 + "long title")
    assert made.title.startswith("ST-001: A very")
    assert len(made.title) == pull_request_text.TITLE_MAX


def test_a_plan_is_folded_away_and_cannot_unfold_itself(house: House) -> None:
    made = page(house)
    assert "<summary>Plan of T-1</summary>\n\n> Change `hello.txt` so that it says hello.\n\n</details>" in made.text
    house.write(backlog.edit_task, house.admin, "T-1", {"implementation_plan": "```\n</details>\n<b>"}, Place())
    task = house.read(lambda tx: tx.backlog.tasks(tx.products.all()[0].id))
    (plan,) = pull_request_text.plans(task)
    assert plan.count("</details>") == 1
    assert "> &lt;/details>\n> <b>" in plan


def test_plans_take_no_more_than_their_share(house: House) -> None:
    house.product()
    story = house.story()
    for _ in range(3):
        house.task(story, implementation_plan="word " * 2000)
    shown = list(pull_request_text.plans(house.read(lambda tx: tx.backlog.tasks(tx.products.all()[0].id))))
    assert len(shown) == 2
    assert sum(map(len, shown)) < pull_request_text.PLANS_MAX + 500
