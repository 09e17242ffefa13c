"""A private idea and a todo are their owner's alone: swept through every door there is, whoever administers what."""

from __future__ import annotations

import asyncio
import re

import pytest

from ploeg.api.app import people_app
from ploeg.api.description import describe
from ploeg.api.doors import OPEN, WORK
from ploeg.control.backlog import todos
from ploeg.control.ideas import idea_chat, idea_jobs, ideas
from ploeg.control.people import people
from ploeg.control.products import products
from ploeg.control.queue.submit import Wish
from ploeg.control.stream import Filter, Stream
from ploeg.domain.idea_step import Step
from tests.api.conftest import Api
from tests.control.agent import IdeaAgent
from tests.control.idea_words import a_hand, a_product

pytestmark = pytest.mark.anyio

SECRET = "moonbase"
#: What the names in paths stand for.
FILLED = {"product": "demo", "job": "J-1", "question": "Q-1", "idea": "ada:IDEA-1", "todo": "TD-1"}
STREAM = "/api/v1/events"


async def set_up(api: Api) -> dict[str, str]:
    """Ada has an idea that a job asks and talks about, and a todo. The secrets of all who may look around."""
    house = api.house
    a_product(house)
    who = {name: house.person(name) for name in ("ada", "bob", "vic", "sue")}
    for name, role in (("ada", "member"), ("bob", "owner"), ("vic", "viewer")):
        house.write(products.set_member, house.admin, "demo", name, role)
    idea = house.write(ideas.add, who["ada"], f"A {SECRET}", description=SECRET, product="demo")
    house.write(idea_chat.say, who["ada"], house.installation, idea.id, f"{SECRET}?")
    agent = IdeaAgent(house, a_hand(house))
    agent.end("reported_failed", reason=f"no {SECRET} here")
    house.write(idea_jobs.take_step, who["ada"], house.installation, idea.id, Step.GRILL, Wish(instruction=SECRET))
    agent = IdeaAgent(house, a_hand(house))
    agent.call("log_idea_decision", content=f"the {SECRET} is white", type="DECISION")
    agent.ask(f"Is the {SECRET} round?")
    house.write(todos.add, who["ada"], f"buy a {SECRET}", {"product": "demo"})
    made = {name: house.write(people.make_token, actor, "x").secret for name, actor in who.items()}
    return {**made, "admin": house.secret}


def doors(api: Api) -> list[str]:
    """The path of everything that there is to look at, the stream apart."""
    paths = describe(people_app(api.house.plane))["paths"]
    found = [path for path, methods in paths.items() if "get" in methods and not path.startswith(WORK)]
    return [path for path in found if path not in OPEN | {STREAM}]


async def looks(api: Api, token: str, paths: list[str]) -> dict[str, str]:
    """What each of these doors shows."""
    shown = {}
    for path in paths:
        place = re.sub(r"{(\w+)}", lambda found: FILLED.get(found[1], "x"), path)
        response = await api.client.get(place, headers={"Authorization": f"Bearer {token}"})
        assert response.status_code < 500, (place, response.text)
        shown[path] = response.text
    return shown


async def test_nobody_else_sees_a_private_idea_or_a_todo_through_any_door(api: Api) -> None:
    tokens = await set_up(api)
    paths = doors(api)
    own = await looks(api, tokens.pop("ada"), paths)
    assert sum(SECRET in text for text in own.values()) >= 12, [p for p, t in own.items() if SECRET in t]
    for name, token in tokens.items():
        for path, text in (await looks(api, token, paths)).items():
            assert SECRET not in text, (name, path)


async def test_nobody_else_hears_of_a_private_idea_or_a_todo(api: Api) -> None:
    tokens = await set_up(api)
    house = api.house
    heard = {}
    for name, token in tokens.items():
        opened = Stream(house.plane, token, Filter())
        await opened.open(0)
        async with asyncio.timeout(10):
            seen = await anext(opened.events())
        heard[name] = [event for event in seen if SECRET in str(event.data)]
    assert {event.type for event in heard.pop("ada")} >= {"idea.changed", "todo.changed", "question.asked"}
    assert heard == {"admin": [], "bob": [], "vic": [], "sue": []}
