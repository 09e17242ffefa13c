"""The full-text index behind one class: FTS5 in SQLite, a tsvector in PostgreSQL.

Both are given the words that `domain/search.py` makes, and queries built of such words alone: so they find the same,
and no text that somebody writes reaches a database's own query language.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import BindParameter, bindparam, text

from ploeg.domain.doc import DocStatus, Folder
from ploeg.domain.ids import DocId, ProductId
from ploeg.domain.search import Phrase, Query, words

if TYPE_CHECKING:
    from ploeg.store.transaction import Transaction

#: What PostgreSQL keeps of a word: the places up to this one, and this many of them.
_PLACE_MAX = 16_383
_PLACES_MAX = 255

_PUT = {
    "sqlite": text("INSERT INTO product_doc_search (rowid, title, body) VALUES (:key, :title, :body)"),
    "postgresql": text("INSERT INTO product_doc_search (search_key, words) VALUES (:key, CAST(:vector AS tsvector))"),
}
_REMOVE = {
    "sqlite": text("DELETE FROM product_doc_search WHERE rowid = :key"),
    "postgresql": text("DELETE FROM product_doc_search WHERE search_key = :key"),
}
_LISTS: tuple[BindParameter[Any], ...] = (bindparam("folders", expanding=True), bindparam("statuses", expanding=True))
_FIND = {
    # A word in the title weighs ten times one in the text.
    "sqlite": text(
        "SELECT d.id FROM product_doc_search s JOIN product_docs d ON d.search_key = s.rowid "
        "WHERE product_doc_search MATCH :query "
        "AND d.product_id = :product_id AND d.folder IN :folders AND d.status IN :statuses "
        "ORDER BY bm25(product_doc_search, 10.0, 1.0), d.id LIMIT :limit"
    ).bindparams(*_LISTS),
    "postgresql": text(
        "SELECT d.id FROM product_doc_search s JOIN product_docs d USING (search_key) "
        "WHERE s.words @@ CAST(:query AS tsquery) "
        "AND d.product_id = :product_id AND d.folder IN :folders AND d.status IN :statuses "
        "ORDER BY ts_rank('{0.1, 0.1, 0.1, 1.0}', s.words, CAST(:query AS tsquery), 1) DESC, d.id LIMIT :limit"
    ).bindparams(*_LISTS),
}


class SearchIndex:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def put(self, key: int, title: str, body: str) -> None:
        """Makes that document findable by these words alone."""
        self.remove(key)
        of_title, of_body = words(title), words(body)
        values: dict[str, object] = {"key": key}
        if self._tx.on_postgres:
            values["vector"] = vector(of_title, of_body)
        else:
            values |= {"title": " ".join(of_title), "body": " ".join(of_body)}
        self._tx.connection.execute(_PUT[self._tx.dialect], values)

    def remove(self, key: int) -> None:
        self._tx.connection.execute(_REMOVE[self._tx.dialect], {"key": key})

    def find(
        self, product_id: ProductId, query: Query, folders: Sequence[Folder], statuses: Sequence[DocStatus], limit: int
    ) -> list[DocId]:
        """The best matches, best first; none for a query that wants no word."""
        if not query.wanted or not folders or not statuses:
            return []
        asked = {
            "query": _tsquery(query) if self._tx.on_postgres else _match(query),
            "product_id": product_id,
            "folders": [str(folder) for folder in folders],
            "statuses": [str(status) for status in statuses],
            "limit": limit,
        }
        return [DocId(doc_id) for (doc_id,) in self._tx.connection.execute(_FIND[self._tx.dialect], asked)]


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
