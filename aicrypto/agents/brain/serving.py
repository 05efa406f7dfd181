"""An agent's tools for any other program: the Model Context Protocol (MCP).

    server = serve(tools)                  # of the package `mcp`, over any of its transports
    await ask(server, "add", {"a": 1})     # its client, in this process: list, then call

The package is optional (`pip install 'mcp>=2'`). Arguments are held against the tool's own schema
on our side too: the client is a stranger. A tool that refuses answers with `isError` and the
reason, as the protocol wants, so that the caller's model can read it.
Source: modelcontextprotocol.io, tools/list and tools/call; package mcp 2.3.0.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from aicrypto.agents.brain.tools import Tool, ToolError, by_name

HOW = "mcp is missing: pip install 'mcp>=2'"
NAME, VERSION = "aicrypto-agent", "1"


class NoMcp(ValueError):
    """The package `mcp` is not installed; the message says how to install it."""


@dataclass(frozen=True)
class Answer:
    """What a call through the protocol gave.

    Attributes:
        offered: names of the tools that the server lists.
        text: the answer as JSON, or why the tool refused.
        is_error: whether it refused.
    """

    offered: tuple[str, ...]
    text: str
    is_error: bool


def serve(tools: Sequence[Tool], name: str = NAME) -> Any:
    """An MCP server of the tools (`mcp.server.Server`); run it over any transport.

    Raises:
        NoMcp: where the package is not installed.
    """
    _demand_package()
    package, types = import_module("mcp.server"), import_module("mcp_types")
    named = by_name(tools)

    async def list_tools(_: Any, __: Any) -> Any:
        """Answers tools/list."""
        offered = [
            types.Tool(name=t.name, description=t.about, input_schema=t.schema) for t in tools
        ]
        return types.ListToolsResult(tools=offered)

    async def call_tool(_: Any, params: Any) -> Any:
        """Answers tools/call."""
        text, is_error = _outcome(named, params.name, params.arguments or {})
        content = [types.TextContent(type="text", text=text)]
        return types.CallToolResult(content=content, is_error=is_error)

    return package.Server(name, version=VERSION, on_list_tools=list_tools, on_call_tool=call_tool)


async def ask(server: Any, name: str, arguments: Mapping[str, Any]) -> Answer:
    """What the package's own client gets from a server (an object, or the URL of one).

    Raises:
        NoMcp: where the package is not installed.
    """
    _demand_package()
    async with import_module("mcp").Client(server) as client:
        offered = tuple(tool.name for tool in (await client.list_tools()).tools)
        result = await client.call_tool(name, dict(arguments))
    text = "".join(getattr(part, "text", "") for part in result.content)
    return Answer(offered, text, bool(result.is_error))


def _outcome(named: Mapping[str, Tool], name: str, given: Mapping[str, Any]) -> tuple[str, bool]:
    """The answer's text, and whether it is a refusal."""
    from aicrypto.agents.brain.acting import canonical

    if name not in named:
        return f"unknown tool {name!r}, there are {sorted(named)}", True
    try:
        return canonical(named[name].call(given)).decode(), False
    except ToolError as error:
        return str(error), True


def _demand_package() -> None:
    if find_spec("mcp_types") is None:  # which version 1 did not have
        raise NoMcp(HOW)
