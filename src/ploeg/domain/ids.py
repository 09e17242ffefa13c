"""The types of identifiers: opaque strings, `prefix_` and 26 characters of Crockford base32 over a UUIDv7."""

from __future__ import annotations

from typing import NewType

UserId = NewType("UserId", str)
TokenId = NewType("TokenId", str)
ProductId = NewType("ProductId", str)
PbiId = NewType("PbiId", str)
StoryId = NewType("StoryId", str)
TaskId = NewType("TaskId", str)
JobId = NewType("JobId", str)
AttemptId = NewType("AttemptId", str)
WorkerId = NewType("WorkerId", str)
DocId = NewType("DocId", str)
RevisionId = NewType("RevisionId", str)
QuestionId = NewType("QuestionId", str)
TodoId = NewType("TodoId", str)
IdeaId = NewType("IdeaId", str)
SprintId = NewType("SprintId", str)
SprintRunId = NewType("SprintRunId", str)
ScheduleId = NewType("ScheduleId", str)
ExecutionId = NewType("ExecutionId", str)
DeliveryId = NewType("DeliveryId", str)
ReceiverId = NewType("ReceiverId", str)
NoticeId = NewType("NoticeId", str)
ForgeActionId = NewType("ForgeActionId", str)
PullId = NewType("PullId", str)
RemarkId = NewType("RemarkId", str)
