"""Where a link of a doc leads: decided when it is read, so that a doc which comes or goes changes no stored link.

A link names a doc as `slug`, `slug.md`, `FOLDER/slug`, a relative path, or by its `ploeg-doc://` address. What has a
scheme of its own, or the ending of another kind of file, leads elsewhere and is no link between docs.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote

from ploeg.domain.doc import Folder

_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//")
_OWN = "ploeg-doc://"
_OTHER_FILE = re.compile(r"\.(?!md$)[a-zA-Z0-9]{1,8}$")


class LinkState(StrEnum):
    RESOLVED = "resolved"
    #: No such doc, or the doc has no such heading.
    BROKEN = "broken"
    #: Several folders have a doc of that name.
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class Link:
    """A link as a doc's text has it: `folder` None where it names no folder, `anchor` empty where no heading."""

    href: str
    folder: str | None
    slug: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Lead:
    """Where a link leads."""

    state: LinkState
    #: The doc's folder, if it is resolved; the choices, if it is ambiguous.
    folders: tuple[Folder, ...] = ()


def link_to(href: str, product_code: str) -> Link | None:
    """The link to a doc of that product that this is; None if it leads elsewhere, or to a heading of its own doc."""
    path, _, anchor = href.partition("#")
    here = f"{_OWN}{product_code}/"
    if path.startswith(here):
        path = path[len(here) :]
    elif _SCHEME.match(path):
        return None
    parts = [part for part in unquote(path).split("/") if part not in {"", ".", ".."}]
    if not parts or _OTHER_FILE.search(parts[-1]):
        return None
    folder = parts[-2].upper() if len(parts) > 1 else None
    return Link(href, folder, parts[-1].removesuffix(".md").strip().lower(), unquote(anchor).lower())


def follow(link: Link, home: Folder, docs: Mapping[str, Collection[Folder]]) -> Lead:
    """Where a link in a doc of folder `home` leads; `docs` has the folders of each slug. Headings are not looked at."""
    folders = docs.get(link.slug, ())
    if link.folder is not None:
        found = [folder for folder in folders if folder == link.folder]
    else:
        found = [home] if home in folders else list(folders)
    if len(found) == 1:
        return Lead(LinkState.RESOLVED, (found[0],))
    return Lead(LinkState.AMBIGUOUS, tuple(sorted(found))) if found else Lead(LinkState.BROKEN)
