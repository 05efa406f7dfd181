# pragma version ~=0.4.3
"""
@title   Groth16 verifier
@license MIT
@notice  Says whether a Groth16 proof on BN254 holds for these public inputs, under one key:

             e(A, B) = e(alpha, beta) * e(IC[0] + sum pub[i]*IC[i+1], gamma) * e(C, delta)

         `verifyProof` has the interface of the verifiers that snarkjs writes, and like them answers
         False to everything that is no proof. It is a view and remembers nothing: a proof can be
         shown twice, by anybody, and be turned into another proof of the same statement. A contract
         that pays for proofs puts a nullifier and its caller's address among the publics.

         A public input of the group's order or more is refused: it would be a second name of a
         number, and whoever keeps a list of used numbers would find it new.

@dev     Written for one number of public inputs: N_PUBLIC is replaced before compiling. The key is
         given when the contract is made, and looked at then: points in their groups, none at
         infinity, and delta not gamma, as a key has it that left its ceremony unfinished and under
         which everything has a proof; nor any two of beta, gamma and delta equal or opposite, which
         is no better.

         G1: x, y. G2: imaginary and real part of x, then of y, as EIP-197 has it.
"""

N_PUBLIC: constant(uint256) = 7

Q: constant(uint256) = 21888242871839275222246405745257275088696311157297823662689037894645226208583
R: constant(uint256) = 21888242871839275222246405745257275088548364400416034343698204186575808495617
PAIRING: constant(address) = 0x0000000000000000000000000000000000000008

ALPHA: immutable(uint256[2])
BETA: immutable(uint256[2][2])
GAMMA: immutable(uint256[2][2])
DELTA: immutable(uint256[2][2])
IC: immutable(uint256[2][N_PUBLIC + 1])


@deploy
def __init__(
    alpha: uint256[2],
    beta: uint256[2][2],
    gamma: uint256[2][2],
    delta: uint256[2][2],
    ic: uint256[2][N_PUBLIC + 1],
):
    """
    @notice Keep a key.
    @dev    The pairing fails on points outside their groups; of G1 the sum does.
    """
    assert keccak256(abi_encode(gamma)) != keccak256(abi_encode(delta)), "delta equals gamma"
    self._check_apart(gamma, delta)
    self._check_apart(beta, gamma)
    self._check_apart(beta, delta)
    self._check_twist(beta)
    self._check_twist(gamma)
    self._check_twist(delta)
    self._check_point(alpha)
    for point: uint256[2] in ic:
        self._check_point(point)
    ALPHA = alpha
    BETA = beta
    GAMMA = gamma
    DELTA = delta
    IC = ic


@external
@view
def verifyProof(
    a: uint256[2], b: uint256[2][2], c: uint256[2], pub: uint256[N_PUBLIC]
) -> bool:
    """
    @notice Does the proof hold for these public inputs?
    @param a   A in G1.
    @param b   B in G2.
    @param c   C in G1.
    @param pub The public inputs, outputs of the circuit first.
    """
    total: uint256[2] = IC[0]
    for i: uint256 in range(N_PUBLIC):
        if pub[i] >= R:
            return False
        total = ecadd(total, ecmul(IC[i + 1], pub[i]))
    if a[1] >= Q:
        return False
    # -A = (x, q - y), and (0, 0), which is infinity, is its own opposite
    minus_y: uint256 = (Q - a[1]) % Q
    success: bool = False
    answer: Bytes[32] = b""
    success, answer = raw_call(
        PAIRING,
        abi_encode(a[0], minus_y, b, ALPHA, BETA, total, GAMMA, c, DELTA),
        max_outsize=32,
        is_static_call=True,
        revert_on_failure=False,
    )
    return success and convert(answer, uint256) == 1


@internal
@view
def _check_point(point: uint256[2]):
    assert point[0] != 0 or point[1] != 0, "a point of the key is infinity"
    assert point[0] < Q and point[1] < Q, "a coordinate of the key is no number below q"
    x: uint256 = uint256_mulmod(uint256_mulmod(point[0], point[0], Q), point[0], Q)
    assert uint256_mulmod(point[1], point[1], Q) == uint256_addmod(x, 3, Q), "a point of the key is off the curve"


@internal
@pure
def _check_apart(one: uint256[2][2], other: uint256[2][2]):
    """
    @dev Points with the same x are equal or opposite.
    """
    assert one[0][0] != other[0][0] or one[0][1] != other[0][1], "two points of the key are equal or opposite"


@internal
@view
def _check_twist(point: uint256[2][2]):
    assert keccak256(abi_encode(point)) != keccak256(abi_encode(empty(uint256[2][2]))), "a point of the key is infinity"
    success: bool = raw_call(
        PAIRING,
        abi_encode(empty(uint256[2]), point),
        is_static_call=True,
        revert_on_failure=False,
    )
    assert success, "a point of the key is not in G2"
