"""Tools in the words of the Model Context Protocol, the same at both endpoints.

Imported by the endpoints alone, and late: the protocol's types take time and memory.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import mcp_types as types

from ploeg.tools.declaration import Tool


@cache
def declared(tool: Tool) -> types.Tool:
    """The tool as a client lists it. Made once: describing all arguments and results takes a tenth of a second."""
    return types.Tool(
        name=tool.name,
        description=tool.description,
        input_schema=tool.arguments.model_json_schema(),
        output_schema=tool.result.model_json_schema(mode="serialization"),
        annotations=types.ToolAnnotations(read_only_hint=not tool.writes, open_world_hint=False),
    )


def answered(result: Mapping[str, Any]) -> types.CallToolResult:
    """A result: structured, and as text for clients that read nothing else."""
    text = json.dumps(result, indent=2, ensure_ascii=False)
    return types.CallToolResult(content=[types.TextContent(text=text)], structured_content=dict(result))


def refused(text: str) -> types.CallToolResult:
    """A refusal, which the agent reads and can mend."""
    return types.CallToolResult(content=[types.TextContent(text=text)], is_error=True)
