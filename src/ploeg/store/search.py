"""The full-text indexes behind one class: FTS5 in SQLite, a tsvector in PostgreSQL.

Both are given the words that `domain/search.py` makes, and queries built of such words alone: so they find the same,
and no text that somebody writes reaches a database's own query language.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import BindParameter, bindparam, text

from ploeg.domain.search import Phrase, Query, words
from ploeg.store.tables import search

if TYPE_CHECKING:
    from ploeg.store.transaction import Transaction

#: What PostgreSQL keeps of a word: the places up to this one, and this many of them.
_PLACE_MAX = 16_383
_PLACES_MAX = 255

_PUT = {
    "sqlite": "INSERT INTO {table} (rowid, title, body) VALUES (:key, :title, :body)",
    "postgresql": "INSERT INTO {table} (search_key, words) VALUES (:key, CAST(:vector AS tsvector))",
}
_REMOVE = {
    "sqlite": "DELETE FROM {table} WHERE rowid = :key",
    "postgresql": "DELETE FROM {table} WHERE search_key = :key",
}
_FIND = {
    # A word in the title weighs ten times one in the text.
    "sqlite": "SELECT {found} FROM {table} s JOIN {items} d ON d.{key} = s.rowid "
    "WHERE {table} MATCH :query AND {narrowed} ORDER BY bm25({table}, 10.0, 1.0), {found} LIMIT :limit",
    "postgresql": "SELECT {found} FROM {table} s JOIN {items} d ON d.{key} = s.search_key "
    "WHERE s.words @@ CAST(:query AS tsquery) AND {narrowed} "
    "ORDER BY ts_rank('{{0.1, 0.1, 0.1, 1.0}}', s.words, CAST(:query AS tsquery), 1) DESC, {found} LIMIT :limit",
}


class Indexed:
    """One table of words, and the statements over it: what it finds, and by which lists the finds can be narrowed."""

    def __init__(self, table: str, *, items: str, key: str, found: str, narrowed: str, lists: Sequence[str]) -> None:
        words = {"table": table, "items": items, "key": key, "found": found, "narrowed": narrowed}
        expanded: list[BindParameter[Any]] = [bindparam(name, expanding=True) for name in lists]
        self.put = {dialect: text(put.format(**words)) for dialect, put in _PUT.items()}
        self.remove = {dialect: text(remove.format(**words)) for dialect, remove in _REMOVE.items()}
        self.find = {dialect: text(find.format(**words)).bindparams(*expanded) for dialect, find in _FIND.items()}


DOCS = Indexed(
    search.DOCS,
    items="product_docs",
    key="search_key",
    found="d.id",
    narrowed="d.product_id IN :product_ids AND d.folder IN :folders AND d.status IN :statuses",
    lists=("product_ids", "folders", "statuses"),
)
BACKLOG = Indexed(
    search.BACKLOG,
    items="backlog_search_items",
    key="key",
    found="d.item_id",
    narrowed="d.product_id IN :product_ids",
    lists=("product_ids",),
)


class SearchIndex:
    def __init__(self, tx: Transaction, indexed: Indexed) -> None:
        self._tx = tx
        self._indexed = indexed

    def put(self, key: int, title: str, body: str) -> None:
        """Makes what has that key findable by these words alone."""
        self.remove(key)
        of_title, of_body = words(title), words(body)
        values: dict[str, object] = {"key": key}
        if self._tx.on_postgres:
            values["vector"] = vector(of_title, of_body)
        else:
            values |= {"title": " ".join(of_title), "body": " ".join(of_body)}
        self._tx.connection.execute(self._indexed.put[self._tx.dialect], values)

    def remove(self, key: int) -> None:
        self._tx.connection.execute(self._indexed.remove[self._tx.dialect], {"key": key})

    def find(self, query: Query, limit: int, **lists: Sequence[str]) -> list[str]:
        """The ids of the best matches, best first; none for a query that wants no word, or with an empty list."""
        if not query.wanted or not all(lists.values()):
            return []
        asked = {"query": _tsquery(query) if self._tx.on_postgres else _match(query), "limit": limit, **lists}
        return list(self._tx.connection.execute(self._indexed.find[self._tx.dialect], asked).scalars())


def _match(query: Query) -> str:
    def quoted(phrase: Phrase) -> str:
        return '"' + " ".join(phrase) + '"'

    wanted = " AND ".join("(" + " OR ".join(map(quoted, choices)) + ")" for choices in query.wanted)
    return f"({wanted})" + "".join(f" NOT {quoted(phrase)}" for phrase in query.unwanted)


def _tsquery(query: Query) -> str:
    def chained(phrase: Phrase) -> str:
        return "(" + " <-> ".join(f"'{word}'" for word in phrase) + ")"

    wanted = " & ".join("(" + " | ".join(map(chained, choices)) + ")" for choices in query.wanted)
    return wanted + "".join(f" & !{chained(phrase)}" for phrase in query.unwanted)


def vector(title: Sequence[str], body: Sequence[str]) -> str:
    """A `tsvector`: each word with its places; the title's are marked `A`. A gap keeps phrases from reaching across."""
    places: dict[str, list[str]] = {}
    for place, word in enumerate(title, 1):
        places.setdefault(word, []).append(f"{place}A")
    for place, word in enumerate(body, len(title) + 2):
        found = places.setdefault(word, [])
        if place <= _PLACE_MAX and len(found) < _PLACES_MAX:
            found.append(str(place))
        elif not found:
            found.append(str(_PLACE_MAX))
    return " ".join(f"'{word}':{','.join(at)}" for word, at in places.items())
