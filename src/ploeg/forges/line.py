"""The line to a forge: one request, its JSON answer, and every failure folded into few words.

A token goes into one header of requests to one host; a redirect is never followed, so it goes nowhere else.
"""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Mapping
from functools import cache
from types import TracebackType
from typing import Any, Self

import httpx2
import structlog

from ploeg.domain.delivery import Trouble
from ploeg.forges.base import ForgeError

log = structlog.get_logger("ploeg.forges")

SECONDS = 15.0
#: Bytes of an answer that are read.
ANSWER_MAX = 8 * 1024 * 1024
#: Items that a page of a list is asked to have; Forgejo gives no more than this.
PAGE = 50
PAGES_MAX = 40
_TEXT_MAX = 300

_WORDS = {
    401: Trouble.NO_CREDENTIALS,
    403: Trouble.REFUSED,
    404: Trouble.NOT_FOUND,
    409: Trouble.CONFLICT,
    429: Trouble.RATE_LIMITED,
}


class Line:
    """To one forge's API, whose URL ends without a slash."""

    def __init__(self, api: str, headers: Mapping[str, str], token: str, *, seconds: float = SECONDS) -> None:
        self._api = api
        self._token = token
        self._client = httpx2.AsyncClient(
            headers={"Accept": "application/json", "User-Agent": "ploeg", **headers},
            timeout=seconds,
            follow_redirects=False,
            trust_env=False,
            verify=_authorities(),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def ask(self, method: str, path: str, body: Any = None, **query: str | int) -> Any:
        """The JSON of the answer, None of an empty one; `path` begins with a slash, or is a whole URL of the API."""
        return (await self.ask_all(method, path, body, **query))[0]

    async def ask_all(
        self, method: str, path: str, body: Any = None, **query: str | int
    ) -> tuple[Any, Mapping[str, str]]:
        """Its headers as well."""
        url = path if path.startswith("http") else self._api + path
        try:
            async with self._client.stream(method, url, json=body, params=query or None) as response:
                content = await _content(response)
        except httpx2.HTTPError as error:
            raise ForgeError(Trouble.UNREACHABLE, f"{self._host} {silence(error)}") from None
        if not response.is_success:
            raise self._refusal(response, content)
        try:
            return (json.loads(content) if content.strip() else None), response.headers
        except ValueError:
            raise ForgeError(Trouble.UNREACHABLE, f"{self._host} answered with something else than JSON") from None

    async def pages(
        self, path: str, *, within: str = "", size: str = "per_page", whole: bool = True, **query: str | int
    ) -> list[Any]:
        """All items of a list; `within` names the field that holds it, `size` the parameter for a page's length.

        A `ForgeError` for one that is longer than `PAGES_MAX`; its first part, if it need not be `whole`.
        """
        items: list[Any] = []
        for page in range(1, PAGES_MAX + 1):
            told, headers = await self.ask_all("GET", path, **{size: PAGE}, page=page, **query)
            # Forgejo says null where there is nothing to list.
            listed = ((told or {}).get(within) if within else told) or []
            items += listed
            if not listed or not more(headers, len(items)):
                return items
        longer = f"{self._host} has more than {PAGES_MAX} pages of {path.rpartition('/')[2]}"
        if whole:
            raise ForgeError(Trouble.REFUSED, longer)
        log.warning("the rest is not read", reason=longer, path=path)
        return items

    def without_token(self, text: str) -> str:
        return text.replace(self._token, "«redacted»") if self._token else text

    @property
    def _host(self) -> str:
        return httpx2.URL(self._api).netloc.decode()

    def _refusal(self, response: httpx2.Response, content: bytes) -> ForgeError:
        status = response.status_code
        trouble = Trouble.UNREACHABLE if status >= 500 else _WORDS.get(status, Trouble.REFUSED)
        wait = _wait(response)
        if status == 403 and (wait is not None or response.headers.get("x-ratelimit-remaining") == "0"):
            trouble = Trouble.RATE_LIMITED
        said = self.without_token(_said(content))
        moved = "it moved; put the repository's present URL into the product" if response.is_redirect else said
        return ForgeError(trouble, f"{self._host} answered {status}" + (f": {moved}" if moved else ""), wait)


@cache
def _authorities() -> ssl.SSLContext:
    """Whose certificates are believed. To read them takes longer than most requests."""
    return httpx2.create_ssl_context(trust_env=False)


def silence(error: httpx2.HTTPError) -> str:
    """Why there was no answer, as far as people can do something about it."""
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "shows a certificate that this machine does not believe; add its authority to the system's own"
    return f"does not answer ({type(error).__name__})"


def more(headers: Mapping[str, str], so_far: int) -> bool:
    """Whether a list goes on behind this page. The address that is named there is not used."""
    count = headers.get("x-total-count", "")
    return 'rel="next"' in headers.get("link", "") or (count.isdecimal() and int(count) > so_far)


async def _content(response: httpx2.Response) -> bytes:
    chunks, size = [], 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if size > ANSWER_MAX:
            raise ForgeError(Trouble.REFUSED, f"the forge's answer is longer than {ANSWER_MAX} bytes")
        chunks.append(chunk)
    return b"".join(chunks)


def _wait(response: httpx2.Response) -> float | None:
    """Seconds, as `Retry-After` says them (a date there counts as a minute), or else until the limit begins anew."""
    said = response.headers.get("retry-after", "").strip()
    if said:
        return float(said) if said.isdecimal() else 60.0
    headers = response.headers
    left = headers.get("x-ratelimit-remaining", headers.get("ratelimit-remaining", ""))
    anew = headers.get("x-ratelimit-reset", headers.get("ratelimit-reset", ""))
    return max(1.0, int(anew) - time.time()) if left == "0" and anew.isdecimal() else None


def _said(content: bytes) -> str:
    """What the forge gives as its reason, in one line."""
    try:
        told = json.loads(content)
    except ValueError:
        return ""
    if not isinstance(told, dict):
        return ""
    texts: list[Any] = []
    for part in (told.get("message") or told.get("error"), told.get("errors")):
        texts += part if isinstance(part, list) else [part]
    said = [text.get("message") if isinstance(text, dict) else text for text in texts]
    return " ".join(" ".join(str(text) for text in said if text).split())[:_TEXT_MAX]
