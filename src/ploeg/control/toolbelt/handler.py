"""What carries out a tool: a thin function from its arguments to a verb, and from the verb's record to its result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from ploeg.control.toolbelt.caller import Caller
from ploeg.store.transaction import Transaction
from ploeg.tools.declaration import Arguments, Result

#: Gets exactly the arguments' model that it is entered under.
Handler: TypeAlias = Callable[[Transaction, Caller, Any], Result]
Handlers: TypeAlias = Mapping[type[Arguments], Handler]
