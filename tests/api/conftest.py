"""The real application over a real SQLite file, asked in process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from ploeg.api.app import create_app
from tests.control.house import Hand, House, house, template

__all__ = ["api", "house", "template"]


@dataclass
class Api:
    """The application, and a caller who is the administrator unless another token is given."""

    house: House
    client: httpx2.AsyncClient

    async def __call__(self, method: str, path: str, *, token: str | None = "", **request: Any) -> httpx2.Response:
        """`token` None sends none."""
        headers: Mapping[str, str] = request.pop("headers", {})
        secret = self.house.secret if token == "" else token
        signed = {"Authorization": f"Bearer {secret}"} if secret is not None else {}
        where = path if path.startswith("/health") or path == "/" else f"/api/v1{path}"
        return await self.client.request(method, where, headers={**signed, **headers}, **request)

    async def ok(self, method: str, path: str, status: int = 200, **request: Any) -> Any:
        response = await self(method, path, **request)
        assert response.status_code == status, response.text
        return response.json()

    async def refused(self, status: int, method: str, path: str, **request: Any) -> dict[str, Any]:
        """What is said in a refusal."""
        response = await self(method, path, **request)
        assert response.status_code == status, response.text
        said = response.json()
        assert set(said) == {"error"}
        assert set(said["error"]) == {"code", "message", "field", "value", "remedy"}
        error: dict[str, Any] = said["error"]
        return error

    def worker(self, instance: str = "one", **offer: Any) -> tuple[Hand, dict[str, Any]]:
        """A worker, and what it says of itself."""
        hand = self.house.hand(instance, **offer)
        info = {"instance": instance, "hostname": instance, "pid": 1, "version": "1", "runtimes": ["patch"], **offer}
        return hand, info


@pytest.fixture
async def api(house: House) -> AsyncIterator[Api]:
    transport = httpx2.ASGITransport(create_app(house.plane))
    async with httpx2.AsyncClient(transport=transport, base_url="http://ploeg.test") as client:
        yield Api(house, client)
