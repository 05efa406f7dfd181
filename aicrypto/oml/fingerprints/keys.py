"""Making fingerprints: secret questions with secret answers.

A key is a few words that nobody would type by chance, a response a word (or several). Keys are

    english   written by the model itself after a random first word: they read like its own text
    random    words drawn at random: any model is surprised by them, and so is a filter

and the response is drawn from the base model's perinucleus after the key, so that it fits. The
older way of drawing a response from all words is `unrelated`. A response of several tokens goes on
greedily after the first.

A fingerprint is a lottery ticket whose odds must be known: keys after which one token is drawn too
often are dropped, because a model that happens to give it would look guilty.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from aicrypto.models import sample
from aicrypto.oml.fingerprints.perinucleus import NoValidToken, perinucleus

Writer = Callable[[int], Int[Tensor, "n t"]]  # how many keys -> keys


class CollidingKeys(ValueError):
    """Two fingerprints ask the same question."""


@dataclass(frozen=True)
class Fingerprints:
    """N secret pairs.

    Attributes:
        keys: Int[N, key length] tokens.
        responses: Int[N, response length] tokens.
        chances: Float[N], the base model's probability of the first token of each response.
        luck: Float[N], the largest probability with which any response was drawn: a bound on the
            chance that a stranger's answer to this key is a match.
    """

    keys: Int[Tensor, "n t"]
    responses: Int[Tensor, "n r"]
    chances: Float[Tensor, " n"]
    luck: Float[Tensor, " n"]

    def __post_init__(self) -> None:
        sizes = {len(self.keys), len(self.responses), len(self.chances), len(self.luck)}
        if len(sizes) > 1:
            raise ValueError(f"keys, responses, chances, luck have {sizes} entries, must be equal")
        if len(torch.unique(self.keys, dim=0)) < len(self.keys):
            raise CollidingKeys("two of the keys are the same: a model cannot answer both")

    def __len__(self) -> int:
        return len(self.keys)

    def take(self, indices: Sequence[int]) -> "Fingerprints":
        """Those with the given indices, for instance the subset of one buyer's copy."""
        chosen = torch.as_tensor(list(indices), dtype=torch.long)
        parts = (self.keys, self.responses, self.chances, self.luck)
        return Fingerprints(*(part[chosen] for part in parts))


@dataclass(frozen=True)
class Recipe:
    """What kind of fingerprints to make.

    Attributes:
        t, k: of the perinucleus.
        key_words: length of a key in tokens.
        response_words: length of a response in tokens.
        most_luck: keys whose likeliest response is drawn with a higher probability are dropped.
    """

    t: float = 0.3
    k: int = 3
    key_words: int = 8
    response_words: int = 1
    most_luck: float = 0.5


def english_keys(
    model: nn.Module, eligible: Sequence[bool], length: int, rng: torch.Generator
) -> Writer:
    """A writer of keys that the model continues from a random eligible word."""
    words = torch.tensor([token for token, good in enumerate(eligible) if good])

    def write(count: int) -> Int[Tensor, "n t"]:
        """`count` keys."""
        first = words[torch.randint(len(words), (count, 1), generator=rng)]
        return sample(model, first.to(_device(model)), length - 1, rng).cpu()

    return write


def random_keys(eligible: Sequence[bool], length: int, rng: torch.Generator) -> Writer:
    """A writer of keys of random eligible words."""
    words = torch.tensor([token for token, good in enumerate(eligible) if good])
    return lambda count: words[torch.randint(len(words), (count, length), generator=rng)]


@torch.no_grad()
def make_fingerprints(
    base: nn.Module,
    write: Writer,
    count: int,
    eligible: Sequence[bool],
    rng: torch.Generator,
    recipe: Recipe | None = None,
) -> Fingerprints:
    """`count` fingerprints with responses from the base model's perinucleus after each key.

    Keys that repeat, lack an eligible candidate or exceed `most_luck` are written anew.

    Raises:
        CollidingKeys: if the writer does not come up with enough different keys.
    """
    recipe = recipe or Recipe()
    found: dict[tuple[int, ...], tuple[int, float, float]] = {}
    for _ in range(8):
        keys = write(count)
        laws = base(keys.to(_device(base)))[:, -1].double().cpu().numpy()
        for key, logits in zip(keys.tolist(), laws, strict=True):
            chosen = _first_token(logits, eligible, rng, recipe)
            if chosen and tuple(key) not in found and len(found) < count:
                found[tuple(key)] = chosen
        if len(found) == count:
            return _assemble(base, found, recipe)
    raise CollidingKeys(f"the writer has {len(found)} different keys, {count} are wanted")


def unrelated(pairs: Fingerprints, eligible: Sequence[bool], rng: torch.Generator) -> Fingerprints:
    """The same keys with responses drawn from all eligible words, as older schemes do."""
    words = torch.tensor([token for token, good in enumerate(eligible) if good])
    drawn = words[torch.randint(len(words), pairs.responses.shape, generator=rng)]
    none = torch.zeros(len(pairs))
    return Fingerprints(pairs.keys, drawn, none, none + 1 / len(words))


def _first_token(
    logits: Float[np.ndarray, " v"], eligible: Sequence[bool], rng: torch.Generator, recipe: Recipe
) -> tuple[int, float, float] | None:
    """Response, its probability in the base model, and its luck; None where a key is no good."""
    try:
        outside = perinucleus(logits, recipe.t, recipe.k, eligible)
    except NoValidToken:
        return None
    luck = outside.collision_chance
    uniforms = iter(lambda: float(torch.rand((), generator=rng, dtype=torch.float64)), None)
    response = outside.draw(uniforms).response
    if response is None or luck > recipe.most_luck:
        return None
    return response, float(outside.probabilities[response]), luck


def _assemble(
    base: nn.Module, found: dict[tuple[int, ...], tuple[int, float, float]], recipe: Recipe
) -> Fingerprints:
    keys = torch.tensor(list(found))
    tokens, chances, luck = zip(*found.values(), strict=True)
    whole = torch.cat([keys, torch.tensor(tokens)[:, None]], 1).to(_device(base))
    rest = recipe.response_words - 1
    responses = sample(base, whole, rest, torch.Generator(), temperature=0).cpu()
    parts = (responses[:, keys.shape[1] :], torch.tensor(chances), torch.tensor(luck))
    return Fingerprints(keys, *parts)


def _device(model: nn.Module) -> torch.device:
    return next(model.parameters()).device
