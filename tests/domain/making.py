"""Records for the domain's tests, with what a test does not care about filled in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ploeg.domain.access import Principal, Scope, Token, TokenKind, User
from ploeg.domain.attempt import Attempt, Phase
from ploeg.domain.backlog import Story, Task
from ploeg.domain.ids import AttemptId, JobId, PbiId, ProductId, QuestionId, StoryId, TaskId, TokenId, UserId, WorkerId
from ploeg.domain.job import Job, JobStatus
from ploeg.domain.product import Product
from ploeg.domain.question import Question

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def a_job(status: JobStatus = JobStatus.QUEUED, **fields: Any) -> Job:
    base: dict[str, Any] = {
        "id": JobId("job_1"),
        "number": 128,
        "kind": "TASK_IMPLEMENTATION",
        "status": status,
        "product_id": ProductId("prd_1"),
        "requested_by": UserId("usr_1"),
        "runtime": "patch",
        "created_at": NOW,
    }
    return Job(**base | fields)


def an_attempt(**fields: Any) -> Attempt:
    base: dict[str, Any] = {
        "id": AttemptId("att_1"),
        "job_id": JobId("job_1"),
        "number": 1,
        "worker_id": WorkerId("wrk_1"),
        "runtime": "patch",
        "phase": Phase.PREPARE,
        "claimed_at": NOW,
        "lease_until": NOW,
    }
    return Attempt(**base | fields)


def a_task(**fields: Any) -> Task:
    base: dict[str, Any] = {
        "id": TaskId("tsk_1"),
        "story_id": StoryId("sto_1"),
        "product_id": ProductId("prd_1"),
        "code": "T-41",
        "title": "Add a button",
        "implementation_plan": "Edit `src/x.py`.",
        "sort_order": 1.0,
        "created_at": NOW,
    }
    return Task(**base | fields)


def a_story(**fields: Any) -> Story:
    base: dict[str, Any] = {
        "id": StoryId("sto_1"),
        "pbi_id": PbiId("pbi_1"),
        "product_id": ProductId("prd_1"),
        "code": "ST-001",
        "title": "The button",
        "sort_order": 1.0,
        "created_at": NOW,
    }
    return Story(**base | fields)


def a_product(**fields: Any) -> Product:
    base: dict[str, Any] = {
        "id": ProductId("prd_1"),
        "owner_id": UserId("usr_1"),
        "name": "The shop",
        "code": "shop",
        "repo_url": "https://forge.example/shop.git",
        "definition_of_done": "",
        "created_at": NOW,
    }
    return Product(**base | fields)


def a_token(**fields: Any) -> Token:
    base: dict[str, Any] = {
        "id": TokenId("tok_1"),
        "user_id": UserId("usr_1"),
        "kind": TokenKind.PERSONAL,
        "label": "laptop",
        "scopes": frozenset({Scope.READ}),
        "hint": "plg_usr_abc",
        "created_at": NOW,
    }
    return Token(**base | fields)


def a_principal(*scopes: Scope, is_admin: bool = False, is_demo: bool = False) -> Principal:
    return Principal(
        user=User(id=UserId("usr_1"), username="anna", is_admin=is_admin, is_demo=is_demo),
        token_id=TokenId("tok_1"),
        token_kind=TokenKind.PERSONAL,
        scopes=frozenset(scopes),
    )


def a_question(**fields: Any) -> Question:
    base: dict[str, Any] = {
        "id": QuestionId("que_1"),
        "number": 3,
        "product_id": ProductId("prd_1"),
        "story_id": StoryId("sto_1"),
        "job_id": JobId("job_1"),
        "attempt_id": AttemptId("att_1"),
        "question": "Which colour?",
        "asked_at": NOW,
        "expires_at": NOW + timedelta(hours=24),
    }
    return Question(**base | fields)
