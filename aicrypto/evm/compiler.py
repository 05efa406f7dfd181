"""Vyper contracts compiled on first use and kept on disk: 0.1-1 s once, well under 1 ms afterwards.

A contract is `contracts/NAME.vy`, or any other Vyper file or text. What the compiler made of it is
cached under a key over everything that decides the result: the source, the sources it imports from
its own folder, the compiler's version and its settings. The compiler targets Cancun, the rules that
the chain runs (Vyper's own default is a later fork).

The cache folder is `AICRYPTO_CACHE`, else `$XDG_CACHE_HOME/aicrypto`, else `~/.cache/aicrypto`.
It saves time and nothing depends on it: a file that is damaged, or that cannot be read or written,
means compiling again.
"""

import hashlib
import json
import os
import re
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

CONTRACTS = Path(__file__).parent / "contracts"
EVM_VERSION = "cancun"
OPTIMISER = "gas"
IMPORTED = re.compile(r"^(?:from\s+\S+\s+)?import\s+(\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Artifact:
    """A compiled contract.

    Attributes:
        abi: its functions and events, as Ethereum's JSON ABI describes them.
        bytecode: creation code, to which the encoded constructor arguments are appended.
        runtime_bytes: size of the code that stays on chain, before immutables are appended.
    """

    name: str
    abi: list[dict[str, Any]]
    bytecode: bytes
    runtime_bytes: int


def contract_names() -> list[str]:
    """Names of the contracts that come with the library."""
    return sorted(path.stem for path in CONTRACTS.glob("*.vy"))


def compile_contract(contract: str | Path) -> Artifact:
    """A contract of the library by name, or the one in a `.vy` file.

    Raises:
        ValueError: if no contract has that name.
        OSError: if the file cannot be read.
        vyper.exceptions.VyperException: if the source is not valid Vyper.
    """
    if isinstance(contract, Path):
        return compile_source(contract.read_text("utf-8"), contract.stem, contract.parent)
    if contract not in contract_names():
        raise ValueError(f"contract is {contract!r}, there are: {', '.join(contract_names())}")
    return compile_contract(CONTRACTS / f"{contract}.vy")


def compile_source(source: str, name: str = "Contract", folder: Path = CONTRACTS) -> Artifact:
    """The contract that a Vyper text describes; `folder` is where its imports are looked up.

    Raises:
        vyper.exceptions.VyperException: if the source is not valid Vyper.
    """
    path = cache_folder() / "vyper" / f"{_key(source, name, folder)}.json"
    cached = _load(path)
    if cached is not None:
        return cached
    artifact = _compile(source, name, folder)
    _store(path, artifact)
    return artifact


def cache_folder() -> Path:
    """Where compiled contracts are kept; it need not exist yet."""
    if chosen := os.environ.get("AICRYPTO_CACHE"):
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "aicrypto"


def _compile(source: str, name: str, folder: Path) -> Artifact:
    from vyper.compiler import compile_code
    from vyper.compiler.input_bundle import FilesystemInputBundle
    from vyper.compiler.settings import OptimizationLevel, Settings

    output = compile_code(
        source,
        contract_path=folder / f"{name}.vy",
        input_bundle=FilesystemInputBundle([folder]),
        settings=Settings(
            optimize=OptimizationLevel.from_string(OPTIMISER), evm_version=EVM_VERSION
        ),
        output_formats=("abi", "bytecode", "bytecode_runtime"),
    )
    bytecode, runtime = (bytes.fromhex(output[f][2:]) for f in ("bytecode", "bytecode_runtime"))
    return Artifact(name, output["abi"], bytecode, len(runtime))


def _key(source: str, name: str, folder: Path) -> str:
    """Digest of what the compiler reads; the version is asked of the package, not of the module."""
    settings = [version("vyper"), EVM_VERSION, OPTIMISER]
    sources = [source, *_imported_sources(source, folder)]
    return hashlib.sha256(json.dumps([settings, name, sources]).encode()).hexdigest()


def _imported_sources(source: str, folder: Path) -> list[str]:
    """Texts of the modules and interfaces of `folder` that are imported, directly or not."""
    found: dict[Path, str] = {}
    todo = [source]
    while todo:
        for name in IMPORTED.findall(todo.pop()):
            for path in (folder / f"{name}.vy", folder / f"{name}.vyi"):
                if path not in found and path.exists():
                    found[path] = path.read_text("utf-8")
                    todo.append(found[path])
    return [found[path] for path in sorted(found)]


def _load(path: Path) -> Artifact | None:
    """The cached artifact; None if the file is missing, unreadable or not what was written."""
    try:
        digest, _, content = path.read_text("utf-8").partition("\n")
    except (OSError, UnicodeDecodeError):
        return None
    if hashlib.sha256(content.encode()).hexdigest() != digest:
        return None
    fields = json.loads(content)
    return Artifact(**{**fields, "bytecode": bytes.fromhex(fields["bytecode"])})


def _store(path: Path, artifact: Artifact) -> None:
    """Write the file elsewhere first and move it: a reader never sees half of it."""
    content = json.dumps({**asdict(artifact), "bytecode": artifact.bytecode.hex()})
    digest = hashlib.sha256(content.encode()).hexdigest()
    with suppress(OSError):  # without a cache the next call compiles again, nothing worse
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            unfinished = Path(folder) / path.name
            unfinished.write_text(f"{digest}\n{content}", "utf-8")
            unfinished.replace(path)
