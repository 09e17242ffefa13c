"""Forgejo's dialect: REST v1."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from tests.forges.far import forgejo_shapes as shapes
from tests.forges.far.dialect import Answer, Call, Dialect, iso, page_of
from tests.forges.far.things import Hook, Issue, Label, Note, Opinion, Pull, Refused, Right, Started, Status

_REPO = "/repos/{owner}/{repo}"
_RIGHTS = {Right.NONE: "none", Right.READ: "read", Right.WRITE: "write", Right.ADMIN: "admin"}


def _token(headers: dict[str, str]) -> str:
    return headers.get("authorization", "").removeprefix("token ").removeprefix("Bearer ")


def _allows(scopes: set[str], needed: str) -> bool:
    """`write:x` includes `read:x`."""
    return needed in scopes or needed.replace("read:", "write:") in scopes or "all" in scopes


def _hook(forge: Any, what: str, thing: object, secret: str) -> tuple[dict[str, str], bytes] | None:
    repository = shapes.repository(forge, Right.ADMIN)
    match what, thing:
        case "pull", Pull() as pull:
            told = {"action": pull.state, "number": pull.number, "pull_request": shapes.pull(forge, pull)}
        case "comment", Note() as note:
            if any(pull.number == note.number for pull in forge.pulls):
                of = {"issue": {"number": note.number, "title": forge.pull(note.number).title, "pull_request": {}}}
            else:
                of = {"issue": shapes.issue(forge, forge.issue(note.number))}
            told = {"action": "created", **of, "comment": shapes.comment(forge, note), "is_pull": True}
        case "review", Opinion() as opinion:
            pull = forge.pull(opinion.number)
            told = {"action": "reviewed", "number": pull.number, "pull_request": shapes.pull(forge, pull),
                    "review": {"type": "pull_request_review_rejected", "content": opinion.text}}  # fmt: skip
        case "issue", Issue() as issue:
            told = {"action": "opened", "number": issue.number, "issue": shapes.issue(forge, issue)}
        case "status", Status() as status:
            told = {"sha": status.sha, "context": status.context, "state": status.state}
        case "push", str() as branch:
            told = {"ref": f"refs/heads/{branch}", "after": forge.git.tip(branch), "commits": []}
        case _:
            return None
    body = json.dumps(told | {"repository": repository, "sender": shapes.user(forge, "ada")}).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    kept = {"X-Gitea-Event": what, "X-Forgejo-Signature": signature, "X-Gitea-Signature": signature}
    return kept, body


FORGEJO = Dialect("/api/v1", _token, lambda status, message: (status, {"message": message}), _allows, _hook)
_on = FORGEJO.on


@_on("GET", "/user", scope="read:user")
def _me(call: Call) -> Any:
    return shapes.user(call.forge, call.who.login)


@_on("GET", _REPO, scope="read:repository")
def _get_repository(call: Call) -> Any:
    if (call.of["owner"], call.of["repo"]) != ("crew", "greeter"):
        raise Refused(404, "not found")
    return shapes.repository(call.forge, call.who.right)


@_on("GET", _REPO + "/pulls", scope="read:repository")
def _list_pulls(call: Call) -> Answer:
    wanted = call.query.get("state", "open")
    states = {"open": {"open"}, "closed": {"closed", "merged"}}.get(wanted, {"open", "closed", "merged"})
    found = [pull for pull in call.forge.pulls if pull.state in states]
    found.sort(key=lambda pull: (pull.changed_at or pull.at, pull.number), reverse=True)
    return page_of(call, [shapes.pull(call.forge, pull) for pull in found], "limit", 50)


@_on("POST", _REPO + "/pulls", 201, scope="write:repository")
def _open(call: Call) -> Any:
    call.needs(Right.READ)
    said = call.body
    pull = call.forge.open_pull(
        head=said["head"], base=said["base"], title=said["title"], text=said.get("body", ""), author=call.who.login
    )
    return shapes.pull(call.forge, pull)


@_on("GET", _REPO + "/pulls/{number}", scope="read:repository")
def _get_pull(call: Call) -> Any:
    return shapes.pull(call.forge, call.forge.pull(call.number))


@_on("PATCH", _REPO + "/pulls/{number}", 201, scope="write:repository")
def _edit(call: Call) -> Any:
    pull = call.forge.pull(call.number)
    pull.title, pull.text = call.body.get("title", pull.title), call.body.get("body", pull.text)
    if call.body.get("state") == "closed":
        if pull.state == "merged":
            raise Refused(412, "cannot change the state of a merged pull request")
        call.forge.close(pull.number)
    return shapes.pull(call.forge, pull)


@_on("POST", _REPO + "/pulls/{number}/merge", scope="write:repository")
def _merge(call: Call) -> Answer:
    call.needs(Right.WRITE, 405)
    pull = call.forge.pull(call.number)
    if pull.title.startswith(shapes.WIP):
        raise Refused(405, "Work in progress PRs cannot be merged")
    if call.body.get("merge_when_checks_succeed"):
        call.forge.schedule(pull.number, "", call.body["Do"])
        return 201, None, {}
    call.forge.merge(pull.number, sha=call.body.get("head_commit_id"), method=call.body["Do"])
    return 200, None, {}


@_on("DELETE", _REPO + "/pulls/{number}/merge", 204, scope="write:repository")
def _cancel(call: Call) -> None:
    pull = call.forge.pull(call.number)
    if pull.scheduled is None:
        raise Refused(404, "not found")
    pull.scheduled = None


@_on("GET", _REPO + "/pulls/{number}/reviews", scope="read:repository")
def _reviews(call: Call) -> Answer:
    return page_of(call, [shapes.review(call.forge, each) for each in _of(call, call.forge.opinions)], "limit", 50)


@_on("POST", _REPO + "/pulls/{number}/reviews", scope="write:repository")
def _hand_in(call: Call) -> Any:
    verdict = {"APPROVED": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED"}.get(call.body["event"], "COMMENTED")
    opinion = call.forge.hand_in(call.number, call.who.login, verdict, call.body.get("body", ""))
    opinion.sha = call.body.get("commit_id") or opinion.sha
    return shapes.review(call.forge, opinion)


@_on("GET", _REPO + "/pulls/{number}/reviews/{id}/comments", scope="read:repository")
def _remarks(call: Call) -> Any:
    return [shapes.remark(call.forge, note) for note in call.forge.notes if note.review == int(call.of["id"])]


@_on("GET", _REPO + "/commits/{ref}/status", scope="read:repository")
def _statuses(call: Call) -> Answer:
    forge, sha = call.forge, call.of["ref"]
    if not forge.checks_of(sha):
        return 200, None, {}
    _, part, headers = page_of(call, forge.checks_of(sha), "limit", 50)
    told = {"sha": sha, "state": forge.verdict(sha), "total_count": len(forge.checks_of(sha)),
            "statuses": [shapes.status(forge, each) for each in part]}  # fmt: skip
    return 200, told, headers


@_on("POST", _REPO + "/statuses/{sha}", 201, scope="write:repository")
def _set_status(call: Call) -> Any:
    call.needs(Right.WRITE)
    if not call.forge.git.has_commit(call.of["sha"]):
        raise Refused(404, "no such commit")
    said = call.body
    status = call.forge.check(
        call.of["sha"], said["context"], said["state"], said.get("description", ""), url=said.get("target_url", "")
    )
    return shapes.status(call.forge, status)


@_on("GET", _REPO + "/branches/{branch*}", scope="read:repository")
def _branch(call: Call) -> Any:
    forge, name = call.forge, call.of["branch"]
    tip = forge.git.tip(name)
    if tip is None:
        raise Refused(404, "branch does not exist")
    return {
        "name": name,
        "commit": {"id": tip, "message": "More", "url": f"{forge.url}/crew/greeter/commit/{tip}"},
        "protected": forge.is_protected(name),
        "user_can_push": call.who.right >= Right.WRITE and not forge.is_protected(name),
        "user_can_merge": call.who.right >= Right.WRITE,
    }


@_on("DELETE", _REPO + "/branches/{branch*}", 204, scope="write:repository")
def _delete_branch(call: Call) -> None:
    call.needs(Right.WRITE)
    if call.forge.is_protected(call.of["branch"]) or call.of["branch"] == call.forge.default_branch:
        raise Refused(403, "branch protected")
    call.forge.git.delete(call.of["branch"])


@_on("GET", _REPO + "/collaborators/{login}/permission", scope="read:repository")
def _permission(call: Call) -> Any:
    if call.of["login"] != call.who.login:
        call.needs(Right.ADMIN)
    account = call.forge.accounts.get(call.of["login"])
    if account is None:
        raise Refused(404, "user does not exist")
    right = _RIGHTS[account.right]
    return {"permission": right, "role_name": right, "user": shapes.user(call.forge, account.login)}


@_on("GET", _REPO + "/issues/{number}/comments", scope="read:issue")
def _comments(call: Call) -> Any:
    since = call.query.get("since", "")
    return [shapes.comment(call.forge, note) for note in _of(call, call.forge.notes)
            if note.review is None and iso(note.at) >= since]  # fmt: skip


@_on("POST", _REPO + "/issues/{number}/comments", 201, scope="write:issue")
def _comment(call: Call) -> Any:
    return shapes.comment(call.forge, call.forge.say(call.number, call.who.login, call.body["body"]))


@_on("GET", _REPO + "/issues", scope="read:issue")
def _issues(call: Call) -> Answer:
    since, state = call.query.get("since", ""), call.query.get("state", "open")
    found = [issue for issue in call.forge.issues if iso(issue.changed_at) >= since and state in {"all", issue.state}]
    return page_of(call, [shapes.issue(call.forge, issue) for issue in reversed(found)], "limit", 50)


@_on("GET", _REPO + "/issues/{number}", scope="read:issue")
def _get_issue(call: Call) -> Any:
    return shapes.issue(call.forge, call.forge.issue(call.number))


@_on("POST", _REPO + "/actions/workflows/{workflowname}/dispatches", 204, scope="write:repository")
def _dispatch(call: Call) -> None:
    call.needs(Right.WRITE)
    call.forge.started.append(Started(call.of["workflowname"], call.body["ref"], call.body.get("inputs", {})))


@_on("GET", _REPO + "/hooks", scope="read:repository")
def _hooks(call: Call) -> Answer:
    call.needs(Right.ADMIN)
    return page_of(call, [shapes.told_hook(each) for each in call.forge.hooks], "limit", 50)


@_on("POST", _REPO + "/hooks", 201, scope="write:repository")
def _add_hook(call: Call) -> Any:
    call.needs(Right.ADMIN)
    config = call.body["config"]
    hook = Hook(call.forge.new_id(), config["url"], config["secret"], call.body["events"], call.forge.now())
    call.forge.hooks.append(hook)
    return shapes.told_hook(hook)


@_on("DELETE", _REPO + "/hooks/{id}", 204, scope="write:repository")
def _drop_hook(call: Call) -> None:
    call.needs(Right.ADMIN)
    call.forge.hooks[:] = [hook for hook in call.forge.hooks if hook.id != int(call.of["id"])]


@_on("GET", _REPO + "/labels", scope="read:issue")
def _labels(call: Call) -> Answer:
    return page_of(call, [shapes.label(each) for each in call.forge.labels], "limit", 50)


@_on("POST", _REPO + "/labels", 201, scope="write:issue")
def _add_label(call: Call) -> Any:
    call.needs(Right.WRITE)
    label = Label(call.forge.new_id(), call.body["name"], call.body["color"].removeprefix("#"))
    call.forge.labels.append(label)
    return shapes.label(label)


def _of(call: Call, things: list[Any]) -> list[Any]:
    return [thing for thing in things if thing.number == call.number]
