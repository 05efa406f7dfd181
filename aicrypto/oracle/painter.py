"""A painter of digits: a small variational autoencoder whose images come from the prompt alone.

A prompt is eight bytes, "7 kitten": the digit, a space, and six letters that choose the style, each
one coordinate of the latent space. The painter is an int8 network over the prompt's bytes, so it
runs in the verifiable machine, and every pixel of every image can be disputed:

    bytes -> steps and letters -> one-hot digit and letters -> hidden -> 64 pixels

The first two layers are written by hand: they read the text. The last two are the decoder of an
autoencoder trained on 8x8 digits, rounded. What it draws is 16 grey levels, as in the data set.

It stands for the image models that deployed oracles serve; those differ in size, not in kind.
Source: Kingma and Welling, "Auto-Encoding Variational Bayes" (2013).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float32, Int32, UInt8

from aicrypto.opml.code import Layer

if TYPE_CHECKING:
    from torch import Tensor

SIDE, N_PIXELS, BRIGHTEST = 8, 64, 16
N_DIGITS, N_LETTERS, N_HIDDEN = 10, 6, 64
PROMPT_BYTES = 2 + N_LETTERS
FIRST_DIGIT, FIRST_LETTER, LAST_LETTER = ord("0"), ord("a"), ord("z")
N_STEPS = N_DIGITS + 2  # relu(byte - first digit + 1 - j) for j = 0..11
STEP, LETTER_STEP = 8, 5  # what one more in a byte adds to an activation of the first layer
ONE = 126  # the activation that stands for a digit's 1
REACH = 2.0  # latent coordinates of "a" and "z" are -REACH and REACH
LEVEL = 1 << 9  # accumulator units of one grey level
QUARTER = (2**31 - 1, 2)  # mult and shift of a scale of 1/4, the largest there is
EIGHTH = (2**30, 2)
MAX_WEIGHT, MAX_ACTIVATION = 127, 127

Floats = Float32[np.ndarray, "..."]


@dataclass(frozen=True)
class Decoder:
    """The trained half that draws: from one-hot digit and latent point to pixels 0..16."""

    hidden: Float32[np.ndarray, "hidden inputs"]
    hidden_bias: Float32[np.ndarray, " hidden"]
    out: Float32[np.ndarray, "pixels hidden"]
    out_bias: Float32[np.ndarray, " pixels"]


def prompt_of(digit: int, style: str) -> bytes:
    """The painter's prompt for a digit in a style of six letters.

    Raises:
        ValueError: for another digit or style.

    >>> prompt_of(7, "kitten")
    b'7 kitten'
    """
    if not 0 <= digit < N_DIGITS:
        raise ValueError(f"digit is {digit}, must be in 0..9")
    if len(style) != N_LETTERS or not all("a" <= letter <= "z" for letter in style):
        raise ValueError(f"style is {style!r}, must be {N_LETTERS} letters a..z")
    return f"{digit} {style}".encode()


def pixels_of(output: bytes) -> UInt8[np.ndarray, "8 8"]:
    """The image in a painter's output: grey levels 0..16.

    Raises:
        ValueError: if there are not 64 pixels of four bytes.
    """
    if len(output) != 4 * N_PIXELS:
        raise ValueError(f"output has {len(output)} bytes, must have {4 * N_PIXELS}")
    levels = np.frombuffer(output, "<i4").reshape(SIDE, SIDE) // LEVEL
    image: UInt8[np.ndarray, "8 8"] = np.clip(levels, 0, BRIGHTEST).astype(np.uint8)
    return image


def train_painter(
    images: Floats, labels: Int32[np.ndarray, " rows"], epochs: int = 40, seed: int = 0
) -> list[Layer]:
    """The painter's layers, trained on images of grey levels 0..16.

    Cost: about 2 s on one core for 1,797 images and 40 epochs.
    """
    return painter_layers(train_decoder(images, labels, epochs, seed))


def train_decoder(
    images: Floats, labels: Int32[np.ndarray, " rows"], epochs: int, seed: int
) -> Decoder:
    """The decoder of a conditional autoencoder after so many passes over the data.

    The draws follow from the seed; torch's global generator is left as it was.
    """
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _trained(images, labels, epochs)


def _trained(images: Floats, labels: Int32[np.ndarray, " rows"], epochs: int) -> Decoder:
    """The decoder, by draws from torch's global generator."""
    import torch
    from torch import nn

    x = torch.tensor(np.asarray(images, np.float32).reshape(len(images), N_PIXELS) / BRIGHTEST)
    digits = nn.functional.one_hot(torch.tensor(np.asarray(labels, np.int64)), N_DIGITS).float()
    encoder = nn.Sequential(
        nn.Linear(N_PIXELS + N_DIGITS, 128), nn.ReLU(), nn.Linear(128, 2 * N_LETTERS)
    )
    decoder = nn.Sequential(
        nn.Linear(N_DIGITS + N_LETTERS, N_HIDDEN), nn.ReLU(), nn.Linear(N_HIDDEN, N_PIXELS)
    )
    optimiser = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=3e-3)
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(128):
            optimiser.zero_grad()
            _loss(encoder, decoder, x[rows], digits[rows]).backward()
            optimiser.step()
    arrays = [p.detach().numpy() for p in decoder.parameters()]
    return Decoder(*arrays)


def _loss(encoder: Any, decoder: Any, x: "Tensor", digits: "Tensor") -> "Tensor":
    """Squared error of what is drawn again, and how far the code is from random letters."""
    import torch

    mean, log_variance = encoder(torch.cat((x, digits), 1)).chunk(2, dim=1)
    point = mean + torch.randn_like(mean) * (log_variance / 2).exp()
    drawn = decoder(torch.cat((digits, point), 1))
    divergence = (mean**2 + log_variance.exp() - 1 - log_variance).sum(1) / 2
    loss: Tensor = (((drawn - x) ** 2).sum(1) + 0.05 * divergence).mean()
    return loss


def painter_layers(decoder: Decoder) -> list[Layer]:
    """The layers that read a prompt, then the decoder's, all of them in integers."""
    middle = LETTER_STEP * (LAST_LETTER - FIRST_LETTER) / 2
    worth = np.full(N_DIGITS + N_LETTERS, 1 / ONE)  # of one more in an activation
    worth[N_DIGITS:] = REACH / middle
    weights = decoder.hidden * worth
    bias = decoder.hidden_bias - weights[:, N_DIGITS:].sum(1) * middle
    unit = MAX_WEIGHT / np.abs(weights).max()
    spread = REACH * np.abs(decoder.hidden[:, N_DIGITS:]).sum(1) + decoder.hidden_bias
    highest = float((decoder.hidden[:, :N_DIGITS].max(1) + spread).max())
    scale = _scale_of(MAX_ACTIVATION / (highest * unit))
    hidden = _rounded(weights * unit, bias * unit, scale)
    white = LEVEL * BRIGHTEST
    last = _rounded(decoder.out * white * highest / MAX_ACTIVATION, decoder.out_bias * white)
    return [*_reading_layers(), hidden, last]


def _reading_layers() -> list[Layer]:
    """From bytes to a one-hot digit and letters: a tent over each digit, made of three steps."""
    steps = np.zeros((N_STEPS + N_LETTERS, PROMPT_BYTES))
    bias = np.zeros(N_STEPS + N_LETTERS)
    steps[:N_STEPS, 0] = 8 * STEP
    bias[:N_STEPS] = -8 * STEP * (FIRST_DIGIT - 1 + np.arange(N_STEPS))
    steps[N_STEPS:, 2:] = 8 * LETTER_STEP * np.eye(N_LETTERS)
    bias[N_STEPS:] = -8 * LETTER_STEP * FIRST_LETTER
    tents = np.zeros((N_DIGITS + N_LETTERS, N_STEPS + N_LETTERS))
    slope = ONE * 4 // STEP
    for digit in range(N_DIGITS):
        tents[digit, digit : digit + 3] = slope, -2 * slope, slope
    tents[N_DIGITS:, N_STEPS:] = 4 * np.eye(N_LETTERS)
    return [_rounded(steps, bias, EIGHTH), _rounded(tents, np.zeros(len(tents)), QUARTER)]


def _rounded(weights: Any, bias: Any, scale: tuple[int, int] = QUARTER) -> Layer:
    limited = np.clip(np.rint(weights), -MAX_WEIGHT, MAX_WEIGHT).astype(np.int8)
    return Layer(limited, np.rint(bias).astype(np.int32), *scale)


def _scale_of(factor: float) -> tuple[int, int]:
    """Multiplier and shift of the scale nearest to a factor below 1/4."""
    mantissa, exponent = np.frexp(factor)
    return min(2**31 - 1, int(np.rint(mantissa * 2**31))), -int(exponent)
