"""KZG and HyperKZG: what committing, opening and verifying cost, beside py_ecc and ckzg."""

import random
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from aicrypto.algebra.primes import BLS12_381_FR, BN254_FR
from aicrypto.bench import Record, best_seconds
from aicrypto.commit import kzg
from aicrypto.commit.kzg import deployed, eip4844, hyperkzg
from aicrypto.commit.kzg.keccak_transcript import KeccakTranscript

N_COEFFICIENTS = 1024
N_NAIVE = 64  # py_ecc adds up this many products; the sum of 1,024 would take seven seconds
N_VARIABLES = 10
Z = 2**250 + 1


def commitment() -> Iterator[Record]:
    """`kzg.commit_1024.s`: 1,024 full-size coefficients on BLS12-381."""
    setup, p = deployed.ethereum(N_COEFFICIENTS, 2), _scalars(N_COEFFICIENTS)
    seconds = best_seconds(lambda: kzg.commit(setup, p), repeats=3)
    naive = best_seconds(_naive_sum(setup, p[:N_NAIVE]), repeats=2) * N_COEFFICIENTS / N_NAIVE
    peer = f"py_ecc, one product each ({N_NAIVE} measured, times {N_COEFFICIENTS // N_NAIVE})"
    yield Record("kzg.commit_1024.s", seconds, "s", peer, naive)


def opening() -> Iterator[Record]:
    """`kzg.open_1024.s`: value and proof at one point, beside the commitment, which is one MSM."""
    setup, p = deployed.ethereum(N_COEFFICIENTS, 2), _scalars(N_COEFFICIENTS)
    seconds = best_seconds(lambda: kzg.open_at(setup, p, Z), repeats=3)
    committing = best_seconds(lambda: kzg.commit(setup, p), repeats=3)
    yield Record("kzg.open_1024.s", seconds, "s", "committing", committing)


def verification() -> Iterator[Record]:
    """`kzg.verify.ms`: one opening, subgroup checks included, beside py_ecc's two pairings."""
    setup, p = deployed.ethereum(N_NAIVE, 2), _scalars(N_NAIVE)
    committed, (y, proof) = kzg.commit(setup, p), kzg.open_at(setup, p, Z)
    seconds = best_seconds(lambda: kzg.verify(setup, committed, Z, y, proof))
    theirs = best_seconds(_py_ecc_check(committed, y, proof, setup.g2[1]), repeats=3)
    peer = "py_ecc, one final exponentiation, no subgroup checks"
    yield Record("kzg.verify.ms", 1e3 * seconds, "ms", peer, 1e3 * theirs)


def blob() -> Iterator[Record]:
    """`kzg.blob_commit.s`: 4,096 elements, beside ckzg's C where that is installed."""
    data = b"".join(map(BLS12_381_FR.to_bytes, _scalars(eip4844.N_ELEMENTS)))
    lagrange = deployed.ethereum_lagrange()
    seconds = best_seconds(lambda: eip4844.commit(data, lagrange), repeats=3)
    theirs = _ckzg_commit(data)
    if theirs is None:
        yield Record("kzg.blob_commit.s", seconds, "s")
    else:
        yield Record("kzg.blob_commit.s", seconds, "s", "ckzg", best_seconds(theirs, repeats=3))


def multilinear_verification() -> Iterator[Record]:
    """`hyperkzg.verify.ms`: an opening of 1,024 rows, beside the two pairings in it alone."""
    setup = kzg.Setup.from_secret(kzg.BN254, Z, 1 << N_VARIABLES)
    values = [x % BN254_FR.modulus for x in _scalars(1 << N_VARIABLES)]
    point, committed = values[:N_VARIABLES], kzg.commit(setup, values)
    value, proof = hyperkzg.open_at(setup, values, point, KeccakTranscript())

    def ours() -> bool:
        return hyperkzg.verify(setup, committed, point, value, proof, KeccakTranscript())

    pairs = [(committed, setup.g2[0]), (proof.quotients[0], setup.g2[1])]
    bare = best_seconds(lambda: setup.curve.product_is_one(pairs))
    peer = "its pairing check"
    yield Record("hyperkzg.verify.ms", 1e3 * best_seconds(ours), "ms", peer, 1e3 * bare)


def _scalars(count: int) -> list[int]:
    rng = random.Random(count)
    return [rng.randrange(BLS12_381_FR.modulus) for _ in range(count)]


def _naive_sum(setup: kzg.Setup, coefficients: list[int]) -> Callable[[], Any]:
    ecc, points = _py_ecc(), [_g1(point) for point in setup.g1]

    def run() -> Any:
        total = ecc.Z1
        for point, coefficient in zip(points, coefficients, strict=False):
            total = ecc.add(total, ecc.multiply(point, coefficient))
        return total

    return run


def _py_ecc_check(committed: Any, y: int, proof: Any, tau_g2: Any) -> Callable[[], bool]:
    """e(pi, tau·G2)·e(y·G - C - z·pi, G2) = 1 in py_ecc."""
    ecc = _py_ecc()
    c, pi, tau = _g1(committed), _g1(proof), _g2(tau_g2)

    def run() -> bool:
        value = ecc.add(ecc.add(c, ecc.multiply(pi, Z)), ecc.neg(ecc.multiply(ecc.G1, y)))
        left = ecc.pairing(tau, pi, final_exponentiate=False)
        right = ecc.pairing(ecc.G2, ecc.neg(value), final_exponentiate=False)
        return bool(ecc.final_exponentiate(left * right) == ecc.FQ12.one())

    return run


def _py_ecc() -> Any:
    """The module; it names its exports in no way that a type checker follows."""
    return import_module("py_ecc.optimized_bls12_381")


def _g1(point: Any) -> Any:
    return *map(_py_ecc().FQ, point), _py_ecc().FQ(1)


def _g2(point: Any) -> Any:
    element = _py_ecc().FQ2
    return *(element([c.re, c.im]) for c in point), element([1, 0])


def _ckzg_commit(data: bytes) -> Callable[[], object] | None:
    """The same commitment by ckzg, or None where it is not installed."""
    package = find_spec("eth_account")
    if find_spec("ckzg") is None or package is None or not package.submodule_search_locations:
        return None
    ckzg: Any = import_module("ckzg")
    path = Path(package.submodule_search_locations[0]) / deployed.ETHEREUM_FILE
    setup = ckzg.load_trusted_setup(str(path), 0)
    return lambda: ckzg.blob_to_kzg_commitment(data, setup)
