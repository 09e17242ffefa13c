"""Active hours of products as time goes on: each product's open span is moved on when it is over.

The claim goes by the span alone. One that nobody moved on is over, so no job begins out of hours.
"""

from __future__ import annotations

from ploeg.control.products.product_fields import opened
from ploeg.store.transaction import Transaction


def over(tx: Transaction) -> bool:
    closes = tx.products.next_close()
    return closes is not None and closes <= tx.now


def move_on(tx: Transaction) -> None:
    """Every span that is over becomes the next one."""
    for product in tx.products.with_ended_span(tx.now):
        tx.products.update(product.evolve(**opened(product.active_hours, tx.now)))
