# pragma version ~=0.4.3
"""
@title   PLONK verifier
@license MIT
@notice  Says whether a PLONK proof on BN254 holds for these public inputs, under one key: eprint
         2019/953 with the transcript of snarkjs 0.7.6, whose verifiers have the same interface.

         Like those it answers False to everything that is no proof; publics and evaluations of the
         group's order or more are refused, so a statement and a proof have one form each.

         `proof` holds A, B, C, Z, T1, T2, T3, Wxi, Wxiw as x, y, then a, b, c, s1, s2 at xi and zw.

@dev     Written for one number of public inputs: N_PUBLIC is replaced before compiling. The key is
         given when the contract is made: Qm, Ql, Qr, Qo, Qc, S1, S2, S3, then [tau]2 with the
         imaginary part first. k1 = 2 and k2 = 3, as snarkjs has them for domains up to 2^28.
"""

N_PUBLIC: constant(uint256) = 7

Q: constant(uint256) = 21888242871839275222246405745257275088696311157297823662689037894645226208583
R: constant(uint256) = 21888242871839275222246405745257275088548364400416034343698204186575808495617
K1: constant(uint256) = 2
K2: constant(uint256) = 3
MAX_POWER: constant(uint256) = 28
PAIRING: constant(address) = 0x0000000000000000000000000000000000000008
MODEXP: constant(address) = 0x0000000000000000000000000000000000000005
GENERATOR_2: constant(uint256[4]) = [
    11559732032986387107991004021392285783925812861821192530917403151452391805634,
    10857046999023057135944570762232829481370756359578518086990519993285655852781,
    4082367875863433681332203403145435568316851327593401208105741076214120093531,
    8495653923123431417604973247489272438418190587263600148770280649306958101930,
]

POWER: immutable(uint256)
OMEGA: immutable(uint256)
FIXED: immutable(uint256[2][8])
TAU: immutable(uint256[4])


struct Challenges:
    beta: uint256
    gamma: uint256
    alpha: uint256
    xi: uint256
    v: uint256
    u: uint256


# What linearisation makes of the openings: factors of the committed polynomials, and a constant.
struct Identity:
    ab: uint256
    z: uint256
    s3: uint256
    power: uint256
    vanishing: uint256
    constant_part: uint256


@deploy
def __init__(power: uint256, omega: uint256, fixed: uint256[2][8], tau: uint256[4]):
    """
    @notice Keep a key; omega is a root of unity of order 2^power.
    """
    assert power >= 3 and power <= MAX_POWER, "power is not in 3..28"
    assert N_PUBLIC <= 1 << power, "more publics than rows"
    half: uint256 = omega
    for _: uint256 in range(power - 1, bound=MAX_POWER):
        half = uint256_mulmod(half, half, R)
    assert omega < R and half == R - 1, "omega is no root of unity of that order"
    for point: uint256[2] in fixed:
        assert self._is_point(point[0], point[1]), "a point of the key is off the curve"
    assert tau[0] != 0 or tau[1] != 0 or tau[2] != 0 or tau[3] != 0, "tau is infinity"
    assert tau[0] != GENERATOR_2[0] or tau[1] != GENERATOR_2[1], "tau is 1 or -1"
    assert raw_call(
        PAIRING,
        abi_encode(empty(uint256[2]), tau),
        is_static_call=True,
        revert_on_failure=False,
    ), "tau is not in G2"
    POWER = power
    OMEGA = omega
    FIXED = fixed
    TAU = tau


@external
@view
def verifyProof(proof: uint256[24], pub: uint256[N_PUBLIC]) -> bool:
    """
    @notice Does the proof hold for these public inputs?
    """
    for i: uint256 in range(9):
        if not self._is_point(proof[2 * i], proof[2 * i + 1]):
            return False
    for i: uint256 in range(18, 24):
        if proof[i] >= R:
            return False
    for value: uint256 in pub:
        if value >= R:
            return False
    drawn: Challenges = self._challenges(proof, pub)
    defined: bool = False
    identity: Identity = empty(Identity)
    defined, identity = self._linearise(proof, pub, drawn)
    if not defined:
        return False
    opening: uint256[2] = [proof[14], proof[15]]
    next_opening: uint256[2] = [proof[16], proof[17]]
    left: uint256[2] = ecadd(opening, ecmul(next_opening, drawn.u))
    right: uint256[2] = self._sum(proof, drawn, identity)
    next_xi: uint256 = uint256_mulmod(uint256_mulmod(drawn.u, drawn.xi, R), OMEGA, R)
    right = ecadd(right, ecmul(opening, drawn.xi))
    right = ecadd(right, ecmul(next_opening, next_xi))
    success: bool = False
    answer: Bytes[32] = b""
    success, answer = raw_call(
        PAIRING,
        abi_encode(left, TAU, right[0], (Q - right[1]) % Q, GENERATOR_2),
        max_outsize=32,
        is_static_call=True,
        revert_on_failure=False,
    )
    return success and convert(answer, uint256) == 1


@internal
@view
def _challenges(proof: uint256[24], pub: uint256[N_PUBLIC]) -> Challenges:
    """
    @dev Every challenge hashes what came before it: the key and the publics stand in beta.
    """
    drawn: Challenges = empty(Challenges)
    drawn.beta = self._scalar(
        keccak256(
            abi_encode(FIXED, pub, proof[0], proof[1], proof[2], proof[3], proof[4], proof[5])
        )
    )
    drawn.gamma = self._scalar(keccak256(abi_encode(drawn.beta)))
    drawn.alpha = self._scalar(
        keccak256(abi_encode(drawn.beta, drawn.gamma, proof[6], proof[7]))
    )
    drawn.xi = self._scalar(
        keccak256(
            abi_encode(
                drawn.alpha, proof[8], proof[9], proof[10], proof[11], proof[12], proof[13]
            )
        )
    )
    drawn.v = self._scalar(
        keccak256(
            abi_encode(
                drawn.xi, proof[18], proof[19], proof[20], proof[21], proof[22], proof[23]
            )
        )
    )
    drawn.u = self._scalar(keccak256(abi_encode(proof[14], proof[15], proof[16], proof[17])))
    return drawn


@internal
@view
def _linearise(
    proof: uint256[24], pub: uint256[N_PUBLIC], drawn: Challenges
) -> (bool, Identity):
    """
    @dev The identity at xi, with what was opened put in: factors of Z, S3, T, and r0. False where
         xi is a root of unity, which a hash does not hit.
    """
    identity: Identity = empty(Identity)
    identity.power = drawn.xi
    for _: uint256 in range(POWER, bound=MAX_POWER):
        identity.power = uint256_mulmod(identity.power, identity.power, R)
    identity.vanishing = uint256_addmod(identity.power, R - 1, R)
    if identity.vanishing == 0:
        return False, identity
    public_part: uint256 = 0
    first: uint256 = 0
    public_part, first = self._publics_at(pub, drawn.xi, identity.vanishing)
    a: uint256 = uint256_addmod(proof[18], drawn.gamma, R)
    b: uint256 = uint256_addmod(proof[19], drawn.gamma, R)
    c: uint256 = uint256_addmod(proof[20], drawn.gamma, R)
    copied: uint256 = uint256_mulmod(
        uint256_addmod(a, uint256_mulmod(drawn.beta, proof[21], R), R),
        uint256_addmod(b, uint256_mulmod(drawn.beta, proof[22], R), R),
        R,
    )
    copied = uint256_mulmod(uint256_mulmod(copied, drawn.alpha, R), proof[23], R)
    place: uint256 = uint256_mulmod(drawn.beta, drawn.xi, R)
    kept: uint256 = uint256_mulmod(
        uint256_addmod(a, place, R),
        uint256_addmod(b, uint256_mulmod(K1, place, R), R),
        R,
    )
    kept = uint256_mulmod(kept, uint256_addmod(c, uint256_mulmod(K2, place, R), R), R)
    begun: uint256 = uint256_mulmod(uint256_mulmod(drawn.alpha, drawn.alpha, R), first, R)
    identity.ab = uint256_mulmod(proof[18], proof[19], R)
    identity.z = uint256_addmod(
        uint256_addmod(uint256_mulmod(kept, drawn.alpha, R), begun, R), drawn.u, R
    )
    identity.s3 = R - uint256_mulmod(copied, drawn.beta, R)
    taken: uint256 = uint256_addmod(begun, uint256_mulmod(copied, c, R), R)
    identity.constant_part = uint256_addmod(public_part, R - taken, R)
    return True, identity


@internal
@view
def _publics_at(
    pub: uint256[N_PUBLIC], xi: uint256, vanishing: uint256
) -> (uint256, uint256):
    """
    @dev PI(xi) = -sum pub[i]*L_i(xi), and L_0(xi); L_i = omega^i*(xi^n - 1) / (n*(xi - omega^i)).
         One inversion for all: the inverse of the product unrolls from the end.
    """
    n: uint256 = 1 << POWER
    roots: uint256[N_PUBLIC] = empty(uint256[N_PUBLIC])
    bottoms: uint256[N_PUBLIC] = empty(uint256[N_PUBLIC])
    before: uint256[N_PUBLIC] = empty(uint256[N_PUBLIC])
    root: uint256 = 1
    product: uint256 = 1
    for i: uint256 in range(N_PUBLIC):
        roots[i] = root
        bottoms[i] = uint256_mulmod(n, uint256_addmod(xi, R - root, R), R)
        before[i] = product
        product = uint256_mulmod(product, bottoms[i], R)
        root = uint256_mulmod(root, OMEGA, R)
    inverse: uint256 = self._inverse(product)
    total: uint256 = 0
    lagrange: uint256 = 0
    for k: uint256 in range(N_PUBLIC):
        i: uint256 = N_PUBLIC - 1 - k
        lagrange = uint256_mulmod(inverse, before[i], R)
        lagrange = uint256_mulmod(uint256_mulmod(lagrange, roots[i], R), vanishing, R)
        inverse = uint256_mulmod(inverse, bottoms[i], R)
        total = uint256_addmod(total, uint256_mulmod(pub[i], lagrange, R), R)
    return (R - total) % R, lagrange


@internal
@view
def _sum(proof: uint256[24], drawn: Challenges, identity: Identity) -> uint256[2]:
    """
    @dev What was committed to minus what was opened: F - E.
    """
    # [T1] + xi^n [T2] + xi^2n [T3], times 1 - xi^n
    total: uint256[2] = ecadd(
        [proof[10], proof[11]], ecmul([proof[12], proof[13]], identity.power)
    )
    total = ecadd([proof[8], proof[9]], ecmul(total, identity.power))
    total = ecmul(total, R - identity.vanishing)
    # selectors
    total = ecadd(total, ecmul(FIXED[0], identity.ab))
    total = ecadd(total, ecmul(FIXED[1], proof[18]))
    total = ecadd(total, ecmul(FIXED[2], proof[19]))
    total = ecadd(total, ecmul(FIXED[3], proof[20]))
    total = ecadd(total, FIXED[4])
    # permutation
    total = ecadd(total, ecmul([proof[6], proof[7]], identity.z))
    total = ecadd(total, ecmul(FIXED[7], identity.s3))
    # a, b, c, S1, S2: the sum of v^k times the point, from the last to the first
    rest: uint256[2] = ecmul(FIXED[6], drawn.v)
    rest = ecmul(ecadd(rest, FIXED[5]), drawn.v)
    rest = ecmul(ecadd(rest, [proof[4], proof[5]]), drawn.v)
    rest = ecmul(ecadd(rest, [proof[2], proof[3]]), drawn.v)
    rest = ecmul(ecadd(rest, [proof[0], proof[1]]), drawn.v)
    total = ecadd(total, rest)
    opened: uint256 = proof[22]
    for k: uint256 in range(4):
        opened = uint256_addmod(uint256_mulmod(opened, drawn.v, R), proof[21 - k], R)
    opened = uint256_mulmod(opened, drawn.v, R)
    opened = uint256_addmod(opened, uint256_mulmod(drawn.u, proof[23], R), R)
    constant_part: uint256 = uint256_addmod(identity.constant_part, R - opened, R)
    return ecadd(total, ecmul([1, 2], constant_part))


@internal
@pure
def _is_point(x: uint256, y: uint256) -> bool:
    """
    @dev On the curve with coordinates below q, or infinity, which is (0, 0).
    """
    if x >= Q or y >= Q:
        return False
    if x == 0 and y == 0:
        return True
    cube: uint256 = uint256_mulmod(uint256_mulmod(x, x, Q), x, Q)
    return uint256_mulmod(y, y, Q) == uint256_addmod(cube, 3, Q)


@internal
@pure
def _scalar(digest: bytes32) -> uint256:
    return convert(digest, uint256) % R


@internal
@view
def _inverse(x: uint256) -> uint256:
    """
    @dev x^(r-2).
    """
    answer: Bytes[32] = raw_call(
        MODEXP,
        abi_encode(convert(32, uint256), convert(32, uint256), convert(32, uint256), x, R - 2, R),
        max_outsize=32,
        is_static_call=True,
    )
    return convert(answer, uint256)
