"""Other people's clients get along with the tests' forge, so it is no mirror of Ploeg's own."""

from __future__ import annotations

import warnings

import gitlab as python_gitlab
import pytest
from clientapi_forgejo import ApiClient, Configuration, IssueApi, RepositoryApi, UserApi
from clientapi_forgejo import models as forgejo_models
from github import Auth, Github
from github.GithubException import GithubException

from tests.forges.fake import TOKEN, FakeForge

BRANCH = "ploeg/ST-001-a1b2c3d4"


def test_pygithub_opens_reviews_checks_and_merges(github: FakeForge) -> None:
    sha = github.push(BRANCH, {"greet.py": "print('hello')\n"})
    client = Github(
        base_url=f"{github.url}/api/v3",
        auth=Auth.Token(TOKEN),
        retry=None,
        seconds_between_requests=None,
        seconds_between_writes=None,
    )
    assert client.get_user().login == "robot"
    repository = client.get_repo("crew/greeter")
    pull = repository.create_pull(base="trunk", head=BRANCH, title="Greet", body="Say hello.", draft=True)
    with pytest.raises(GithubException, match="already exists"):
        repository.create_pull(base="trunk", head=BRANCH, title="Greet", body="")
    assert [each.number for each in repository.get_pulls(state="open", head=f"crew:{BRANCH}")] == [pull.number]
    pull.mark_ready_for_review()
    pull.edit(body="Say hello to all.")
    pull.create_issue_comment("I am at it.")
    github.hand_in(pull.number, "ada", "CHANGES_REQUESTED", "Hm.", (("greet.py", 1, "two l"),))
    assert [(each.user.login, each.state) for each in pull.get_reviews()] == [("ada", "CHANGES_REQUESTED")]
    assert [each.path for each in pull.get_review_comments()] == ["greet.py"]
    commit_status = repository._requester.requestJsonAndCheck(
        "POST", f"/repos/crew/greeter/statuses/{sha}", input={"state": "success", "context": "tests"}
    )[1]
    assert commit_status["state"] == "success"
    assert repository.get_branch(BRANCH).commit.sha == sha
    assert repository.get_collaborator_permission("ada") == "write"
    repository.create_hook("web", {"url": "https://ploeg.test", "content_type": "json", "secret": "s"}, ["push"])
    assert [hook.config["url"] for hook in repository.get_hooks()] == ["https://ploeg.test"]
    with pytest.raises(GithubException) as moved:
        pull.merge(sha="0" * 40)
    assert moved.value.status == 409
    assert pull.merge(sha=sha, merge_method="squash").sha == github.git.tip("trunk")
    assert repository.get_pull(pull.number).merged
    client.close()


def test_python_gitlab_opens_reviews_checks_and_merges(gitlab: FakeForge) -> None:
    forge = gitlab
    sha = forge.push(BRANCH, {"greet.py": "print('hello')\n"})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        client = python_gitlab.Gitlab(forge.url, private_token=TOKEN)
        client.auth()
    assert client.user is not None
    assert client.user.username == "robot"
    project = client.projects.get("crew/greeter")
    asked = {"source_branch": BRANCH, "target_branch": "trunk", "title": "Draft: Greet"}
    request = project.mergerequests.create(asked)
    with pytest.raises(python_gitlab.exceptions.GitlabCreateError, match="already exists"):
        project.mergerequests.create(asked)
    request.title = "Greet"
    request.save()
    request.notes.create({"body": "I am at it."})
    assert [note.body for note in request.notes.list(get_all=True)] == ["I am at it."]
    commit = project.commits.get(sha, lazy=True)
    commit.statuses.create({"state": "success", "name": "tests"})
    assert [status.status for status in commit.statuses.list(get_all=True)] == ["success"]
    assert project.branches.get(BRANCH).commit["id"] == sha
    project.hooks.create({"url": "https://ploeg.test", "token": "s", "merge_requests_events": True})
    project.labels.create({"name": "ploeg", "color": "#5319e7"})
    project.pipelines.create({"ref": "trunk"})
    with pytest.raises(python_gitlab.exceptions.GitlabMRClosedError):
        request.merge(sha="0" * 40)
    request.merge(sha=sha)
    assert project.mergerequests.get(request.iid).state == "merged"
    assert forge.git.tip("trunk") != sha


def test_a_forgejo_client_opens_reviews_checks_and_merges(forgejo: FakeForge) -> None:
    sha = forgejo.push(BRANCH, {"greet.py": "print('hello')\n"})
    configuration = Configuration(host=f"{forgejo.url}/api/v1", api_key={"AuthorizationHeaderToken": f"token {TOKEN}"})
    with ApiClient(configuration) as client:
        repository, issues = RepositoryApi(client), IssueApi(client)
        assert UserApi(client).user_get_current().login == "robot"
        wanted = forgejo_models.CreatePullRequestOption(head=BRANCH, base="trunk", title="Greet", body="Say hello.")
        pull = repository.repo_create_pull_request("crew", "greeter", wanted)
        assert pull.head is not None
        assert (pull.number, pull.head.sha, pull.mergeable) == (1, sha, True)
        issues.issue_create_comment("crew", "greeter", 1, forgejo_models.CreateIssueCommentOption(body="I am at it."))
        forgejo.hand_in(1, "ada", "CHANGES_REQUESTED", "Hm.", (("greet.py", 1, "two l"),))
        (review,) = repository.repo_list_pull_reviews("crew", "greeter", 1)
        assert review.id is not None
        assert [each.path for each in repository.repo_get_pull_review_comments("crew", "greeter", 1, review.id)] == [
            "greet.py"
        ]
        status = forgejo_models.CreateStatusOption(context="tests", state="success")
        repository.repo_create_status("crew", "greeter", sha, status)
        assert repository.repo_get_combined_status_by_ref("crew", "greeter", sha).state == "success"
        merge = forgejo_models.MergePullRequestOption(Do="squash", head_commit_id=sha)
        repository.repo_merge_pull_request("crew", "greeter", 1, merge)
        done = repository.repo_get_pull_request("crew", "greeter", 1)
    assert done.merged
    assert done.merge_commit_sha == forgejo.git.tip("trunk")
