"""A forge's issues as drafts, from its JSON: of `gh issue list --json …`, or of GitHub's, Forgejo's or Gitea's API.

An issue is a story, its milestone a backlog item. What it takes to do it is for people to plan.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from ploeg.control.docs.text import kept_json
from ploeg.domain.draft import DraftPbi, Drafts, DraftStory, DraftTask, fit
from ploeg.domain.errors import Invalid
from ploeg.domain.plan import PROSE_MAX, TITLE_MAX

Issue = Mapping[str, Any]


def read(files: dict[str, str], name: str | None) -> Drafts:
    """`name` is the repository, where an issue's own URL does not say it; the file's name if left out."""
    groups: dict[tuple[str, str], list[DraftStory]] = {}
    texts: dict[tuple[str, str], str | None] = {}
    pulls = 0
    for path, text in files.items():
        for issue in _issues(path, text):
            if issue.get("pull_request"):
                pulls += 1
                continue
            repository = _repository(issue) or name or PurePosixPath(path).stem
            milestone = issue.get("milestone") if isinstance(issue.get("milestone"), dict) else {}
            group = (repository, _text(milestone, "title"))
            groups.setdefault(group, []).append(_story(path, issue, repository))
            texts[group] = fit(_text(milestone, "description"), PROSE_MAX)
    pbis = tuple(_pbi(*group, texts[group], stories) for group, stories in groups.items())
    return Drafts(pbis, (f"{pulls} pull requests are left out",) if pulls else ())


def _issues(path: str, text: str) -> Iterator[Issue]:
    try:
        found = kept_json(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise Invalid("files", path, f"this is not JSON: {error}") from None
    if not isinstance(found, list) or not all(isinstance(issue, dict) for issue in found):
        raise Invalid(
            "files", path, "give a JSON list of issues, as the forge's API or `gh issue list --json` writes it"
        )
    for place, issue in enumerate(found, 1):
        if type(issue.get("number")) is not int or not isinstance(issue.get("title"), str):
            raise Invalid("files", path, f"issue {place} of the list lacks its number or its title")
        yield issue


def _pbi(repository: str, milestone: str, description: str | None, stories: list[DraftStory]) -> DraftPbi:
    title = milestone or f"Issues of {repository}"
    key = f"milestone:{milestone}" if milestone else "no milestone"
    ordered = sorted(stories, key=lambda story: int(story.source.rpartition("#")[2]))
    return DraftPbi(
        source=f"issues:{repository}/{key}",
        title=title[:TITLE_MAX],
        description=description,
        stories=tuple(ordered),
    )


def _story(path: str, issue: Issue, repository: str) -> DraftStory:
    source = f"issues:{repository}#{issue['number']}"
    title = " ".join(issue["title"].split())[:TITLE_MAX] or f"Issue {issue['number']}"
    closed = _text(issue, "state").lower() == "closed"
    labels = _names(issue, "labels", "name")
    whole = [_text(issue, "body").replace("\r\n", "\n").strip()]
    whole += [f"Labels: {', '.join(labels)}"] if labels else []
    url = _url(issue)
    tail = f"From {url}" if url else f"From {path}, number {issue['number']}"
    description = fit("\n\n".join(part for part in whole if part), PROSE_MAX - len(tail) - 2)
    return DraftStory(
        source=source,
        title=title,
        description=f"{description}\n\n{tail}" if description else tail,
        assignees=tuple(_names(issue, "assignees", "login")),
        done=closed,
        tasks=(DraftTask(source=f"{source}/closed", title=title, done=True),) if closed else (),
    )


def _repository(issue: Issue) -> str | None:
    """`forge.example/me/shop`, from an issue's own page."""
    try:
        parts = urlsplit(_url(issue))
    except ValueError:
        return None
    path = parts.path.strip("/").split("/")
    if not parts.netloc or len(path) < 4 or path[-2] != "issues":
        return None
    # GitLab has a dash between a project and its pages.
    return f"{parts.netloc}/{'/'.join(path[:-2]).removesuffix('/-')}"


def _url(issue: Issue) -> str:
    """The page of the issue: `html_url` of an API, `url` of `gh`."""
    url = _text(issue, "html_url") or _text(issue, "url")
    return url if url.startswith(("https://", "http://")) and url.isprintable() else ""


def _names(issue: Issue, field: str, name: str) -> list[str]:
    found = issue.get(field)
    return [_text(each, name) for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _text(of: Any, field: str) -> str:
    found = of.get(field) if isinstance(of, dict) else None
    return found if isinstance(found, str) else ""
