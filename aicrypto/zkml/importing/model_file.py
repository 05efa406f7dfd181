"""Integer networks in files: our canonical encoding, or arrays in an npz archive.

An archive holds W0, b0, W1, b1, ... and `shift`; other arrays in it, data for instance, are let
alone. Which of the two a file is stands in its first bytes.
"""

from pathlib import Path
from zipfile import BadZipFile
from zlib import error as BadStream  # noqa: N812

import numpy as np

from aicrypto.zkml.network import MAGIC, Network

# A damaged, an encrypted, a cut-off archive.
DAMAGED = (
    *(BadZipFile, BadStream, EOFError, KeyError, MemoryError, OSError),
    *(NotImplementedError, RuntimeError),
)

ZIP_MAGIC = b"PK"


def save(network: Network, path: Path | str) -> None:
    """Writes `network.to_bytes()` to a file."""
    Path(path).write_bytes(network.to_bytes())


def load(path: Path | str) -> Network:
    """The network in a model file.

    Raises:
        ValueError: if the file is no model file; it names the file and the reason. The classes that
            `Network` raises stay what they are.
        OSError: if there is no such file.
    """
    path = Path(path)
    with path.open("rb") as file:
        start = file.read(len(MAGIC))
    try:
        if start.startswith(ZIP_MAGIC):
            return _from_archive(path)
        return Network.from_bytes(path.read_bytes())
    except ValueError as error:
        raise type(error)(f"{path} is no model file: {error}") from None


def _from_archive(path: Path) -> Network:
    try:
        with np.load(path, allow_pickle=False) as archive:
            shifts = archive["shift"].reshape(-1).tolist()
            return Network.from_integers(
                {"W": archive[f"W{number}"], "b": archive[f"b{number}"], "shift": shift}
                for number, shift in enumerate(shifts)
            )
    except DAMAGED as error:
        raise ValueError(f"{type(error).__name__}: {error}") from None
