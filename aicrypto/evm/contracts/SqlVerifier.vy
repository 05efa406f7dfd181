# pragma version ~=0.4.3
"""
@title   Verifier of Proof of SQL
@license MIT
@notice  Says whether a proof shows the result of a query over a committed table, in the bytes of
         the deployed system: plan, result and proof as spaceandtimefdn/sxt-proof-of-sql@8b0de6b
         writes them. What a plan means is for `SqlPlan` to say; here are the transcript, the
         sumcheck and the opening, which are the same for every query.

         Whatever is wrong reverts, with the deployed system's name for it.

@dev     Commitments must come from somebody who is trusted for them: `TableRegistry` is.
"""

R: constant(uint256) = 21888242871839275222246405745257275088548364400416034343698204186575808495617
Q: constant(uint256) = 21888242871839275222246405745257275088696311157297823662689037894645226208583
MASK: constant(uint256) = 2**253 - 1
START: constant(bytes32) = 0x7c26f909f37b2c61df0bb3b19f76296469cb4d07b582a215c4e2b1f7a05527c3
PAIRING: constant(address) = 0x0000000000000000000000000000000000000008
MINUS_GENERATOR_2: constant(uint256[4]) = [
    11559732032986387107991004021392285783925812861821192530917403151452391805634,
    10857046999023057135944570762232829481370756359578518086990519993285655852781,
    17805874995975841540914202342111839520379459829704422454583296818431106115052,
    13392588948715843804641432497768002650278120570034223513918757245338268106653,
]

MAX_PLAN: constant(uint256) = 1024
MAX_RESULT: constant(uint256) = 2048
MAX_PROOF: constant(uint256) = 6144
MAX_COLUMNS: constant(uint256) = 16
MAX_LENGTHS: constant(uint256) = 8
MAX_CONSTRAINTS: constant(uint256) = 112
MAX_VARIABLES: constant(uint256) = 10
MAX_PARAMETERS: constant(uint256) = 8
MAX_COEFFICIENTS: constant(uint256) = 4

PLANS: public(immutable(address))
TAU: immutable(uint256[4])


# What the transcript gave: challenges and lengths, and where in the proof things begin and end.
struct Drawn:
    n_rows: uint256
    n_columns: uint256
    n_chis: uint256
    n_rhos: uint256
    n_challenges: uint256
    n_constraints: uint256
    n_variables: uint256
    first: uint256
    columns: uint256
    final: uint256
    end: uint256
    masks: uint256
    masks_end: uint256
    point: uint256[MAX_VARIABLES]
    chis: uint256[MAX_LENGTHS]
    rhos: uint256[MAX_LENGTHS]
    challenges: uint256[MAX_LENGTHS]
    multipliers: uint256[MAX_CONSTRAINTS]


# Places in the proof, relative to its first byte.
struct Places:
    first_points: uint256
    n_first: uint256
    final_points: uint256
    n_final: uint256
    first_values: uint256
    column_values: uint256
    final_values: uint256
    opening: uint256


interface Plans:
    def evaluate(
        plan: Bytes[MAX_PLAN],
        result: Bytes[MAX_RESULT],
        proof: Bytes[MAX_PROOF],
        parameters: DynArray[uint256, MAX_PARAMETERS],
        drawn: Drawn,
    ) -> (uint256, uint256): view


@deploy
def __init__(plans: address, tau: uint256[4]):
    """
    @notice Keep the contract that knows plans, and tau·G2 of the setup, imaginary parts first.
    """
    assert plans.is_contract, "no contract there"
    assert tau[0] != 0 or tau[1] != 0 or tau[2] != 0 or tau[3] != 0, "tau is infinity"
    assert raw_call(
        PAIRING,
        abi_encode(empty(uint256[2]), tau),
        is_static_call=True,
        revert_on_failure=False,
    ), "tau is not in G2"
    PLANS = plans
    TAU = tau


@external
@view
def verify(
    plan: Bytes[MAX_PLAN],
    result: Bytes[MAX_RESULT],
    proof: Bytes[MAX_PROOF],
    n_rows: uint256,
    commitments: Bytes[64 * MAX_COLUMNS],
    parameters: DynArray[uint256, MAX_PARAMETERS],
) -> bool:
    """
    @notice True if the proof shows that the plan gives the result; reverts otherwise.
    @param  n_rows Rows of the table.
    @param  commitments A point for each column of the plan.
    @param  parameters Scalars for $1, $2, ...
    """
    drawn: Drawn = empty(Drawn)
    drawn.n_rows = n_rows
    places: Places = empty(Places)

    # The statement, and the first message: lengths and commitments.
    state: bytes32 = keccak256(concat(START, plan))
    state = keccak256(concat(state, result))
    state = keccak256(concat(state, convert(n_rows, bytes32)))
    state = keccak256(concat(state, commitments))
    state = keccak256(concat(state, convert(0, bytes8)))
    longest: uint256 = max(n_rows, 1)
    at: uint256 = 24
    n: uint256 = convert(extract32(proof, 16), uint256) >> 192
    drawn.n_chis = n
    for i: uint256 in range(n, bound=MAX_LENGTHS):
        drawn.chis[i] = convert(extract32(proof, at), uint256) >> 192
        longest = max(longest, drawn.chis[i])
        at = unsafe_add(at, 8)
    assert convert(extract32(proof, 0), uint256) >> 192 == longest, "EvaluationLengthTooLarge"
    drawn.n_rhos = convert(extract32(proof, at), uint256) >> 192
    at = unsafe_add(at, 8)
    for i: uint256 in range(drawn.n_rhos, bound=MAX_LENGTHS):
        drawn.rhos[i] = convert(extract32(proof, at), uint256) >> 192
        at = unsafe_add(at, 8)
    places.n_first = convert(extract32(proof, at), uint256) >> 192
    places.first_points = unsafe_add(at, 8)
    at = unsafe_add(places.first_points, places.n_first << 6)
    state = keccak256(concat(state, slice(proof, 0, at)))
    n_challenges: uint256 = convert(extract32(proof, 8), uint256) >> 192
    for i: uint256 in range(n_challenges, bound=MAX_LENGTHS):
        drawn.challenges[i] = convert(state, uint256) & MASK
        state = keccak256(state)

    # The second message: commitments and bit masks; then multipliers and the row point.
    start: uint256 = at
    n_constraints: uint256 = convert(extract32(proof, at), uint256) >> 192
    places.n_final = convert(extract32(proof, unsafe_add(at, 8)), uint256) >> 192
    places.final_points = unsafe_add(at, 16)
    at = unsafe_add(places.final_points, places.n_final << 6)
    n = convert(extract32(proof, at), uint256) >> 192
    drawn.masks = unsafe_add(at, 8)
    at = drawn.masks + (n << 6)
    drawn.masks_end = at
    state = keccak256(concat(state, slice(proof, start, at - start)))
    for i: uint256 in range(n_constraints, bound=MAX_CONSTRAINTS):
        drawn.multipliers[i] = convert(state, uint256) & MASK
        state = keccak256(state)
    drawn.n_variables = 1
    for _: uint256 in range(MAX_VARIABLES):
        if longest <= 1 << drawn.n_variables:
            break
        drawn.n_variables = unsafe_add(drawn.n_variables, 1)
    rows: uint256[MAX_VARIABLES] = empty(uint256[MAX_VARIABLES])
    for i: uint256 in range(drawn.n_variables, bound=MAX_VARIABLES):
        rows[i] = convert(state, uint256) & MASK
        state = keccak256(state)

    # Sumcheck: every round continues the one before, and fixes one variable.
    n = convert(extract32(proof, at), uint256) >> 192
    size: uint256 = n // drawn.n_variables
    assert size != 0 and size * drawn.n_variables == n, "InvalidSumcheckProofSize"
    assert size == MAX_COEFFICIENTS or n_constraints == 0, "ConstraintDegreeTooHigh"
    state = keccak256(concat(state, convert(convert(n, uint64), bytes8)))
    at = unsafe_add(at, 8)
    claim: uint256 = 0
    for i: uint256 in range(drawn.n_variables, bound=MAX_VARIABLES):
        state = keccak256(concat(state, slice(proof, at, size << 5)))
        x: uint256 = convert(state, uint256) & MASK
        drawn.point[i] = x
        total: uint256 = 0
        value: uint256 = 0
        last: uint256 = 0
        for _: uint256 in range(size, bound=MAX_COEFFICIENTS):
            last = convert(extract32(proof, at), uint256)
            assert last < R, "NonCanonical"
            total = uint256_addmod(total, last, R)
            value = uint256_addmod(uint256_mulmod(value, x, R), last, R)
            at = unsafe_add(at, 32)
        assert uint256_addmod(total, last, R) == claim, "RoundEvaluationMismatch"
        claim = value

    # Evaluations of all committed columns at the point.
    start = at
    assert convert(extract32(proof, at), uint256) >> 192 == places.n_first, "PCSBatchLengthMismatch"
    places.first_values = unsafe_add(at, 8)
    at = unsafe_add(places.first_values, places.n_first << 5)
    n_columns: uint256 = len(commitments) >> 6
    assert len(commitments) == n_columns << 6, "CommitmentArrayOddLength"
    assert convert(extract32(proof, at), uint256) >> 192 == n_columns, "PCSBatchLengthMismatch"
    places.column_values = unsafe_add(at, 8)
    at = unsafe_add(places.column_values, n_columns << 5)
    assert convert(extract32(proof, at), uint256) >> 192 == places.n_final, "PCSBatchLengthMismatch"
    places.final_values = unsafe_add(at, 8)
    places.opening = unsafe_add(places.final_values, places.n_final << 5)
    state = keccak256(concat(state, slice(proof, start, places.opening - start)))

    # The gadgets, at the point.
    drawn.first = places.first_values
    drawn.columns = places.column_values
    drawn.final = places.final_values
    drawn.end = places.opening
    drawn.n_columns = n_columns
    drawn.n_constraints = n_constraints
    drawn.n_challenges = n_challenges
    identities: uint256 = 0
    sums: uint256 = 0
    identities, sums = staticcall Plans(PLANS).evaluate(plan, result, proof, parameters, drawn)
    equality: uint256 = self._equality(longest, rows, drawn.point, drawn.n_variables)
    total: uint256 = uint256_addmod(uint256_mulmod(equality, identities, R), sums, R)
    assert total == claim, "AggregateEvaluationMismatch"

    # The opening: a random sum of all columns, folded variable by variable.
    factors: DynArray[uint256, MAX_CONSTRAINTS] = []
    value: uint256 = 0
    at = places.first_values
    for i: uint256 in range(places.n_first + n_columns + places.n_final, bound=MAX_CONSTRAINTS):
        if i == places.n_first:
            at = places.column_values
        if i == places.n_first + n_columns:
            at = places.final_values
        factor: uint256 = convert(state, uint256) & MASK
        state = keccak256(state)
        evaluation: uint256 = convert(extract32(proof, at), uint256)
        assert evaluation < R, "NonCanonical"
        value = uint256_addmod(value, uint256_mulmod(factor, evaluation, R), R)
        factors.append(factor)
        at = unsafe_add(at, 32)
    at = places.opening
    n = unsafe_sub(drawn.n_variables, 1)
    assert convert(extract32(proof, at), uint256) >> 192 == n, "HyperKZGProofSizeMismatch"
    steps: uint256 = unsafe_add(at, 8)
    state = keccak256(concat(state, slice(proof, steps, n << 6)))
    r: uint256 = convert(state, uint256) & MASK
    state = keccak256(state)
    at = unsafe_add(steps, n << 6)
    assert convert(extract32(proof, at), uint256) >> 192 == n + 1, "HyperKZGProofSizeMismatch"
    values: uint256 = unsafe_add(at, 8)
    quotients: uint256 = unsafe_add(values, 96 * drawn.n_variables)
    assert len(proof) == quotients + 192, "HyperKZGProofSizeMismatch"
    state = keccak256(concat(state, slice(proof, values, quotients - values)))
    q: uint256 = convert(state, uint256) & MASK
    state = keccak256(state)
    state = keccak256(concat(state, slice(proof, quotients, 192)))
    d: uint256 = convert(state, uint256) & MASK
    d2: uint256 = uint256_mulmod(d, d, R)
    weight: uint256 = (1 + d + d2) % R

    # From the last variable to the first: each step's values continue in the next, and b gathers.
    b: uint256 = 0
    following: uint256 = value
    at = quotients
    for i: uint256 in range(drawn.n_variables, bound=MAX_VARIABLES):
        at = unsafe_sub(at, 96)
        x: uint256 = drawn.point[unsafe_sub(unsafe_sub(drawn.n_variables, 1), i)]
        plus: uint256 = convert(extract32(proof, at), uint256)
        minus: uint256 = convert(extract32(proof, at + 32), uint256)
        square: uint256 = convert(extract32(proof, at + 64), uint256)
        assert plus < R and minus < R and square < R, "NonCanonical"
        half: uint256 = uint256_mulmod(x + (R - 1), uint256_addmod(plus, minus, R), R)
        half = uint256_mulmod(r, 2 * following + half, R)
        assert uint256_addmod(
            half, uint256_mulmod(x, minus + (R - plus), R), R
        ) == 0, "HyperKZGInconsistentV"
        following = square
        gathered: uint256 = uint256_addmod(plus, uint256_mulmod(minus, d, R), R)
        gathered = uint256_addmod(gathered, uint256_mulmod(square, d2, R), R)
        b = uint256_addmod(uint256_mulmod(b, q, R), gathered, R)

    # L = (1 + d + d²)·(C + sum q^i·step_i) - b·G + r·w0 - d·r·w1 + d²·r²·w2
    left: uint256[2] = ecmul([convert(1, uint256), 2], R - b)
    at = places.first_points
    for i: uint256 in range(places.n_first, bound=MAX_CONSTRAINTS):
        point: uint256[2] = self._point(slice(proof, at, 64))
        left = ecadd(left, ecmul(point, uint256_mulmod(weight, factors[i], R)))
        at = unsafe_add(at, 64)
    for i: uint256 in range(n_columns, bound=MAX_COLUMNS):
        point: uint256[2] = self._point(slice(commitments, i << 6, 64))
        factor: uint256 = factors[places.n_first + i]
        left = ecadd(left, ecmul(point, uint256_mulmod(weight, factor, R)))
    at = places.final_points
    for i: uint256 in range(places.n_final, bound=MAX_CONSTRAINTS):
        point: uint256[2] = self._point(slice(proof, at, 64))
        factor: uint256 = factors[places.n_first + n_columns + i]
        left = ecadd(left, ecmul(point, uint256_mulmod(weight, factor, R)))
        at = unsafe_add(at, 64)
    power: uint256 = weight
    for i: uint256 in range(n, bound=MAX_VARIABLES):
        power = uint256_mulmod(power, q, R)
        point: uint256[2] = self._point(slice(proof, steps + (i << 6), 64))
        left = ecadd(left, ecmul(point, power))
    w0: uint256[2] = self._point(slice(proof, quotients, 64))
    w1: uint256[2] = self._point(slice(proof, quotients + 64, 64))
    w2: uint256[2] = self._point(slice(proof, quotients + 128, 64))
    left = ecadd(left, ecmul(w0, r))
    left = ecadd(left, ecmul(w1, R - uint256_mulmod(d, r, R)))
    rd: uint256 = uint256_mulmod(r, d, R)
    left = ecadd(left, ecmul(w2, uint256_mulmod(rd, rd, R)))
    right: uint256[2] = ecadd(ecadd(w0, ecmul(w1, d)), ecmul(w2, d2))
    answer: Bytes[32] = raw_call(
        PAIRING,
        abi_encode(left, MINUS_GENERATOR_2, right, TAU),
        max_outsize=32,
        is_static_call=True,
    )
    assert convert(answer, uint256) == 1, "HyperKZGPairingCheckFailed"
    return True


@internal
@pure
def _equality(
    length: uint256,
    x: uint256[MAX_VARIABLES],
    y: uint256[MAX_VARIABLES],
    n_variables: uint256,
) -> uint256:
    """
    @dev The equality polynomial of x, cut off after `length` rows, at y.
    """
    cut: uint256 = 0
    whole: uint256 = 1
    for k: uint256 in range(n_variables, bound=MAX_VARIABLES):
        both: uint256 = uint256_mulmod(x[k], y[k], R)
        neither: uint256 = uint256_mulmod(R + 1 - x[k], R + 1 - y[k], R)
        if (length >> k) & 1 == 1:
            cut = uint256_mulmod(whole, neither, R) + uint256_mulmod(cut, both, R)
        else:
            cut = uint256_mulmod(cut, neither, R)
        whole = uint256_mulmod(whole, both + neither, R)
    if length >> n_variables != 0:
        return whole
    return cut % R


@internal
@pure
def _point(data: Bytes[64]) -> uint256[2]:
    """
    @dev 64 bytes as a point. The precompiled contracts would refuse others, and take all the gas.
    """
    x: uint256 = convert(extract32(data, 0), uint256)
    y: uint256 = convert(extract32(data, 32), uint256)
    cube: uint256 = uint256_addmod(uint256_mulmod(uint256_mulmod(x, x, Q), x, Q), 3, Q)
    is_on_curve: bool = uint256_mulmod(y, y, Q) == cube and x < Q and y < Q
    assert is_on_curve or x | y == 0, "InvalidECMulInputs"
    return [x, y]
