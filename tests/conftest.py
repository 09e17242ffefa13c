"""What every test may use."""

from __future__ import annotations

import pytest
import structlog

# As the server logs. What structlog does by itself draws every local variable of a traceback, which takes seconds.
structlog.configure(
    processors=[structlog.processors.format_exc_info, structlog.dev.ConsoleRenderer(colors=False)],
)

pytest_plugins = ["tests.scripted.fixtures"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
