"""Full-text search, as far as it is the same on every database: what a word is, what a query asks, what is shown.

A query is read as on the web: all words must be there, `"a phrase"` stands as written, `or` gives a choice, `-word`
must not be there. Every other sign is white space, so that no query is an error.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

WORD_MAX = 64
SNIPPET = 240

_WORD = re.compile(r"[^\W_]+")
_PIECE = re.compile(r'(-?)"([^"]*)"?|(\S+)')
#: Of one query; more words than these are not looked at.
_TERMS_MAX = 32

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """Each of `wanted` must be there, as one of its phrases; none of `unwanted`. Without `wanted` nothing is found."""

    wanted: tuple[tuple[Phrase, ...], ...]
    unwanted: tuple[Phrase, ...]


def words(text: str) -> list[str]:
    """The words of a text as they are compared: in small letters, without accents."""
    return [word[:WORD_MAX] for word in _WORD.findall(_folded(text))]


def read_query(text: str) -> Query:
    wanted: list[list[Phrase]] = []
    unwanted: list[Phrase] = []
    choice = False
    for piece in list(_PIECE.finditer(text))[:_TERMS_MAX]:
        bare = piece[3] or ""
        if bare.casefold() in {"or", "|"}:
            choice = bool(wanted)
            continue
        phrase = tuple(words(piece[2] if piece[3] is None else bare))
        if not phrase:
            continue
        if piece[1] or bare.startswith("-"):
            unwanted.append(phrase)
        elif choice:
            wanted[-1].append(phrase)
        else:
            wanted.append([phrase])
        choice = False
    return Query(tuple(tuple(choices) for choices in wanted), tuple(unwanted))


def first_match(text: str, query: Query) -> int:
    """The character at which the first of the query's words stands; 0 if they stand only elsewhere, e.g. in a title."""
    starts = {phrase[0] for choices in query.wanted for phrase in choices}
    return next((match.start() for match in _WORD.finditer(text) if _folded(match[0])[:WORD_MAX] in starts), 0)


def snippet(text: str, at: int) -> str:
    """Some words around that place, on one line."""
    start = max(0, at - SNIPPET // 3)
    end = min(len(text), start + SNIPPET)
    cut = " ".join(text[start:end].split())
    return ("…" if start else "") + cut + ("…" if end < len(text) else "")


def _folded(text: str) -> str:
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return text.casefold()
