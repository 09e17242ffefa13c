"""GitHub's dialect: REST, version 2022-11-28, and four mutations of its GraphQL API."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from tests.forges.far import github_commits as commits
from tests.forges.far import github_shapes as shapes
from tests.forges.far.dialect import Answer, Call, Dialect, iso, page_of
from tests.forges.far.things import Hook, Issue, Label, Note, Opinion, Pull, Refused, Right, Started, Status

_REPO = "/v3/repos/{owner}/{repo}"
_RIGHTS = {Right.NONE: "none", Right.READ: "read", Right.WRITE: "write", Right.ADMIN: "admin"}
_VERDICTS = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}


def _token(headers: dict[str, str]) -> str:
    return headers.get("authorization", "").removeprefix("Bearer ").removeprefix("token ")


def _refusal(status: int, message: str) -> tuple[int, Any]:
    """A branch that is not there and a second pull request are both 422, told apart by their text."""
    if message in {"branch not found", "a pull request already exists for these branches"}:
        return 422, {"message": "Validation Failed", "errors": [{"resource": "PullRequest", "message": message}]}
    return status, {"message": message, "documentation_url": "https://docs.github.com/rest"}


def _hook(forge: Any, what: str, thing: object, secret: str) -> tuple[dict[str, str], bytes] | None:
    match what, thing:
        case "pull", Pull() as pull:
            told = {"action": pull.state, "number": pull.number, "pull_request": shapes.pull(forge, pull)}
        case "comment", Note() as note:
            told = {"action": "created", "issue": {"number": note.number}, "comment": shapes.comment(forge, note)}
        case "review", Opinion() as opinion:
            at = shapes.pull(forge, forge.pull(opinion.number))
            told = {"action": "submitted", "pull_request": at, "review": shapes.review(forge, opinion)}
        case "issue", Issue() as issue:
            told = {"action": "opened", "issue": shapes.issue(forge, issue)}
        case "status", Status(run=True) as status:
            told = {"action": "completed", "check_suite": {"head_sha": status.sha, "head_branch": None}}
        case "status", Status() as status:
            told = {"sha": status.sha, "context": status.context, "state": status.state}
        case "push", str() as branch:
            told = {"ref": f"refs/heads/{branch}", "after": forge.git.tip(branch), "commits": []}
        case _:
            return None
    body = json.dumps(told | {"repository": shapes.repository(forge)}).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-GitHub-Event": what, "X-Hub-Signature-256": f"sha256={signature}"}, body


GITHUB = Dialect("/api", _token, _refusal, lambda scopes, needed: not needed or needed in scopes, _hook)
_on = GITHUB.on


@_on("POST", "/graphql", scope="repo")
def _graphql(call: Call) -> Any:
    query, given = call.body["query"], call.body["variables"]
    node_id = given["id"] if "id" in given else given["input"]["pullRequestId"]
    number = int(node_id.removeprefix("PR_"))
    pull = call.forge.pull(number)
    if "markPullRequestReadyForReview" in query:
        pull.draft = False
        return {"data": {"markPullRequestReadyForReview": {"pullRequest": {"isDraft": False}}}}
    if "disablePullRequestAutoMerge" in query:
        pull.scheduled = None
        return {"data": {"disablePullRequestAutoMerge": {"pullRequest": {"number": number}}}}
    assert "revertPullRequest" in query
    if pull.merged_sha is None:
        return {"data": None, "errors": [{"type": "UNPROCESSABLE", "message": "it is not merged"}]}
    branch = f"revert-{number}-{pull.head}"
    call.forge.branch(branch)
    call.forge.git.revert(branch, pull.merged_sha)
    made = call.forge.open_pull(head=branch, base=pull.base, title=f'Revert "{pull.title}"', text="")
    url = f"{call.forge.url}/crew/greeter/pull/{made.number}"
    return {"data": {"revertPullRequest": {"revertPullRequest": {"url": url}}}}


@_on("GET", "/v3/user")
def _me(call: Call) -> Answer:
    scopes = {} if call.scopes is None else {"X-OAuth-Scopes": ", ".join(sorted(call.scopes))}
    return 200, shapes.myself(call.forge, call.who.login), scopes


@_on("GET", _REPO, scope="repo")
def _get_repository(call: Call) -> Any:
    if (call.of["owner"], call.of["repo"]) != ("crew", "greeter"):
        raise Refused(404, "Not Found")
    right = call.who.right
    rights = {"admin": right >= Right.ADMIN, "push": right >= Right.WRITE, "pull": right >= Right.READ}
    return shapes.whole_repository(call.forge) | {"permissions": rights}


@_on("GET", _REPO + "/pulls", scope="repo")
def _list_pulls(call: Call) -> Answer:
    wanted, head = call.query.get("state", "open"), call.query.get("head")
    states = {"open": {"open"}, "closed": {"closed", "merged"}}.get(wanted, {"open", "closed", "merged"})
    found = [pull for pull in call.forge.pulls if pull.state in states and head in {None, f"crew:{pull.head}"}]
    return page_of(call, [shapes.listed_pull(call.forge, pull) for pull in reversed(found)])


@_on("POST", _REPO + "/pulls", 201, scope="repo")
def _open(call: Call) -> Any:
    call.needs(Right.WRITE)
    said = call.body
    ends = {"head": said["head"].rpartition(":")[2], "base": said["base"], "author": call.who.login}
    pull = call.forge.open_pull(**ends, title=said["title"], text=said.get("body", ""), draft=said.get("draft", False))
    return shapes.pull(call.forge, pull)


@_on("GET", _REPO + "/pulls/{number}", scope="repo")
def _get_pull(call: Call) -> Any:
    return shapes.pull(call.forge, call.forge.pull(call.number))


@_on("PATCH", _REPO + "/pulls/{number}", scope="repo")
def _edit(call: Call) -> Any:
    call.needs(Right.WRITE)
    pull = call.forge.pull(call.number)
    pull.title, pull.text = call.body.get("title", pull.title), call.body.get("body", pull.text)
    if call.body.get("state") == "closed":
        call.forge.close(pull.number)
    return shapes.pull(call.forge, pull)


@_on("PUT", _REPO + "/pulls/{number}/merge", scope="repo")
def _merge(call: Call) -> Any:
    call.needs(Right.WRITE)
    pull = call.forge.pull(call.number)
    if pull.draft:
        raise Refused(405, "Pull Request is still a draft")
    try:
        method = call.body.get("merge_method", "merge")
        done = call.forge.merge(pull.number, sha=call.body.get("sha"), method=method)
    except Refused as refusal:
        raise Refused(405 if refusal.message == "merge conflict" else refusal.status, refusal.message) from None
    return {"sha": done.merged_sha, "merged": True, "message": "Pull Request successfully merged"}


@_on("GET", _REPO + "/pulls/{number}/reviews", scope="repo")
def _reviews(call: Call) -> Answer:
    return page_of(call, [shapes.review(call.forge, each) for each in _of(call, call.forge.opinions)])


@_on("POST", _REPO + "/pulls/{number}/reviews", scope="repo")
def _hand_in(call: Call) -> Any:
    opinion = call.forge.hand_in(call.number, call.who.login, _VERDICTS[call.body["event"]], call.body.get("body", ""))
    opinion.sha = call.body.get("commit_id") or opinion.sha
    return shapes.review(call.forge, opinion)


@_on("GET", _REPO + "/pulls/{number}/comments", scope="repo")
def _remarks(call: Call) -> Answer:
    notes = [note for note in _of(call, call.forge.notes) if note.review is not None]
    return page_of(call, [shapes.remark(call.forge, note) for note in notes])


@_on("GET", _REPO + "/commits/{ref}/status", scope="repo")
def _statuses(call: Call) -> Answer:
    forge, sha = call.forge, call.of["ref"]
    told = [each for each in forge.checks_of(sha) if not each.run]
    _, part, headers = page_of(call, told)
    return 200, commits.combined(forge, sha, part, len(told)), headers


@_on("GET", _REPO + "/commits/{ref}/check-runs", scope="repo")
def _check_runs(call: Call) -> Answer:
    runs = [each for each in call.forge.checks_of(call.of["ref"]) if each.run]
    _, part, headers = page_of(call, [commits.check_run(call.forge, each) for each in runs])
    return 200, {"total_count": len(runs), "check_runs": part}, headers


@_on("POST", _REPO + "/statuses/{sha}", 201, scope="repo")
def _set_status(call: Call) -> Any:
    call.needs(Right.WRITE)
    if not call.forge.git.has_commit(call.of["sha"]):
        raise Refused(422, "No commit found for SHA")
    said = call.body
    status = call.forge.check(
        call.of["sha"], said["context"], said["state"], said.get("description", ""), url=said.get("target_url", "")
    )
    return commits.status(call.forge, status) | {"creator": shapes.user(call.forge, call.who.login)}


@_on("GET", _REPO + "/branches/{branch*}", scope="repo")
def _branch(call: Call) -> Any:
    tip = call.forge.git.tip(call.of["branch"])
    if tip is None:
        raise Refused(404, "Branch not found")
    return commits.branch(call.forge, call.of["branch"], tip)


@_on("DELETE", _REPO + "/git/refs/{ref*}", 204, scope="repo")
def _delete_ref(call: Call) -> None:
    call.needs(Right.WRITE)
    branch = call.of["ref"].removeprefix("heads/")
    if call.forge.is_protected(branch):
        raise Refused(422, "Cannot delete protected branch")
    if call.forge.git.tip(branch) is None:
        raise Refused(422, "Reference does not exist")
    call.forge.git.delete(branch)


@_on("GET", _REPO + "/collaborators/{username}/permission", scope="repo")
def _permission(call: Call) -> Any:
    call.needs(Right.WRITE)
    account = call.forge.accounts.get(call.of["username"])
    if account is None:
        raise Refused(404, "Not Found")
    right = _RIGHTS[account.right]
    who = shapes.user(call.forge, account.login) | {"role_name": right}
    return {"permission": right, "role_name": right, "user": who}


@_on("GET", _REPO + "/issues/{number}/comments", scope="repo")
def _comments(call: Call) -> Answer:
    since = call.query.get("since", "")
    notes = [note for note in _of(call, call.forge.notes) if note.review is None and iso(note.at) >= since]
    return page_of(call, [shapes.comment(call.forge, note) for note in notes])


@_on("POST", _REPO + "/issues/{number}/comments", 201, scope="repo")
def _comment(call: Call) -> Any:
    return shapes.comment(call.forge, call.forge.say(call.number, call.who.login, call.body["body"]))


@_on("GET", _REPO + "/issues", scope="repo")
def _issues(call: Call) -> Answer:
    """Pull requests are issues as well."""
    since, state = call.query.get("since", ""), call.query.get("state", "open")
    found = [shapes.issue(call.forge, each) for each in call.forge.issues if state in {"all", each.state}]
    found += [shapes.issue_of(call.forge, pull) for pull in call.forge.pulls]
    return page_of(call, sorted((each for each in found if each["updated_at"] >= since),
                                key=lambda each: (each["updated_at"], each["number"])))  # fmt: skip


@_on("GET", _REPO + "/issues/{number}", scope="repo")
def _get_issue(call: Call) -> Any:
    return shapes.issue(call.forge, call.forge.issue(call.number))


@_on("POST", _REPO + "/actions/workflows/{workflow_id}/dispatches", 204, scope="repo")
def _dispatch(call: Call) -> None:
    call.needs(Right.WRITE)
    call.forge.started.append(Started(call.of["workflow_id"], call.body["ref"], call.body.get("inputs", {})))


@_on("GET", _REPO + "/hooks", scope="repo")
def _hooks(call: Call) -> Answer:
    call.needs(Right.ADMIN)
    return page_of(call, [shapes.hook(call.forge, each) for each in call.forge.hooks])


@_on("POST", _REPO + "/hooks", 201, scope="repo")
def _add_hook(call: Call) -> Any:
    call.needs(Right.ADMIN)
    config = call.body["config"]
    hook = Hook(call.forge.new_id(), config["url"], config["secret"], call.body["events"], call.forge.now())
    call.forge.hooks.append(hook)
    return shapes.hook(call.forge, hook)


@_on("PATCH", _REPO + "/hooks/{id}", scope="repo")
def _edit_hook(call: Call) -> Any:
    call.needs(Right.ADMIN)
    hook = next(hook for hook in call.forge.hooks if hook.id == int(call.of["id"]))
    hook.secret, hook.events = call.body["config"]["secret"], call.body["events"]
    return shapes.hook(call.forge, hook)


@_on("GET", _REPO + "/labels/{name}", scope="repo")
def _get_label(call: Call) -> Any:
    found = [label for label in call.forge.labels if label.name == call.of["name"]]
    if not found:
        raise Refused(404, "Not Found")
    return shapes.label(call.forge, found[0])


@_on("POST", _REPO + "/labels", 201, scope="repo")
def _add_label(call: Call) -> Any:
    call.needs(Right.WRITE)
    label = Label(call.forge.new_id(), call.body["name"], call.body["color"])
    call.forge.labels.append(label)
    return shapes.label(call.forge, label)


def _of(call: Call, things: list[Any]) -> list[Any]:
    return [thing for thing in things if thing.number == call.number]
