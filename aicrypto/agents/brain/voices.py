"""What puts an agent's answer into words: a small language model, or rules where there is none.

`SmolVoice` is SmolLM2-135M, greedy, in float32 on one thread: the same words again on the same
machine. Another kernel may prefer another word where two are nearly equally likely, so a stranger
does not compare words: `agrees` runs the model over the words that were said, and asks whether each
was likely there and whether the last hidden states are those committed to (TOPLOC).

`RuleVoice` fills sentences in. It is no model, and every record says so.

Neither is asked what is true: the tool's answer stands beside the words in the record.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from torch import Tensor

    from aicrypto.models.smollm2 import Loaded

MAX_TOKENS = 48
MAX_CHARACTERS, MAX_PROMPT = 16_384, 4096  # of a prompt, which strangers write; tokens
MAX_GAP = 0.5  # nats between the word said and the likeliest: twice what another kernel may move
WITH_TOOL = "{name} answers: {answer}"
WITHOUT_TOOL = "None of my tools fits that question."


@dataclass(frozen=True)
class Prompt:
    """What is to be put into words.

    Attributes:
        question: of the client.
        tool: name of the tool that answered, None where none did.
        answer: of the tool, as JSON.
    """

    question: str
    tool: str | None = None
    answer: str = ""

    @property
    def messages(self) -> list[dict[str, str]]:
        """The conversation that a language model is shown."""
        known = f"\nThe tool {self.tool} answered: {self.answer}" if self.tool else ""
        asked = f"{self.question}{known}\nReply in one short sentence."
        return [{"role": "user", "content": asked}]


@dataclass(frozen=True)
class Said:
    """Words, and what a model leaves behind with them.

    Attributes:
        text: the words.
        ids: their tokens; none where there is no model, or a stranger's.
        activations: commitments to the last hidden states, one per 32 tokens.
    """

    text: str
    ids: tuple[int, ...] = ()
    activations: tuple[bytes, ...] = ()


class Voice(Protocol):
    """What puts answers into words."""

    @property
    def name(self) -> str:
        """What every record calls it."""

    @property
    def digest(self) -> str:
        """SHA-256, in hex, of what it consists of."""

    def say(self, prompt: Prompt) -> Said:
        """Words for it."""

    def agrees(self, prompt: Prompt, said: Said) -> bool | None:
        """Whether this voice would have said so; None where nobody can tell."""


@dataclass(frozen=True)
class RuleVoice:
    """The stand-in: two sentences to fill in, no model."""

    name: str = "rule-based stand-in: filled-in sentences"

    @property
    def digest(self) -> str:
        """SHA-256 of the sentences."""
        return hashlib.sha256(f"{WITH_TOOL}\0{WITHOUT_TOOL}".encode()).hexdigest()

    def say(self, prompt: Prompt) -> Said:
        """The sentence, filled in."""
        if prompt.tool is None:
            return Said(WITHOUT_TOOL)
        return Said(WITH_TOOL.format(name=prompt.tool, answer=prompt.answer))

    def agrees(self, prompt: Prompt, said: Said) -> bool:
        """Whether the words are the very same."""
        return said == self.say(prompt)


@dataclass(frozen=True, eq=False)
class SmolVoice:
    """A language model that answers greedily.

    Attributes:
        loaded: model, tokenizer and file (`aicrypto.models.smollm2.load`).
        digest: of the weights.
        count: at most so many tokens.
        name: of the model.
    """

    loaded: "Loaded"
    digest: str
    count: int = MAX_TOKENS
    name: str = "SmolLM2-135M-Instruct, greedy, float32"

    def say(self, prompt: Prompt) -> Said:
        """The model's reply, and commitments to its last hidden states.

        Raises:
            ValueError: if the prompt is too long: every token looks at all before it.
        """
        from aicrypto.models import one_thread, smollm2
        from aicrypto.opml.phases import commit

        asked = self._ids(prompt)
        with one_thread():
            said = smollm2.generate(self.loaded.model, asked, self.count)
            proofs = commit(self._hidden(asked, said))
        return Said(self.loaded.tokenizer.decode(said), tuple(said), proofs)

    def agrees(self, prompt: Prompt, said: Said) -> bool:
        """Whether every token was likely enough, and the hidden states are the ones committed to.

        A reply ends where the model ends it, or is as long as may be: a part of one is none.
        Cost: one forward pass over prompt and reply, not one per token.
        """
        from aicrypto.opml.phases import verify

        tokenizer = self.loaded.tokenizer
        known = range(len(tokenizer.tokens))
        if not self._is_whole(said.ids) or any(i not in known for i in said.ids):
            return False
        hidden = self._hidden(self._ids(prompt), said.ids)
        logits = hidden @ self.loaded.model.token_embd.weight.T
        chosen = logits.gather(1, logits.new_tensor(said.ids).long()[:, None])[:, 0]
        likely = bool((logits.max(1).values - chosen <= MAX_GAP).all())
        is_text = said.text == tokenizer.decode(said.ids)
        return likely and is_text and verify(hidden, said.activations)

    def _is_whole(self, ids: Sequence[int]) -> bool:
        """Whether a reply ends with the first token that ends it, or for its length."""
        from aicrypto.models.smollm2 import STOP

        ends = [place for place, token in enumerate(ids, 1) if token in STOP]
        return len(ids) == (*ends, self.count)[0] <= self.count

    def _ids(self, prompt: Prompt) -> list[int]:
        tokenizer = self.loaded.tokenizer
        chat = tokenizer.chat(prompt.messages)
        ids: list[int] = tokenizer.encode(chat) if len(chat) <= MAX_CHARACTERS else []
        if not 0 < len(ids) <= MAX_PROMPT:
            raise ValueError(
                f"prompt has {len(chat)} characters, must have <= {MAX_CHARACTERS}"
                f" and make <= {MAX_PROMPT} tokens"
            )
        return ids

    def _hidden(self, asked: Sequence[int], said: Sequence[int]) -> "Tensor":
        """The last hidden states from which each token of the reply came: [tokens, width]."""
        import torch

        from aicrypto.models import one_thread

        ids = torch.tensor(
            [[*asked, *said[:-1]]], device=self.loaded.model.token_embd.weight.device
        )
        with one_thread(), torch.no_grad():
            hidden: Tensor = self.loaded.model.hidden(ids)[0, len(asked) - 1 :]
        return hidden


def smol_voice(device: str = "cpu", load: Callable[[str], Any] | None = None) -> SmolVoice:
    """SmolLM2's voice.

    Raises:
        Missing: saying how to install the weights, where they are not.
    """
    from aicrypto.models import packages, smollm2

    loaded = (load or smollm2.load)(device)
    return SmolVoice(loaded, packages.SMOLLM2.digest)


def voice_here() -> Voice:
    """SmolLM2 where its weights are installed, the stand-in elsewhere."""
    from aicrypto.models import available

    return smol_voice() if available()["smollm2"] else RuleVoice()
