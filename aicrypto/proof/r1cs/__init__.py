"""Circuits: a language, gadgets, small networks, and circom's files. No prover lives here.

`Circuit` makes a system of constraints (`R1cs`) and its witnesses; `groth16` and `plonk` beside
this room prove that a witness is known.
"""

from aicrypto.proof.r1cs.files import (
    Witness,
    read_r1cs,
    read_wtns,
    solves,
    write_r1cs,
    write_wtns,
)
from aicrypto.proof.r1cs.gadgets import (
    argmax,
    bits,
    boolean,
    floor_divide,
    from_bits,
    inner_product,
    is_nonzero,
    less_than,
    pack,
    relu,
    requantise,
    select,
    signed_bits,
)
from aicrypto.proof.r1cs.language import Circuit, Linear
from aicrypto.proof.r1cs.mlp import (
    Layer,
    Mlp,
    counts_by_part,
    mlp_circuit,
    n_constraints,
    packed_publics,
    public_mlp_circuit,
    statement_bytes,
)
from aicrypto.proof.r1cs.poseidon import digest, digest_circuit, poseidon_circuit
from aicrypto.proof.r1cs.sha256 import (
    sha256_circuit,
    statement_digest,
    statement_digest_circuit,
)
from aicrypto.proof.r1cs.system import (
    Constraint,
    R1cs,
    Unsatisfied,
    from_lists,
    is_satisfied,
    require_satisfied,
)

__all__ = [
    "Circuit",
    "Constraint",
    "Layer",
    "Linear",
    "Mlp",
    "R1cs",
    "Unsatisfied",
    "Witness",
    "argmax",
    "bits",
    "boolean",
    "counts_by_part",
    "digest",
    "digest_circuit",
    "floor_divide",
    "from_bits",
    "from_lists",
    "inner_product",
    "is_nonzero",
    "is_satisfied",
    "less_than",
    "mlp_circuit",
    "n_constraints",
    "pack",
    "packed_publics",
    "poseidon_circuit",
    "public_mlp_circuit",
    "read_r1cs",
    "read_wtns",
    "relu",
    "requantise",
    "require_satisfied",
    "select",
    "sha256_circuit",
    "signed_bits",
    "solves",
    "statement_bytes",
    "statement_digest",
    "statement_digest_circuit",
    "write_r1cs",
    "write_wtns",
]
