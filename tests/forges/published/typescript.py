"""GitHub's and GitLab's published types, held against exchanges by TypeScript's own checker.

GitHub publishes a description of its API, and types made from it. GitLab's are those of a client;
they name most fields of an answer, and python-gitlab those of a request.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from tests.forges.far.things import Exchange

_GITHUB = """
import type { paths } from "@octokit/openapi-types";
type Query<O> = O extends { parameters: { query?: infer Q } } ? Q : never;
type Body<O> = O extends { requestBody?: infer R }
  ? NonNullable<R> extends { content: { "application/json": infer B } } ? B : never : never;
type Answer<O, S> = O extends { responses: infer R }
  ? S extends keyof R ? R[S] extends { content: { "application/json": infer A } } ? A : null : never : never;
"""
_GITLAB = """
import type * as gitlab from "@gitbeaker/core";
type Known<T> = { [K in keyof T as string extends K ? never : K]?: T[K] };
"""
#: Only the answers: what GitLab calls each thing that it tells.
_GITLAB_ANSWERS = {
    ("GET", "/user"): "ExpandedUserSchema",
    ("GET", "/users"): "UserSchema[]",
    ("GET", "/personal_access_tokens/self"): "PersonalAccessTokenSchema",
    ("GET", "/projects/{}"): "ProjectSchema",
    ("GET", "/projects/{}/members/all/{}"): "MemberSchema",
    ("GET", "/projects/{}/merge_requests"): "MergeRequestSchema[]",
    ("POST", "/projects/{}/merge_requests"): "ExpandedMergeRequestSchema",
    ("GET", "/projects/{}/merge_requests/{}"): "ExpandedMergeRequestSchema",
    ("PUT", "/projects/{}/merge_requests/{}"): "ExpandedMergeRequestSchema",
    ("PUT", "/projects/{}/merge_requests/{}/merge"): "ExpandedMergeRequestSchema",
    ("GET", "/projects/{}/merge_requests/{}/notes"): "MergeRequestNoteSchema[]",
    ("POST", "/projects/{}/merge_requests/{}/notes"): "MergeRequestNoteSchema",
    ("GET", "/projects/{}/merge_requests/{}/reviewers"): "MergeRequestReviewerSchema[]",
    ("GET", "/projects/{}/repository/commits/{}/statuses"): "CommitStatusSchema[]",
    ("POST", "/projects/{}/statuses/{}"): "CommitStatusSchema",
    ("GET", "/projects/{}/repository/branches/{}"): "BranchSchema",
    ("POST", "/projects/{}/repository/branches"): "BranchSchema",
    ("POST", "/projects/{}/repository/commits/{}/revert"): "CommitSchema",
    ("GET", "/projects/{}/issues"): "IssueSchema[]",
    ("GET", "/projects/{}/issues/{}"): "IssueSchema",
    ("POST", "/projects/{}/issues/{}/notes"): "IssueNoteSchema",
    ("GET", "/projects/{}/hooks"): "ProjectHookSchema[]",
    ("POST", "/projects/{}/hooks"): "ProjectHookSchema",
    ("PUT", "/projects/{}/hooks/{}"): "ProjectHookSchema",
    ("GET", "/projects/{}/labels"): "LabelSchema[]",
    ("POST", "/projects/{}/labels"): "LabelSchema",
    ("POST", "/projects/{}/pipeline"): "ExpandedPipelineSchema",
}


def github_faults(exchanges: Iterable[Exchange], packages: Path, folder: Path) -> list[str]:
    """Where they are not as GitHub's description says; its GraphQL API is not in it."""
    lines, wrong = [_GITHUB], []
    for n, each in enumerate(each for each in exchanges if each.template != "/graphql"):
        path = _github_paths(packages).get(_shape(each.template.removeprefix("/v3")))
        if path is None:
            wrong.append(f"{each.template} is not described")
            continue
        of = f'paths["{path}"]["{each.method.lower()}"]'
        lines.append(f"const answer{n}: Answer<{of}, {each.status}> = {json.dumps(each.answer)};")
        if each.query:
            query = {name: int(value) if value.isdecimal() else value for name, value in each.query.items()}
            lines.append(f"const query{n}: Query<{of}> = {json.dumps(query)};")
        if each.body:
            lines.append(f"const body{n}: Body<{of}> = {json.dumps(each.body)};")
    return wrong + _checked(lines, packages, folder)


def gitlab_faults(exchanges: Iterable[Exchange], packages: Path, folder: Path) -> list[str]:
    """Where the answers are not as the types of GitLab's things say."""
    lines = [_GITLAB]
    for n, each in enumerate(each for each in exchanges if each.answer is not None):
        name = _GITLAB_ANSWERS.get((each.method, _shape(each.template)))
        if name is not None:
            one = f"Known<gitlab.{name.removesuffix('[]')}>"
            kind = f"{one}[]" if name.endswith("[]") else one
            # Where something may be null, the types do not say.
            told = json.dumps(each.answer).replace(": null", ": null!")
            lines.append(f"const answer{n}: {kind} = {told};")
    return _checked(lines, packages, folder)


def _checked(lines: list[str], packages: Path, folder: Path) -> list[str]:
    file = folder / "exchanges.ts"
    file.write_text("\n".join(lines) + "\nexport {};\n")
    (folder / "node_modules").symlink_to(packages)
    options = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "nodenext"]
    done = subprocess.run(
        ["node", str(packages / "typescript" / "bin" / "tsc"), *options, str(file)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    return list(_faults(done.stdout, file.read_text().splitlines()))


def _faults(said: str, lines: list[str]) -> Iterator[str]:
    """What the checker said, each with the line that it is about."""
    for line in said.splitlines():
        number = re.match(r"\S+\((\d+),", line)
        yield f"{line}\n  {lines[int(number[1]) - 1][:200]}" if number else line


@cache
def _github_paths(packages: Path) -> dict[str, str]:
    text = (packages / "@octokit" / "openapi-types" / "types.d.ts").read_text()
    return {_shape(path): path for path in re.findall(r'^  "(/[^"]*)": \{', text, re.M)}


def _shape(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)
