"""An agent's brain: which tool answers (`Router`), what it answers (`Tool`), in words (`Voice`).

`brain_here(tools)` takes MiniLM and SmolLM2 where their weights are installed (`./course models`)
and rule-based stand-ins elsewhere; every record (`Act`) names which. `Endpoint` is any server that
speaks OpenAI's chat completions. `serve` offers the tools to other programs (MCP).
"""

from aicrypto.agents.brain.acting import Act, Brain, brain_here, check
from aicrypto.agents.brain.endpoint import BadReply, Endpoint
from aicrypto.agents.brain.routing import Encoder, HashedWords, Route, Router, Sentences
from aicrypto.agents.brain.serving import NoMcp, ask, serve
from aicrypto.agents.brain.tools import Tool, ToolError
from aicrypto.agents.brain.voices import Prompt, RuleVoice, Said, SmolVoice, Voice, smol_voice

__all__ = [
    "Act",
    "BadReply",
    "Brain",
    "Encoder",
    "Endpoint",
    "HashedWords",
    "NoMcp",
    "Prompt",
    "Route",
    "Router",
    "RuleVoice",
    "Said",
    "Sentences",
    "SmolVoice",
    "Tool",
    "ToolError",
    "Voice",
    "ask",
    "brain_here",
    "check",
    "serve",
    "smol_voice",
]
