"""snarkjs on our circuits: its own ceremony, keys, proof and verdict, where it is on the PATH.

Each call starts node, so its times are of whole commands, as people use them. The ceremonies have
one contribution each; their entropy is no secret, for nothing of value hangs on these keys.

Source: iden3/snarkjs 0.7.6, its README's walk-through.
"""

import json
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from aicrypto.proof import r1cs

PROTOCOLS = Literal["groth16", "plonk"]
ENTROPY = "-e=no secret"


@dataclass(frozen=True)
class Made:
    """What snarkjs made of a circuit and a witness: three JSON files' contents, and its times."""

    vkey: Any
    public: Any
    proof: Any
    prove_s: float
    verify_s: float


def is_installed() -> bool:
    """Whether there is a command `snarkjs`."""
    return shutil.which("snarkjs") is not None


def made(protocol: PROTOCOLS, system: r1cs.R1cs, witness: list[int], log_size: int) -> Made:
    """Its proof from our `.r1cs` and `.wtns`, by a ceremony for 2^log_size rows or gates.

    Raises:
        ValueError: if a command fails, its own verdict on the proof included.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "c.r1cs").write_bytes(r1cs.write_r1cs(system))
        (folder / "c.wtns").write_bytes(r1cs.write_wtns(witness))
        _set_up(folder, protocol, log_size)
        files = "vkey.json", "public.json", "proof.json"
        proving = _run(folder, protocol, "prove", "key.zkey", "c.wtns", files[2], files[1])
        verifying = _run(folder, protocol, "verify", *files)
        vkey, public, proof = (json.loads((folder / file).read_text()) for file in files)
        return Made(vkey, public, proof, proving, verifying)


def _set_up(folder: Path, protocol: PROTOCOLS, log_size: int) -> None:
    """Both phases of the ceremony; PLONK needs the first alone."""
    _run(folder, "powersoftau", "new", "bn128", str(log_size), "new.ptau")
    _run(folder, "powersoftau", "contribute", "new.ptau", "one.ptau", "--name=one", ENTROPY)
    _run(folder, "powersoftau", "prepare", "phase2", "one.ptau", "final.ptau")
    _run(folder, protocol, "setup", "c.r1cs", "final.ptau", "first.zkey")
    if protocol == "groth16":
        _run(folder, "zkey", "contribute", "first.zkey", "key.zkey", "--name=one", ENTROPY)
    else:
        (folder / "first.zkey").rename(folder / "key.zkey")
    _run(folder, "zkey", "export", "verificationkey", "key.zkey", "vkey.json")


def _run(folder: Path, *arguments: str) -> float:
    """Seconds that a command took."""
    start = time.perf_counter()
    done = subprocess.run(
        ["snarkjs", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ValueError(f"snarkjs {' '.join(arguments)}: {(done.stdout + done.stderr)[-400:]}")
    return time.perf_counter() - start
