"""What the worker's tests share."""

from __future__ import annotations

import pytest

from tests.worker.far_end import FarEnd


@pytest.fixture
def far_end() -> FarEnd:
    return FarEnd()
