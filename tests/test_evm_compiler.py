"""Contracts are compiled once, found again under the right key, and never served damaged."""

import subprocess
import sys
from pathlib import Path

import pytest

from aicrypto.evm import compiler

SOURCE = "@external\n@view\ndef answer() -> uint256:\n    return 42\n"


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("AICRYPTO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "vyper"


@pytest.fixture
def compilations(monkeypatch) -> list[str]:
    """Names of what was really compiled."""
    names, compile_really = [], compiler._compile

    def spy(source: str, name: str, folder: Path) -> compiler.Artifact:
        names.append(name)
        return compile_really(source, name, folder)

    monkeypatch.setattr(compiler, "_compile", spy)
    return names


def test_every_contract_of_the_library_compiles_and_fits_on_chain():
    for name in compiler.contract_names():
        artifact = compiler.compile_contract(name)
        assert artifact.name == name
        assert 0 < artifact.runtime_bytes <= 24_576  # EIP-170
        assert artifact.runtime_bytes < len(artifact.bytecode)


def test_second_call_reads_the_cache(cache, compilations):
    first = compiler.compile_source(SOURCE, "Answer")
    assert compiler.compile_source(SOURCE, "Answer") == first
    assert compilations == ["Answer"]
    assert len(list(cache.iterdir())) == 1


def test_key_covers_source_name_version_and_settings(cache, monkeypatch):
    keys = {
        compiler._key(SOURCE, "Answer", cache),
        compiler._key(SOURCE + "\n", "Answer", cache),
        compiler._key(SOURCE, "Other", cache),
    }
    for attribute, value in {"OPTIMISER": "codesize", "EVM_VERSION": "paris"}.items():
        with monkeypatch.context() as patch:
            patch.setattr(compiler, attribute, value)
            keys.add(compiler._key(SOURCE, "Answer", cache))
    monkeypatch.setattr(compiler, "version", lambda package: "9.9.9")
    keys.add(compiler._key(SOURCE, "Answer", cache))
    assert len(keys) == 6


def test_changed_import_means_compiling_again(cache, compilations, tmp_path):
    user, library = tmp_path / "User.vy", tmp_path / "library.vy"
    user.write_text(
        "import library\n\n@external\n@view\ndef f() -> uint256:\n    return library.g()\n"
    )
    library.write_text("@internal\n@pure\ndef g() -> uint256:\n    return 1\n")
    first = compiler.compile_contract(user)
    library.write_text("@internal\n@pure\ndef g() -> uint256:\n    return 2\n")
    assert compiler.compile_contract(user) != first
    assert compilations == ["User", "User"]


@pytest.mark.parametrize("damage", [b"", b"\xff\xfe", b"no newline", b"00\n{}", "truncate", "flip"])
def test_damaged_cache_is_compiled_again_and_repaired(cache, compilations, damage):
    first = compiler.compile_source(SOURCE, "Answer")
    (path,) = cache.iterdir()
    good = path.read_bytes()
    middle = len(good) // 2
    damaged = {"truncate": good[:middle], "flip": good[:middle] + b"~" + good[middle + 1 :]}
    path.write_bytes(damaged.get(damage, damage) if isinstance(damage, str) else damage)
    assert compiler.compile_source(SOURCE, "Answer") == first
    assert compilations == ["Answer", "Answer"]
    assert path.read_bytes() == good


def test_cache_that_cannot_be_written_does_not_matter(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("AICRYPTO_CACHE", str(tmp_path / "file"))
    assert compiler.compile_source(SOURCE, "Answer").bytecode


def test_write_that_fails_leaves_no_half_file(cache, monkeypatch):
    def full_disk(*arguments: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "replace", full_disk)
    compiler.compile_source(SOURCE, "Answer")
    assert not list(cache.glob("*"))


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"AICRYPTO_CACHE": "/a", "XDG_CACHE_HOME": "/b"}, "/a"),
        ({"XDG_CACHE_HOME": "/b"}, "/b/aicrypto"),
        ({"HOME": "/c"}, "/c/.cache/aicrypto"),
    ],
)
def test_cache_folder(variables, folder, monkeypatch):
    for name in ("AICRYPTO_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert compiler.cache_folder() == Path(folder)


def test_unknown_contract_is_named_with_those_there_are():
    with pytest.raises(ValueError, match=r"'Nonsense'.*WorkRegistry"):
        compiler.compile_contract("Nonsense")
    with pytest.raises(ValueError, match="there are"):
        compiler.compile_contract("../contracts/WorkRegistry")


def loaded_modules(program: str) -> set[str]:
    """Top-level packages that a fresh interpreter has loaded after the program."""
    report = "\nimport sys; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", program + report], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_import_is_light_and_a_cached_contract_needs_no_compiler():
    heavy = {"vyper", "pyrevm", "eth_abi", "eth_account", "eth_keys", "Crypto"}
    assert not loaded_modules("import aicrypto.evm") & heavy
    compiler.compile_contract("WorkRegistry")
    deploy = "from aicrypto.evm import Chain\nc = Chain()\n"
    deploy += "c.deploy('WorkRegistry', sender=c.account('a'))"
    assert "vyper" not in loaded_modules(deploy)
