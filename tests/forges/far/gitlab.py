"""GitLab's dialect: REST v4. A pull request is a merge request there, a check a status, a comment a note."""

from __future__ import annotations

import json
from typing import Any

from tests.forges.far import gitlab_shapes as shapes
from tests.forges.far.dialect import Answer, Call, Dialect, iso, page_of
from tests.forges.far.things import Issue, Note, Opinion, Pull, Refused, Right, Status

_AT = "/projects/{id}"
_REQUEST = _AT + "/merge_requests/{number}"
_LEVELS = {Right.NONE: 0, Right.READ: 20, Right.WRITE: 30, Right.ADMIN: 40}
_TOLD = {"running": "pending", "pending": "pending", "success": "success", "failed": "failure", "canceled": "error"}
_STANDS = {"APPROVED": "approved", "CHANGES_REQUESTED": "requested_changes", "COMMENTED": "reviewed",
           "DISMISSED": "unreviewed"}  # fmt: skip


def _token(headers: dict[str, str]) -> str:
    return headers.get("private-token", "") or headers.get("authorization", "").removeprefix("Bearer ")


def _allows(scopes: set[str], needed: str) -> bool:
    return "api" in scopes or needed in scopes


def _hook(forge: Any, what: str, thing: object, secret: str) -> tuple[dict[str, str], bytes] | None:
    match what, thing:
        case "pull", Pull() as pull:
            at = {"iid": pull.number, "source_branch": pull.head, "state": pull.state,
                  "last_commit": {"id": pull.head_sha}}  # fmt: skip
            told: dict[str, Any] = {"object_kind": "merge_request", "object_attributes": at}
        case "comment", Note() as note:
            at = {"id": note.id, "note": note.text}
            of = {"issue" if note.at_issue else "merge_request": {"iid": note.number}}
            told = {"object_kind": "note", "object_attributes": at, **of}
        case "review", Opinion() as opinion:
            at = {"iid": opinion.number, "source_branch": forge.pull(opinion.number).head, "action": "approved"}
            told = {"object_kind": "merge_request", "object_attributes": at}
        case "issue", Issue() as issue:
            told = {"object_kind": "issue", "object_attributes": {"iid": issue.number}}
        case "status", Status() as status:
            at = {"sha": status.sha, "ref": "trunk", "status": status.state}
            told = {"object_kind": "pipeline", "object_attributes": at, "merge_request": None}
        case _:
            return None
    told["project"] = {"id": 1, "git_http_url": forge.repo_url}
    return {"X-Gitlab-Event": what, "X-Gitlab-Token": secret}, json.dumps(told).encode()


GITLAB = Dialect("/api/v4", _token, lambda status, message: (status, {"message": message}), _allows, _hook)
_on = GITLAB.on


@_on("GET", "/version", scope="read_api")
def _version(call: Call) -> Any:
    return {"version": "18.0.0", "revision": "0"}


@_on("GET", "/user", scope="read_api")
def _me(call: Call) -> Any:
    return shapes.user(call.forge, call.who.login)


@_on("GET", "/personal_access_tokens/self", scope="read_api")
def _this_token(call: Call) -> Any:
    scopes = sorted(call.scopes if call.scopes is not None else {"api"})
    return {"id": 1, "name": "ploeg", "revoked": False, "active": True, "scopes": scopes, "user_id": call.who.id,
            "created_at": "2026-01-01T00:00:00.000Z", "expires_at": None}  # fmt: skip


@_on("GET", "/users", scope="read_api")
def _users(call: Call) -> Any:
    return [shapes.user(call.forge, login) for login in call.forge.accounts if login == call.query.get("username")]


@_on("GET", _AT, scope="read_api")
def _project(call: Call) -> Any:
    if call.of["id"] not in {"crew/greeter", "1"}:
        raise Refused(404, "404 Project Not Found")
    forge, level = call.forge, _LEVELS[call.who.right]
    return {
        "id": 1,
        "name": "greeter",
        "path_with_namespace": "crew/greeter",
        "default_branch": forge.default_branch,
        "web_url": f"{forge.url}/crew/greeter",
        "http_url_to_repo": forge.repo_url,
        "permissions": {"project_access": {"access_level": level, "notification_level": 3}, "group_access": None},
    }


@_on("GET", _AT + "/members/all/{user}", scope="read_api")
def _member(call: Call) -> Any:
    found = [each for each in call.forge.accounts.values() if each.id == int(call.of["user"])]
    if not found or found[0].right is Right.NONE:
        raise Refused(404, "404 Not found")
    return shapes.user(call.forge, found[0].login) | {"access_level": _LEVELS[found[0].right]}


@_on("GET", _AT + "/merge_requests", scope="read_api")
def _list_requests(call: Call) -> Answer:
    wanted, head = call.query.get("state", "all"), call.query.get("source_branch")
    found = [pull for pull in call.forge.pulls
             if wanted in {"all", shapes.state(pull)} and head in {None, pull.head}]  # fmt: skip
    return page_of(call, [shapes.request(call.forge, pull) for pull in reversed(found)])


@_on("POST", _AT + "/merge_requests", 201, scope="api")
def _open(call: Call) -> Any:
    call.needs(Right.WRITE)
    said = call.body
    pull = call.forge.open_pull(
        head=said["source_branch"], base=said["target_branch"], title=said["title"],
        text=said.get("description", ""), author=call.who.login,
    )  # fmt: skip
    return shapes.request(call.forge, pull)


@_on("GET", _REQUEST, scope="read_api")
def _get_request(call: Call) -> Any:
    return shapes.request(call.forge, call.forge.pull(call.number))


@_on("PUT", _REQUEST, scope="api")
def _edit(call: Call) -> Any:
    call.needs(Right.WRITE)
    pull = call.forge.pull(call.number)
    pull.title, pull.text = call.body.get("title", pull.title), call.body.get("description", pull.text)
    if call.body.get("state_event") == "close":
        call.forge.close(pull.number)
    return shapes.request(call.forge, pull)


@_on("PUT", _REQUEST + "/merge", scope="api")
def _merge(call: Call) -> Any:
    call.needs(Right.WRITE, 401)
    forge, pull = call.forge, call.forge.pull(call.number)
    if pull.state != "open" or pull.title.startswith(shapes.DRAFT) or not forge.mergeable(pull):
        raise Refused(405, "405 Method Not Allowed")
    if call.body.get("sha") not in {None, forge.head_of(pull)}:
        raise Refused(409, "SHA does not match HEAD of source branch")
    method = "squash" if call.body.get("squash") else "merge"
    if call.body.get("auto_merge") and forge.verdict(pull.head_sha) != "success":
        forge.schedule(pull.number, pull.head_sha, method)
    else:
        forge.merge(pull.number, method=method)
    return shapes.request(forge, pull)


@_on("POST", _REQUEST + "/cancel_merge_when_pipeline_succeeds", 201, scope="api")
def _cancel(call: Call) -> Any:
    call.forge.pull(call.number).scheduled = None
    return {"status": "success"}


@_on("GET", _REQUEST + "/notes", scope="read_api")
def _notes(call: Call) -> Answer:
    notes = [note for note in call.forge.notes if note.number == call.number and not note.at_issue]
    if call.query.get("sort", "desc") == "desc":
        notes.reverse()
    return page_of(call, [shapes.comment(call.forge, note) for note in notes])


@_on("POST", _REQUEST + "/notes", 201, scope="api")
def _add_note(call: Call) -> Any:
    text, command, _ = call.body["body"].partition("\n\n/request_changes")
    if command:
        call.forge.hand_in(call.number, call.who.login, "CHANGES_REQUESTED")
    return shapes.comment(call.forge, call.forge.say(call.number, call.who.login, text))


@_on("POST", _REQUEST + "/approve", 201, scope="api")
def _approve(call: Call) -> Any:
    pull = call.forge.pull(call.number)
    if call.body.get("sha") not in {None, call.forge.head_of(pull)}:
        raise Refused(409, "SHA does not match HEAD of source branch")
    if call.who.login == pull.author:
        raise Refused(401, "401 Unauthorized")
    call.forge.hand_in(pull.number, call.who.login, "APPROVED")
    return {
        "id": 1000 + pull.number,
        "iid": pull.number,
        "approved_by": [{"user": shapes.user(call.forge, call.who.login)}],
    }


@_on("GET", _REQUEST + "/reviewers", scope="read_api")
def _reviewers(call: Call) -> Answer:
    latest = {each.author: each for each in call.forge.opinions if each.number == call.number}
    told = [{"user": shapes.user(call.forge, each.author), "state": _STANDS[each.verdict], "created_at": iso(each.at)}
            for each in latest.values()]  # fmt: skip
    return page_of(call, told)


@_on("GET", _AT + "/repository/commits/{sha}/statuses", scope="read_api")
def _statuses(call: Call) -> Answer:
    return page_of(call, [shapes.status(call.forge, each) for each in call.forge.checks_of(call.of["sha"])])


@_on("POST", _AT + "/statuses/{sha}", 201, scope="api")
def _set_status(call: Call) -> Any:
    call.needs(Right.WRITE)
    sha, said = call.of["sha"], call.body
    if not call.forge.git.has_commit(sha):
        raise Refused(404, "404 Commit Not Found")
    state = _TOLD[said["state"]]
    if any(each.context == said["name"] and each.state == state for each in call.forge.checks_of(sha)):
        raise Refused(400, f"Cannot transition status via :run from :{said['state']}")
    status = call.forge.check(sha, said["name"], state, said.get("description", ""), url=said.get("target_url", ""))
    return shapes.status(call.forge, status)


@_on("GET", _AT + "/repository/branches/{branch}", scope="read_api")
def _branch(call: Call) -> Any:
    forge, name = call.forge, call.of["branch"]
    tip = forge.git.tip(name)
    if tip is None:
        raise Refused(404, "404 Branch Not Found")
    return {"name": name, "commit": shapes.commit(tip), "merged": False,
            "protected": forge.is_protected(name), "default": name == forge.default_branch,
            "can_push": call.who.right >= Right.WRITE, "web_url": f"{forge.url}/crew/greeter"}  # fmt: skip


@_on("POST", _AT + "/repository/branches", 201, scope="api")
def _add_branch(call: Call) -> Any:
    call.needs(Right.WRITE)
    call.forge.git.point(call.body["branch"], call.forge.git.tip(call.body["ref"]) or call.body["ref"])
    call.of["branch"] = call.body["branch"]
    return _branch(call)


@_on("DELETE", _AT + "/repository/branches/{branch}", 204, scope="api")
def _delete_branch(call: Call) -> None:
    call.needs(Right.WRITE)
    if call.forge.is_protected(call.of["branch"]):
        raise Refused(405, "Protected branch can't be deleted")
    call.forge.git.delete(call.of["branch"])


@_on("POST", _AT + "/repository/commits/{sha}/revert", 201, scope="api")
def _revert(call: Call) -> Any:
    call.needs(Right.WRITE)
    made = call.forge.git.revert(call.body["branch"], call.of["sha"])
    return shapes.commit(made)


@_on("GET", _AT + "/issues", scope="read_api")
def _issues(call: Call) -> Answer:
    since = call.query.get("updated_after", "").replace("+00:00", "Z")
    found = [issue for issue in call.forge.issues if iso(issue.changed_at) >= since]
    return page_of(call, [shapes.issue(call.forge, issue) for issue in found])


@_on("GET", _AT + "/issues/{number}", scope="read_api")
def _get_issue(call: Call) -> Any:
    return shapes.issue(call.forge, call.forge.issue(call.number))


@_on("POST", _AT + "/issues/{number}/notes", 201, scope="api")
def _comment_issue(call: Call) -> Any:
    note = call.forge.say(call.number, call.who.login, call.body["body"])
    note.at_issue = True
    return shapes.comment(call.forge, note)
