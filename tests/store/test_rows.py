"""Records are made of cells as the driver gives them: each type of each table of records must be known there."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import pytest
from sqlalchemy import Interval

import ploeg.store
from ploeg.domain.errors import Invalid
from ploeg.store.dialects import POSTGRESQL, SQLITE
from ploeg.store.rows import Shape
from ploeg.store.store import Store
from ploeg.store.tables.types import reader

MODULES = [import_module(f"ploeg.store.{found.name}") for found in iter_modules(ploeg.store.__path__)]
SHAPES = {
    f"{shape.noun} in {shape.table.name}": shape
    for module in MODULES
    for shape in vars(module).values()
    if isinstance(shape, Shape)
}


def test_there_are_tables_of_records() -> None:
    assert {"job in jobs", "task in tasks", "sprint in sprints"} <= set(SHAPES)


@pytest.mark.parametrize("dialect", [SQLITE, POSTGRESQL])
@pytest.mark.parametrize("name", SHAPES)
def test_every_type_of_its_columns_is_known(name: str, dialect: str) -> None:
    SHAPES[name].decoder(dialect)


def test_a_type_that_nobody_thought_of_is_not_passed_on_as_it_comes() -> None:
    with pytest.raises(NotImplementedError, match="Interval"):
        reader(Interval(), SQLITE)


@pytest.mark.parametrize("name", SHAPES)
def test_a_record_that_is_not_there_is_none(store: Store, name: str) -> None:
    shape: Shape[Any] = SHAPES[name]
    assert store.read_blocking(lambda tx: shape.get(tx, "nobody")) is None
    with pytest.raises(Invalid, match="NUL"):
        store.read_blocking(lambda tx: shape.get(tx, "no\0body"))
