"""`python -m ploeg.patcher ORDERS`: carries out the orders in that file, in the current directory.

Ends with 0 once the job is closed, whichever way, and with 1 if it could not speak to the attempt's tools.
"""

from __future__ import annotations

import sys
from pathlib import Path

import anyio

from ploeg import __version__
from ploeg.patcher import speech
from ploeg.patcher.endpoint import Unreachable, connected
from ploeg.patcher.orders import Orders
from ploeg.patcher.work import carry_out


async def main(path: Path) -> int:
    try:
        orders = Orders.read(path)
        speech.session(orders.session_id, __version__)
        async with connected(orders.url, orders.token, call_limit=orders.call_limit) as tools:
            last_words = await carry_out(orders, tools)
    except (ValueError, Unreachable) as error:
        speech.finished(str(error), is_error=True)
        return 1
    speech.metered()
    speech.finished(last_words)
    return 0


if __name__ == "__main__":
    sys.exit(anyio.run(main, Path(sys.argv[1])))
