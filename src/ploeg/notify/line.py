"""One HTTP request to where notices go. It follows no redirect, and of the answer only the status counts."""

from __future__ import annotations

import ssl
from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

import httpx2

from ploeg.domain.delivery import Trouble
from ploeg.notify.base import NotifyError
from ploeg.notify.guard import public_address

SECONDS = 15.0

_WORDS = {
    401: Trouble.NO_CREDENTIALS,
    403: Trouble.NO_CREDENTIALS,
    404: Trouble.NOT_FOUND,
    410: Trouble.NOT_FOUND,
    429: Trouble.RATE_LIMITED,
}


class Line:
    """`allowed` are the private hosts that may be gone to; None: any, since an administrator wrote the URL."""

    def __init__(self, allowed: Collection[str] | None, *, seconds: float = SECONDS) -> None:
        self._allowed = allowed
        self._seconds = seconds

    async def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> None:
        """Returns when the far end took it; else `NotifyError`."""
        try:
            target = httpx2.URL(url)
        except httpx2.InvalidURL:
            raise NotifyError(Trouble.REFUSED, "its URL cannot be used") from None
        request = await self._request(target, content, {"User-Agent": "ploeg", **headers})
        try:
            async with (
                httpx2.AsyncClient(
                    verify=_certificates(), timeout=self._seconds, follow_redirects=False, trust_env=False
                ) as client,
                client.stream("POST", **request) as response,
            ):
                status, wait = response.status_code, _wait(response)
        except httpx2.HTTPError as error:
            raise NotifyError(Trouble.UNREACHABLE, f"{target.host} does not answer ({type(error).__name__})") from None
        if not 200 <= status < 300:
            trouble = Trouble.UNREACHABLE if status >= 500 else _WORDS.get(status, Trouble.REFUSED)
            raise NotifyError(trouble, f"{target.host} answered {status}", wait)

    async def _request(self, url: httpx2.URL, content: bytes, headers: dict[str, str]) -> dict[str, Any]:
        if url.scheme not in {"http", "https"} or not url.host:
            raise NotifyError(Trouble.REFUSED, "its URL begins neither with https nor with http")
        request: dict[str, Any] = {"url": url, "content": content, "headers": headers}
        if self._allowed is None:
            return request
        address = await public_address(url.host, url.scheme, url.port, self._allowed)
        if address is None:
            return request
        # To the address that was judged, under the name that was given: certificates are still checked by the name.
        request["url"] = url.copy_with(host=address)
        request["headers"] = {**headers, "Host": url.netloc.decode()}
        return {**request, "extensions": {"sni_hostname": url.host}}


@cache
def _certificates() -> ssl.SSLContext:
    """Whom to trust, read once: reading it takes longer than a request."""
    return httpx2.create_ssl_context(trust_env=False)


def _wait(response: httpx2.Response) -> float | None:
    """Seconds, as `Retry-After` says them; a date there counts as a minute."""
    said = response.headers.get("retry-after", "").strip()
    if not said:
        return None
    return float(said) if said.isdecimal() else 60.0
