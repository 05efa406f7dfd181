# pragma version ~=0.4.3
"""
@title   Verifier of Proof of SQL
@license MIT
@notice  Says whether a proof shows the result of a query over a committed table, in the bytes of
         the deployed system: plan, result and proof as spaceandtimefdn/sxt-proof-of-sql@8b0de6b
         writes them. It knows one table and the nodes filter, aggregate, projection and slice, the
         older filter and group-by included; results are columns, predicates any expression.

         Whatever is wrong reverts, with the deployed system's name for it.

@dev     Commitments must come from somebody who is trusted for them: `TableRegistry` is.
         The plan is walked once, without recursion: nodes down to the table and back, expressions
         in prefix order with a stack. Every message has its place in the proof, so all that the
         gadgets need are cursors; at the end each must have arrived.
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

# Numbers of nodes and expressions.
LEGACY_FILTER: constant(uint256) = 0
TABLE: constant(uint256) = 2
PROJECTION: constant(uint256) = 3
SLICE: constant(uint256) = 4
GROUP_BY: constant(uint256) = 5
FILTER: constant(uint256) = 8
AGGREGATE: constant(uint256) = 9
COLUMN: constant(uint256) = 0
LITERAL: constant(uint256) = 1
EQ: constant(uint256) = 2
ADD: constant(uint256) = 3
SUB: constant(uint256) = 4
MUL: constant(uint256) = 5
BOTH: constant(uint256) = 6
EITHER: constant(uint256) = 7
NEGATED: constant(uint256) = 8
CAST: constant(uint256) = 9
INEQ: constant(uint256) = 10
PARAM: constant(uint256) = 11
SCALE: constant(uint256) = 12

# Types: number, and for decimals and timestamps what follows it, in one word.
BIGINT: constant(uint256) = 5 << 224
SCALAR: constant(uint256) = 10 << 224
DECIMAL_ID: constant(uint256) = 8
TIMESTAMP_ID: constant(uint256) = 9
SCALAR_ID: constant(uint256) = 10
VARCHAR_ID: constant(uint256) = 7
VARBINARY_ID: constant(uint256) = 11

SIGN: constant(uint256) = 2**255
LOW_BITS: constant(uint256) = 2**255 - 1
HIGH_BITS: constant(uint256) = LOW_BITS ^ (2**128 - 1)

MAX_PLAN: constant(uint256) = 2048
MAX_RESULT: constant(uint256) = 4096
MAX_PROOF: constant(uint256) = 10240
MAX_COLUMNS: constant(uint256) = 16
MAX_OPENED: constant(uint256) = 112
MAX_LENGTHS: constant(uint256) = 8
MAX_CONSTRAINTS: constant(uint256) = 112
MAX_VARIABLES: constant(uint256) = 10
MAX_COEFFICIENTS: constant(uint256) = 4
MAX_NODES: constant(uint256) = 8
MAX_DEPTH: constant(uint256) = 16
MAX_TOKENS: constant(uint256) = 64
MAX_ROWS: constant(uint256) = 64
MAX_PARAMETERS: constant(uint256) = 8
MAX_TEXT: constant(uint256) = 256  # bytes of a text, or of a name and its length

TAU: immutable(uint256[4])


# Where the gadgets stand: cursors into calldata, queues, and the relation of the last node.
struct Run:
    plan: uint256  # next byte of the plan
    first: uint256  # next first-round evaluation
    final: uint256  # next final-round evaluation
    masks: uint256  # next bit masks
    chi: uint256  # next of chis
    rho: uint256
    challenge: uint256
    constraint: uint256
    identities: uint256  # sum of mu·f over constraints of every row; eq is common to them
    sums: uint256  # the same over sums
    n_variables: uint256
    n_parameters: uint256
    point: uint256[MAX_VARIABLES]
    chis: uint256[MAX_LENGTHS]
    rhos: uint256[MAX_LENGTHS]
    challenges: uint256[MAX_LENGTHS]
    multipliers: uint256[MAX_CONSTRAINTS]
    parameters: uint256[MAX_PARAMETERS]
    n_columns: uint256
    length: uint256
    ones: uint256  # chi of the length, at the point
    columns: uint256[MAX_COLUMNS]
    types: uint256[MAX_COLUMNS]


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


@deploy
def __init__(tau: uint256[4]):
    """
    @notice Keep tau·G2 of the setup, imaginary parts first.
    """
    assert tau[0] != 0 or tau[1] != 0 or tau[2] != 0 or tau[3] != 0, "tau is infinity"
    assert raw_call(
        PAIRING,
        abi_encode(empty(uint256[2]), tau),
        is_static_call=True,
        revert_on_failure=False,
    ), "tau is not in G2"
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
    run: Run = empty(Run)
    places: Places = empty(Places)
    plan_at: uint256 = 36 + convert(slice(msg.data, 4, 32), uint256)
    result_at: uint256 = 36 + convert(slice(msg.data, 36, 32), uint256)
    proof_at: uint256 = 36 + convert(slice(msg.data, 68, 32), uint256)
    run.n_parameters = len(parameters)
    for i: uint256 in range(len(parameters), bound=MAX_PARAMETERS):
        assert parameters[i] < R, "InvalidIndex"
        run.parameters[i] = parameters[i]

    # The statement, and the first message: lengths and commitments.
    state: bytes32 = keccak256(concat(START, plan))
    state = keccak256(concat(state, result))
    state = keccak256(concat(state, convert(n_rows, bytes32)))
    state = keccak256(concat(state, commitments))
    state = keccak256(concat(state, convert(0, bytes8)))
    longest: uint256 = max(n_rows, 1)
    at: uint256 = 24
    n: uint256 = convert(extract32(proof, 16), uint256) >> 192
    n_chis: uint256 = n
    for i: uint256 in range(n, bound=MAX_LENGTHS):
        run.chis[i] = convert(extract32(proof, at), uint256) >> 192
        longest = max(longest, run.chis[i])
        at = unsafe_add(at, 8)
    assert convert(extract32(proof, 0), uint256) >> 192 == longest, "EvaluationLengthTooLarge"
    n_rhos: uint256 = convert(extract32(proof, at), uint256) >> 192
    at = unsafe_add(at, 8)
    for i: uint256 in range(n_rhos, bound=MAX_LENGTHS):
        run.rhos[i] = convert(extract32(proof, at), uint256) >> 192
        at = unsafe_add(at, 8)
    places.n_first = convert(extract32(proof, at), uint256) >> 192
    places.first_points = unsafe_add(at, 8)
    at = unsafe_add(places.first_points, places.n_first << 6)
    state = keccak256(concat(state, slice(proof, 0, at)))
    n_challenges: uint256 = convert(extract32(proof, 8), uint256) >> 192
    for i: uint256 in range(n_challenges, bound=MAX_LENGTHS):
        run.challenges[i] = convert(state, uint256) & MASK
        state = keccak256(state)

    # The second message: commitments and bit masks; then multipliers and the row point.
    start: uint256 = at
    n_constraints: uint256 = convert(extract32(proof, at), uint256) >> 192
    places.n_final = convert(extract32(proof, unsafe_add(at, 8)), uint256) >> 192
    places.final_points = unsafe_add(at, 16)
    at = unsafe_add(places.final_points, places.n_final << 6)
    n = convert(extract32(proof, at), uint256) >> 192
    run.masks = proof_at + at + 8
    masks_end: uint256 = run.masks + (n << 6)
    at = unsafe_add(at, 8 + (n << 6))
    state = keccak256(concat(state, slice(proof, start, at - start)))
    for i: uint256 in range(n_constraints, bound=MAX_CONSTRAINTS):
        run.multipliers[i] = convert(state, uint256) & MASK
        state = keccak256(state)
    run.n_variables = 1
    for _: uint256 in range(MAX_VARIABLES):
        if longest <= 1 << run.n_variables:
            break
        run.n_variables = unsafe_add(run.n_variables, 1)
    rows: uint256[MAX_VARIABLES] = empty(uint256[MAX_VARIABLES])
    for i: uint256 in range(run.n_variables, bound=MAX_VARIABLES):
        rows[i] = convert(state, uint256) & MASK
        state = keccak256(state)

    # Sumcheck: every round continues the one before, and fixes one variable.
    n = convert(extract32(proof, at), uint256) >> 192
    size: uint256 = n // run.n_variables
    assert size != 0 and size * run.n_variables == n, "InvalidSumcheckProofSize"
    assert size == MAX_COEFFICIENTS or n_constraints == 0, "ConstraintDegreeTooHigh"
    state = keccak256(concat(state, convert(convert(n, uint64), bytes8)))
    at = unsafe_add(at, 8)
    claim: uint256 = 0
    for i: uint256 in range(run.n_variables, bound=MAX_VARIABLES):
        state = keccak256(concat(state, slice(proof, at, size << 5)))
        x: uint256 = convert(state, uint256) & MASK
        run.point[i] = x
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
    run.plan = plan_at
    run.first = proof_at + places.first_values
    run.final = proof_at + places.final_values
    outputs: uint256 = 0
    run, outputs = self._walk(run, proof_at + places.column_values, n_rows, n_columns)
    assert run.plan == plan_at + len(plan), "TrailingBytes"
    assert run.first == proof_at + places.column_values - 8, "EmptyQueue"
    assert run.final == proof_at + places.opening and run.masks == masks_end, "EmptyQueue"
    assert run.chi == n_chis and run.rho == n_rhos, "EmptyQueue"
    assert run.challenge == n_challenges and run.constraint == n_constraints, "EmptyQueue"
    equality: uint256 = self._equality(longest, rows, run.point, run.n_variables)
    total: uint256 = uint256_addmod(uint256_mulmod(equality, run.identities, R), run.sums, R)
    assert total == claim, "AggregateEvaluationMismatch"
    self._check_result(run, outputs, result_at, len(result))

    # The opening: a random sum of all columns, folded variable by variable.
    factors: DynArray[uint256, MAX_OPENED] = []
    value: uint256 = 0
    at = places.first_values
    for i: uint256 in range(places.n_first + n_columns + places.n_final, bound=MAX_OPENED):
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
    n = unsafe_sub(run.n_variables, 1)
    assert convert(extract32(proof, at), uint256) >> 192 == n, "HyperKZGProofSizeMismatch"
    steps: uint256 = unsafe_add(at, 8)
    state = keccak256(concat(state, slice(proof, steps, n << 6)))
    r: uint256 = convert(state, uint256) & MASK
    state = keccak256(state)
    at = unsafe_add(steps, n << 6)
    assert convert(extract32(proof, at), uint256) >> 192 == n + 1, "HyperKZGProofSizeMismatch"
    values: uint256 = unsafe_add(at, 8)
    quotients: uint256 = unsafe_add(values, 96 * run.n_variables)
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
    for i: uint256 in range(run.n_variables, bound=MAX_VARIABLES):
        at = unsafe_sub(at, 96)
        x: uint256 = run.point[unsafe_sub(unsafe_sub(run.n_variables, 1), i)]
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
    for i: uint256 in range(places.n_first, bound=MAX_OPENED):
        point: uint256[2] = self._point(slice(proof, at, 64))
        left = ecadd(left, ecmul(point, uint256_mulmod(weight, factors[i], R)))
        at = unsafe_add(at, 64)
    for i: uint256 in range(n_columns, bound=MAX_COLUMNS):
        point: uint256[2] = self._point(slice(commitments, i << 6, 64))
        factor: uint256 = factors[places.n_first + i]
        left = ecadd(left, ecmul(point, uint256_mulmod(weight, factor, R)))
    at = places.final_points
    for i: uint256 in range(places.n_final, bound=MAX_OPENED):
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
@view
def _walk(given: Run, columns: uint256, n_rows: uint256, n_columns: uint256) -> (Run, uint256):
    """
    @dev The plan's header and nodes; the relation of the root is left in the run.
         Also gives where the outputs' names begin.
    """
    run: Run = given
    at: uint256 = run.plan
    assert self._u64(at) == 1, "InvalidIndex"
    at += 16 + self._u64(at + 8)
    assert self._u64(at) == n_columns, "InvalidIndex"
    at += 8
    types: uint256[MAX_COLUMNS] = empty(uint256[MAX_COLUMNS])
    for i: uint256 in range(n_columns, bound=MAX_COLUMNS):
        assert self._u64(at) == 0, "InvalidIndex"
        at += 16 + self._u64(at + 8)
        size: uint256 = 0
        types[i], size = self._type(at)
        at += size
    outputs: uint256 = at
    n: uint256 = self._u64(at)
    at += 8
    for i: uint256 in range(n, bound=MAX_COLUMNS):
        at += 8 + self._u64(at)

    # Down to the table: filters and aggregates take their challenges on the way.
    tags: DynArray[uint256, MAX_NODES] = []
    taken: DynArray[uint256, MAX_NODES] = []
    for _: uint256 in range(MAX_NODES):
        tag: uint256 = self._word(at) >> 224
        at += 4
        tags.append(tag)
        taken.append(run.challenge)
        if tag == FILTER or tag == AGGREGATE or tag == LEGACY_FILTER or tag == GROUP_BY:
            run.challenge += 2
        if tag == TABLE or tag == LEGACY_FILTER or tag == GROUP_BY:
            break
        is_known: bool = tag == FILTER or tag == AGGREGATE or tag == PROJECTION or tag == SLICE
        assert is_known, "UnsupportedProofPlanVariant"
    leaf: uint256 = tags[len(tags) - 1]
    assert self._u64(at) == 0, "InvalidIndex"
    at += 8
    run.n_columns = n_columns
    run.types = types
    run.length = n_rows
    run.ones = self._chi(n_rows, run.point, run.n_variables)
    for i: uint256 in range(n_columns, bound=MAX_COLUMNS):
        run.columns[i] = self._word(columns + (i << 5))
    if leaf == TABLE:
        assert self._u64(at) == n_columns, "InvalidIndex"
        at += 8
        for i: uint256 in range(n_columns, bound=MAX_COLUMNS):
            assert self._u64(at) == i, "InvalidIndex"
            at += 8
    run.plan = at

    # And back up.
    for i: uint256 in range(len(tags), bound=MAX_NODES):
        k: uint256 = len(tags) - 1 - i
        if tags[k] == FILTER or tags[k] == LEGACY_FILTER:
            run = self._filter(run, taken[k])
        elif tags[k] == AGGREGATE or tags[k] == GROUP_BY:
            run = self._group(run, taken[k], tags[k] == GROUP_BY)
        elif tags[k] == PROJECTION:
            run = self._choose(run)
        elif tags[k] == SLICE:
            run = self._slice(run)
    return run, outputs


@internal
@view
def _choose(given: Run) -> Run:
    """
    @dev A list of columns, in the plan; other expressions are not results here.
    """
    run: Run = given
    n: uint256 = self._u64(run.plan)
    run.plan += 8
    for i: uint256 in range(n, bound=MAX_COLUMNS):
        assert self._word(run.plan) >> 224 == COLUMN, "UnsupportedProofExprVariant"
        index: uint256 = self._u64(run.plan + 4)
        assert index < given.n_columns, "InvalidIndex"
        run.columns[i] = given.columns[index]
        run.types[i] = given.types[index]
        run.plan += 12
    run.n_columns = n
    return run


@internal
@view
def _filter(given: Run, taken: uint256) -> Run:
    """
    @dev The output rows are the input rows where the predicate is 1.
    """
    run: Run = given
    where: uint256 = 0
    run, where = self._expression(run)
    return self._same_rows(self._choose(run), taken, where)


@internal
@view
def _slice(given: Run) -> Run:
    """
    @dev The output rows are those from a first to a last.
    """
    run: Run = given
    first: uint256 = min(self._u64(run.plan), run.length)
    last: uint256 = run.length
    has_limit: uint256 = self._word(run.plan + 8) >> 248
    assert has_limit < 2, "InvalidBoolean"
    if has_limit == 1:
        last = max(first, min(self._u64(run.plan) + self._u64(run.plan + 9), run.length))
    run.plan += 9 + 8 * has_limit
    assert run.chis[run.chi] == last - first, "SliceMaxLengthMismatch"
    assert run.chis[run.chi + 1] == first, "SliceOffsetPlanValueMismatch"
    assert run.chis[run.chi + 2] == last, "SliceMaxLengthMismatch"
    selected: uint256 = self._chi(last, run.point, run.n_variables)
    selected += R - self._chi(first, run.point, run.n_variables)
    run.challenge += 2
    run = self._same_rows(run, run.challenge - 2, selected % R)
    run.chi += 2
    return run


@internal
@view
def _same_rows(given: Run, taken: uint256, selected: uint256) -> Run:
    """
    @dev The run's columns, where selected, are the next first-round columns.
    """
    run: Run = given
    beta: uint256 = run.challenges[taken + 1]
    inputs: uint256 = 0
    outputs: uint256 = 0
    for i: uint256 in range(run.n_columns, bound=MAX_COLUMNS):
        inputs = uint256_addmod(uint256_mulmod(inputs, beta, R), run.columns[i], R)
        run.columns[i] = self._word(run.first)
        run.first += 32
        outputs = uint256_addmod(uint256_mulmod(outputs, beta, R), run.columns[i], R)
    inputs = uint256_mulmod(inputs, run.challenges[taken], R)
    outputs = uint256_mulmod(outputs, run.challenges[taken], R)
    ones_in: uint256 = run.ones
    run.length = run.chis[run.chi]
    run.chi += 1
    run.ones = self._chi(run.length, run.point, run.n_variables)
    c_star: uint256 = self._word(run.final)
    d_star: uint256 = self._word(run.final + 32)
    run.final += 64
    # I(c* + in·c* - chi_n), I(d* + out·d* - chi_m), Z(c*·s - d*), I(out·chi_m - out)
    m: uint256 = run.constraint
    first: uint256 = uint256_mulmod(c_star, inputs + 1, R) + (R - ones_in)
    second: uint256 = uint256_mulmod(d_star, outputs + 1, R) + (R - run.ones)
    fourth: uint256 = uint256_mulmod(outputs, run.ones + (R - 1), R)
    total: uint256 = uint256_mulmod(run.multipliers[m], first, R)
    total = uint256_addmod(total, uint256_mulmod(run.multipliers[m + 1], second, R), R)
    total = uint256_addmod(total, uint256_mulmod(run.multipliers[m + 3], fourth, R), R)
    run.identities = uint256_addmod(run.identities, total, R)
    third: uint256 = uint256_mulmod(c_star, selected, R) + (R - d_star)
    run.sums = uint256_addmod(run.sums, uint256_mulmod(run.multipliers[m + 2], third, R), R)
    run.constraint = m + 4
    return run


@internal
@view
def _group(given: Run, taken: uint256, is_legacy: bool) -> Run:
    """
    @dev Inputs and outputs have one sum of (1 + beta·values)/(1 + key), and keys ascend.
    """
    run: Run = given
    alpha: uint256 = run.challenges[taken]
    beta: uint256 = run.challenges[taken + 1]
    n_keys: uint256 = self._u64(run.plan)
    run.plan += 8
    assert n_keys < 2, "UnprovableGroupBy"
    key: uint256 = 0
    key_type: uint256 = 0
    if n_keys == 1:
        if not is_legacy:
            assert self._word(run.plan) >> 224 == COLUMN, "UnsupportedProofExprVariant"
            run.plan += 4
        index: uint256 = self._u64(run.plan)
        assert index < run.n_columns, "InvalidIndex"
        run.plan += 8
        key = uint256_mulmod(alpha, run.columns[index], R)
        key_type = run.types[index]
        kind: uint256 = key_type >> 224
        assert kind != VARCHAR_ID and kind != VARBINARY_ID, "UnprovableGroupBy"
    star_in: uint256 = 0
    run, star_in = self._star(run, key, run.ones)
    where: uint256 = 0
    run, where = self._expression(run)
    n_sums: uint256 = self._u64(run.plan)
    run.plan += 8
    folded: uint256 = 0
    for i: uint256 in range(n_sums, bound=MAX_COLUMNS):
        value: uint256 = 0
        run, value = self._expression(run)
        folded = uint256_addmod(uint256_mulmod(folded, beta, R), value, R)
    folded = uint256_addmod(uint256_mulmod(folded, beta, R), run.ones, R)
    run.plan += 8 + self._u64(run.plan)
    run.length = run.chis[run.chi]
    run.chi += 1
    run.ones = self._chi(run.length, run.point, run.n_variables)
    if n_keys == 1:
        run.columns[0] = self._word(run.first)
        run.types[0] = key_type
        run.first += 32
        key = uint256_mulmod(alpha, run.columns[0], R)
    star_out: uint256 = 0
    run, star_out = self._star(run, key, run.ones)
    if n_keys == 1:
        run = self._ascending(run, alpha, beta)
    values: uint256 = 0
    for i: uint256 in range(n_sums + 1, bound=MAX_COLUMNS):
        run.columns[n_keys + i] = self._word(run.first)
        run.types[n_keys + i] = SCALAR
        run.first += 32
        values = uint256_addmod(uint256_mulmod(values, beta, R), run.columns[n_keys + i], R)
    run.types[n_keys + n_sums] = BIGINT
    run.n_columns = n_keys + n_sums + 1
    total: uint256 = uint256_mulmod(uint256_mulmod(star_in, where, R), folded, R)
    total = total + (R - uint256_mulmod(star_out, values, R))
    mu: uint256 = run.multipliers[run.constraint]
    run.constraint += 1
    run.sums = uint256_addmod(run.sums, uint256_mulmod(mu, total, R), R)
    return run


@internal
@view
def _star(given: Run, folded: uint256, ones: uint256) -> (Run, uint256):
    """
    @dev The next final-round column, constrained to be 1/(1 + folded).
    """
    run: Run = given
    star: uint256 = self._word(run.final)
    run.final += 32
    value: uint256 = uint256_mulmod(star, folded + 1, R) + (R - ones)
    value = uint256_mulmod(run.multipliers[run.constraint], value, R)
    run.identities = uint256_addmod(run.identities, value, R)
    run.constraint += 1
    return run, star


@internal
@view
def _ascending(given: Run, alpha: uint256, beta: uint256) -> Run:
    """
    @dev The run's first column ascends strictly: it is compared with itself, moved by one row.
    """
    run: Run = given
    key: uint256 = run.columns[0]
    shifted: uint256 = self._word(run.first)
    run.first += 32
    assert run.chis[run.chi] == run.length + 1, "MonotonyCheckFailed"
    assert run.rhos[run.rho] == run.length, "MonotonyCheckFailed"
    assert run.rhos[run.rho + 1] == run.length + 1, "MonotonyCheckFailed"
    run.chi += 1
    run.rho += 2
    longer: uint256 = self._chi(run.length + 1, run.point, run.n_variables)
    numbers: uint256 = self._rho(run.length, run.point, run.n_variables) + run.ones
    before: uint256 = uint256_addmod(uint256_mulmod(beta, numbers, R), key, R)
    numbers = self._rho(run.length + 1, run.point, run.n_variables)
    after: uint256 = uint256_addmod(uint256_mulmod(beta, numbers, R), shifted, R)
    before = uint256_mulmod(alpha, before, R)
    after = uint256_mulmod(alpha, after, R)
    c_star: uint256 = self._word(run.final)
    d_star: uint256 = self._word(run.final + 32)
    mu: uint256 = run.multipliers[run.constraint]
    run.constraint += 1
    run.sums = uint256_addmod(run.sums, uint256_mulmod(mu, c_star + (R - d_star), R), R)
    ignored: uint256 = 0
    run, ignored = self._star(run, before, longer)
    run, ignored = self._star(run, after, longer)
    negative: uint256 = 0
    d: uint256 = (shifted + (R - key)) % R
    run, negative = self._sign(run, d, longer, run.length + 1)
    only_first: uint256 = R - self._chi(1, run.point, run.n_variables)
    assert (
        negative == run.ones
        or negative == (longer + only_first) % R
        or negative == (run.ones + only_first) % R
    ), "MonotonyCheckFailed"
    return run


@internal
@view
def _sign(given: Run, d: uint256, ones: uint256, length: uint256) -> (Run, uint256):
    """
    @dev The column that is 1 where d is negative, from the columns of its varying bits.
    """
    run: Run = given
    varying: uint256 = self._word(run.masks)
    leading: uint256 = self._word(run.masks + 32)
    run.masks += 64
    if length == 0 and varying == 0:
        assert d == 0, "BitDecompositionInvalid"
        return run, 0
    lead: uint256 = leading | SIGN
    inverted: uint256 = (~varying ^ lead) & LOW_BITS
    assert varying & leading & LOW_BITS == 0, "InvalidVaryingBits"
    assert inverted & HIGH_BITS == HIGH_BITS, "InvalidVaryingBits"
    total: uint256 = 0
    not_negative: uint256 = uint256_mulmod(leading >> 255, ones, R)
    left: uint256 = varying
    m: uint256 = run.constraint
    for _: uint256 in range(256):
        if left == 0:
            break
        weight: uint256 = left & unsafe_add(~left, 1)
        left = left ^ weight
        bit: uint256 = self._word(run.final)
        run.final += 32
        value: uint256 = uint256_mulmod(bit, R + 1 - bit, R)
        value = uint256_mulmod(run.multipliers[m], value, R)
        run.identities = uint256_addmod(run.identities, value, R)
        m += 1
        if weight == SIGN:
            not_negative = bit
        else:
            total = uint256_addmod(total, uint256_mulmod(weight, bit, R), R)
    run.constraint = m
    negative: uint256 = (ones + (R - not_negative)) % R
    total = uint256_addmod(total, uint256_mulmod(not_negative, lead, R), R)
    total = uint256_addmod(total, uint256_mulmod(negative, inverted, R), R)
    total = total + (R - uint256_mulmod(ones, SIGN, R))
    assert total % R == d, "BitDecompositionInvalid"
    return run, negative


@internal
@view
def _expression(given: Run) -> (Run, uint256):
    """
    @dev The value of the expression at the plan's cursor, its gadgets constrained.
    """
    run: Run = given
    at: uint256 = run.plan
    operators: uint256[MAX_DEPTH] = empty(uint256[MAX_DEPTH])
    has_left: bool[MAX_DEPTH] = empty(bool[MAX_DEPTH])
    lefts: uint256[MAX_DEPTH] = empty(uint256[MAX_DEPTH])
    top: uint256 = 0
    for _: uint256 in range(MAX_TOKENS):
        tag: uint256 = self._word(at) >> 224
        at += 4
        value: uint256 = 0
        size: uint256 = 0
        kind: uint256 = 0
        if tag == COLUMN:
            index: uint256 = self._u64(at)
            assert index < run.n_columns, "InvalidIndex"
            value = run.columns[index]
            at += 8
        elif tag == LITERAL:
            kind, size = self._type(at)
            at += size
            value, size = self._value(kind >> 224, at, True)
            value = uint256_mulmod(value, run.ones, R)
            at += size
        elif tag == PARAM:
            index: uint256 = self._u64(at)
            assert index < run.n_parameters, "InvalidIndex"
            value = uint256_mulmod(run.parameters[index], run.ones, R)
            kind, size = self._type(at + 8)
            at += 8 + size
        else:
            assert tag <= SCALE, "UnsupportedProofExprVariant"
            if tag == CAST or tag == SCALE:
                kind, size = self._type(at)
                at += size
            operators[top] = tag
            has_left[top] = False
            top += 1
            continue
        # A value is there: give it to the operators that wait for it.
        is_waiting: bool = False
        for _depth: uint256 in range(MAX_DEPTH):
            if top == 0:
                break
            operator: uint256 = operators[top - 1]
            is_binary: bool = operator < NEGATED or operator == INEQ
            if is_binary and not has_left[top - 1]:
                lefts[top - 1] = value
                has_left[top - 1] = True
                is_waiting = True
                break
            top -= 1
            left: uint256 = lefts[top]
            if operator == NEGATED:
                value = (run.ones + (R - value)) % R
            elif operator == SCALE:
                value = uint256_mulmod(value, self._word(at), R)
                at += 32
            elif operator == ADD:
                value = uint256_addmod(left, value, R)
            elif operator == SUB:
                value = (left + (R - value)) % R
            elif operator == INEQ:
                is_less: uint256 = self._word(at) >> 248
                at += 1
                assert is_less < 2, "InvalidBoolean"
                d: uint256 = (value + (R - left)) % R
                if is_less == 1:
                    d = (left + (R - value)) % R
                run, value = self._sign(run, d, run.ones, run.length)
            elif operator == EQ:
                # I(s·d), I(chi - s - d·inverse)
                d: uint256 = (left + (R - value)) % R
                inverse: uint256 = self._word(run.final)
                value = self._word(run.final + 32)
                run.final += 64
                m: uint256 = run.constraint
                second: uint256 = run.ones + (R - value) + (R - uint256_mulmod(d, inverse, R))
                total: uint256 = uint256_mulmod(
                    run.multipliers[m], uint256_mulmod(value, d, R), R
                )
                total = uint256_addmod(
                    total, uint256_mulmod(run.multipliers[m + 1], second, R), R
                )
                run.identities = uint256_addmod(run.identities, total, R)
                run.constraint = m + 2
            elif operator != CAST:
                # mul, and, or: I(p - l·r)
                product: uint256 = self._word(run.final)
                run.final += 32
                d: uint256 = product + (R - uint256_mulmod(left, value, R))
                d = uint256_mulmod(run.multipliers[run.constraint], d, R)
                run.identities = uint256_addmod(run.identities, d, R)
                run.constraint += 1
                if operator == EITHER:
                    value = (left + value + (R - product)) % R
                else:
                    value = product
        if top == 0 and not is_waiting:
            run.plan = at
            return run, value
    raise "UnsupportedProofExprVariant"


@internal
@view
def _check_result(run: Run, outputs: uint256, result_at: uint256, size: uint256):
    """
    @dev Names, types and length are the plan's, and every column has the value that was proved.
    """
    name: uint256 = outputs
    at: uint256 = result_at
    assert self._u64(name) == run.n_columns, "ResultColumnCountMismatch"
    assert self._u64(at) == run.n_columns, "ResultColumnCountMismatch"
    name += 8
    at += 8
    assert run.length <= MAX_ROWS, "InconsistentResultColumnLengths"
    weights: uint256[MAX_ROWS] = self._weights(run.length, run.point, run.n_variables)
    for i: uint256 in range(run.n_columns, bound=MAX_COLUMNS):
        n: uint256 = self._u64(name) + 8
        assert n <= MAX_TEXT, "InvalidResultColumnName"
        wanted: Bytes[MAX_TEXT] = slice(msg.data, name, MAX_TEXT)
        given: Bytes[MAX_TEXT] = slice(msg.data, at, MAX_TEXT)
        assert slice(wanted, 0, n) == slice(given, 0, n), "InvalidResultColumnName"
        name += n
        at += n
        assert self._word(at) >> 248 == 0, "InvalidResultColumnName"
        kind: uint256 = 0
        kind, n = self._type(at + 1)
        assert kind == run.types[i], "InvalidResultColumnName"
        at += 1 + n
        assert self._u64(at) == run.length, "InconsistentResultColumnLengths"
        at += 8
        total: uint256 = 0
        for row: uint256 in range(run.length, bound=MAX_ROWS):
            value: uint256 = 0
            value, n = self._value(kind >> 224, at, False)
            total = uint256_addmod(total, uint256_mulmod(weights[row], value, R), R)
            at += n
        assert total == run.columns[i], "IncorrectResult"
    assert at == result_at + size, "TrailingBytes"


@internal
@pure
def _weights(
    n: uint256, point: uint256[MAX_VARIABLES], n_variables: uint256
) -> uint256[MAX_ROWS]:
    """
    @dev What rows 0..n-1 weigh at the point.
    """
    weights: uint256[MAX_ROWS] = empty(uint256[MAX_ROWS])
    weights[0] = 1
    filled: uint256 = 1
    for k: uint256 in range(n_variables, bound=MAX_VARIABLES):
        x: uint256 = point[k]
        if filled < n:
            for i: uint256 in range(filled, bound=MAX_ROWS // 2):
                high: uint256 = uint256_mulmod(weights[i], x, R)
                weights[filled + i] = high
                weights[i] = (weights[i] + (R - high)) % R
            filled = filled << 1
        else:
            for i: uint256 in range(filled, bound=MAX_ROWS):
                weights[i] = uint256_mulmod(weights[i], R + 1 - x, R)
    return weights


@internal
@pure
def _chi(length: uint256, point: uint256[MAX_VARIABLES], n_variables: uint256) -> uint256:
    """
    @dev The column of ones in the first rows, at the point.
    """
    if length >> n_variables != 0:
        return 1
    total: uint256 = 0
    for k: uint256 in range(n_variables, bound=MAX_VARIABLES):
        x: uint256 = point[k]
        if (length >> k) & 1 == 1:
            total = R + 1 - uint256_mulmod(R + 1 - total, x, R)
        else:
            total = uint256_mulmod(total, R + 1 - x, R)
    return total % R


@internal
@pure
def _rho(length: uint256, point: uint256[MAX_VARIABLES], n_variables: uint256) -> uint256:
    """
    @dev The column 0, 1, ..., length-1, at the point: a full half and a rest that stands higher.
    """
    total: uint256 = 0
    ones: uint256 = 0
    full: uint256 = 0
    for k: uint256 in range(n_variables, bound=MAX_VARIABLES):
        x: uint256 = point[k]
        not_x: uint256 = R + 1 - x
        if (length >> k) & 1 == 1:
            rest: uint256 = total + uint256_mulmod(ones, 1 << k, R)
            total = uint256_mulmod(not_x, full, R) + uint256_mulmod(x, rest, R)
            total = total % R
            ones = (uint256_mulmod(x, ones, R) + not_x) % R
        else:
            total = uint256_mulmod(total, not_x, R)
            ones = uint256_mulmod(ones, not_x, R)
        full = (full + uint256_mulmod(1 << k, x, R)) % R
    if length >> n_variables != 0:
        return full
    return total


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
    @dev 64 bytes as coordinates; the precompiled contracts refuse what is no point.
    """
    return [convert(extract32(data, 0), uint256), convert(extract32(data, 32), uint256)]


@internal
@view
def _word(at: uint256) -> uint256:
    """
    @dev 32 bytes of calldata.
    """
    return convert(slice(msg.data, at, 32), uint256)


@internal
@view
def _u64(at: uint256) -> uint256:
    """
    @dev 8 bytes of calldata.
    """
    return convert(slice(msg.data, at, 8), uint256)


@internal
@view
def _type(at: uint256) -> (uint256, uint256):
    """
    @dev A type and its size: the number on top of a word, below it what follows the number.
    """
    word: uint256 = self._word(at)
    kind: uint256 = word >> 224
    size: uint256 = 4
    if kind == DECIMAL_ID:
        size = 6
    elif kind == TIMESTAMP_ID:
        size = 12
    else:
        is_known: bool = kind <= VARBINARY_ID and kind != 1 and kind != 6
        assert is_known, "UnsupportedDataTypeVariant"
    return (word >> (256 - 8 * size)) << (256 - 8 * size), size


@internal
@view
def _value(kind: uint256, at: uint256, is_literal: bool) -> (uint256, uint256):
    """
    @dev A value of the type as a scalar, and its size. Literals of decimals are signed words.
    """
    if kind == VARCHAR_ID or kind == VARBINARY_ID:
        n: uint256 = self._u64(at)
        if n == 0:
            return 0, 8
        assert n <= MAX_TEXT, "Truncated"
        padded: Bytes[MAX_TEXT] = slice(msg.data, at + 8, MAX_TEXT)
        digest: bytes32 = keccak256(slice(padded, 0, n))
        return self._reversed(convert(digest, uint256)) & MASK, 8 + n
    if kind == DECIMAL_ID or kind == SCALAR_ID:
        word: uint256 = self._word(at)
        if is_literal and kind == DECIMAL_ID and word >= SIGN:
            return R - 1 - (~word) % R, 32
        assert word < R or (is_literal and kind == DECIMAL_ID), "NonCanonical"
        return word % R, 32
    size: uint256 = 8
    if kind == 0 or kind == 2:
        size = 1
    elif kind == 3:
        size = 2
    elif kind == 4:
        size = 4
    value: uint256 = self._word(at) >> (256 - 8 * size)
    if kind == 0:
        assert value < 2, "InvalidBoolean"
    elif value >> (8 * size - 1) == 1:
        return R - ((1 << (8 * size)) - value), size
    return value, size


@internal
@pure
def _reversed(word: uint256) -> uint256:
    """
    @dev The word with its bytes in the other order.
    """
    w: uint256 = word
    low: uint256 = convert(
        0x00FF00FF00FF00FF00FF00FF00FF00FF00FF00FF00FF00FF00FF00FF00FF00FF, uint256
    )
    w = ((w >> 8) & low) | ((w & low) << 8)
    low = convert(
        0x0000FFFF0000FFFF0000FFFF0000FFFF0000FFFF0000FFFF0000FFFF0000FFFF, uint256
    )
    w = ((w >> 16) & low) | ((w & low) << 16)
    low = convert(
        0x00000000FFFFFFFF00000000FFFFFFFF00000000FFFFFFFF00000000FFFFFFFF, uint256
    )
    w = ((w >> 32) & low) | ((w & low) << 32)
    low = convert(
        0x0000000000000000FFFFFFFFFFFFFFFF0000000000000000FFFFFFFFFFFFFFFF, uint256
    )
    w = ((w >> 64) & low) | ((w & low) << 64)
    return (w >> 128) | (w << 128)
