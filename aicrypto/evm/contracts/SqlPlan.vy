# pragma version ~=0.4.3
"""
@title   Plans of Proof of SQL, at one point
@license MIT
@notice  The half of the verifier that knows what a query means. Given the values that a proof
         claims for all columns at the sumcheck's point, it walks over the plan, combines them as
         its gadgets demand, and gives the two weighted sums of constraints that `SqlVerifier`
         compares with the sumcheck; and it compares the result's columns with what was proved.

         One table; filter, aggregate, projection and slice, the older filter and group-by
         included. Results are columns, predicates any expression.

         Whatever is wrong reverts, with the deployed system's name for it.

@dev     The plan is walked once, without recursion: nodes down to the table and back, expressions
         in prefix order with a stack. Every message has its place in the proof, so all that the
         gadgets need are cursors into calldata; at the end each must have arrived.
"""

R: constant(uint256) = 21888242871839275222246405745257275088548364400416034343698204186575808495617
MASK: constant(uint256) = 2**253 - 1

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

MAX_PLAN: constant(uint256) = 1024
MAX_RESULT: constant(uint256) = 2048
MAX_PROOF: constant(uint256) = 6144
MAX_COLUMNS: constant(uint256) = 16
MAX_LENGTHS: constant(uint256) = 8
MAX_CONSTRAINTS: constant(uint256) = 112
MAX_VARIABLES: constant(uint256) = 10
MAX_PARAMETERS: constant(uint256) = 8
MAX_NODES: constant(uint256) = 8
MAX_DEPTH: constant(uint256) = 16
MAX_TOKENS: constant(uint256) = 64
MAX_ROWS: constant(uint256) = 64
MAX_TEXT: constant(uint256) = 256  # bytes of a text, or of a name and its length

# Where the calldata of `evaluate` holds the arrays of `Drawn`.
CHIS: constant(uint256) = 868
RHOS: constant(uint256) = 1124
CHALLENGES: constant(uint256) = 1380
MULTIPLIERS: constant(uint256) = 1636


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
    n_columns: uint256
    length: uint256
    ones: uint256  # chi of the length, at the point
    columns: uint256[MAX_COLUMNS]
    types: uint256[MAX_COLUMNS]


@external
@view
def evaluate(
    plan: Bytes[MAX_PLAN],
    result: Bytes[MAX_RESULT],
    proof: Bytes[MAX_PROOF],
    parameters: DynArray[uint256, MAX_PARAMETERS],
    drawn: Drawn,
) -> (uint256, uint256):
    """
    @notice The weighted sums of the plan's constraints: those of every row, and those over rows.
    @param  drawn As `SqlVerifier` drew it from the transcript; places count from the proof's start.
    """
    plan_at: uint256 = 36 + self._word(4)
    result_at: uint256 = 36 + self._word(36)
    proof_at: uint256 = 36 + self._word(68)
    run: Run = empty(Run)
    run.n_parameters = len(parameters)
    for parameter: uint256 in parameters:
        if parameter >= R:
            self._refuse("InvalidIndex")
    run.n_variables = drawn.n_variables
    run.point = drawn.point
    run.masks = proof_at + drawn.masks
    run.first = proof_at + drawn.first
    run.final = proof_at + drawn.final
    run.plan = plan_at
    run.n_columns = drawn.n_columns
    run.length = drawn.n_rows
    outputs: uint256 = 0
    run, outputs = self._walk(run, proof_at + drawn.columns)
    if not (run.plan == plan_at + len(plan)):
        self._refuse("TrailingBytes")
    if not (
        run.first == proof_at + drawn.columns - 8
        and run.final == proof_at + drawn.end
        and run.masks == proof_at + drawn.masks_end
        and run.chi == drawn.n_chis
        and run.rho == drawn.n_rhos
        and run.challenge == drawn.n_challenges
        and run.constraint == drawn.n_constraints
    ):
        self._refuse("EmptyQueue")
    self._check_result(run, outputs, result_at, len(result))
    return run.identities, run.sums


@internal
@view
def _walk(given: Run, columns: uint256) -> (Run, uint256):
    """
    @dev The plan's header and nodes; the relation of the root is left in the run.
         Also gives where the outputs' names begin.
    """
    run: Run = given
    n_columns: uint256 = run.n_columns
    at: uint256 = run.plan
    if not (self._u64(at) == 1):
        self._refuse("InvalidIndex")
    at += 16 + self._u64(at + 8)
    if not (self._u64(at) == n_columns):
        self._refuse("InvalidIndex")
    at += 8
    types: uint256[MAX_COLUMNS] = empty(uint256[MAX_COLUMNS])
    for i: uint256 in range(n_columns, bound=MAX_COLUMNS):
        if not (self._u64(at) == 0):
            self._refuse("InvalidIndex")
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
        if not (is_known):
            self._refuse("UnsupportedProofPlanVariant")
    leaf: uint256 = tags[len(tags) - 1]
    if not (self._u64(at) == 0):
        self._refuse("InvalidIndex")
    at += 8
    run.types = types
    run.ones = self._chi(run.length, run.point, run.n_variables)
    for i: uint256 in range(n_columns, bound=MAX_COLUMNS):
        run.columns[i] = self._word(columns + (i << 5))
    if leaf == TABLE:
        if not (self._u64(at) == n_columns):
            self._refuse("InvalidIndex")
        at += 8
        for i: uint256 in range(n_columns, bound=MAX_COLUMNS):
            if not (self._u64(at) == i):
                self._refuse("InvalidIndex")
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
        if not (self._word(run.plan) >> 224 == COLUMN):
            self._refuse("UnsupportedProofExprVariant")
        index: uint256 = self._u64(run.plan + 4)
        if not (index < given.n_columns):
            self._refuse("InvalidIndex")
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
    if not (has_limit < 2):
        self._refuse("InvalidBoolean")
    if has_limit == 1:
        last = max(first, min(self._u64(run.plan) + self._u64(run.plan + 9), run.length))
    run.plan += 9 + 8 * has_limit
    if not (self._word(CHIS + (run.chi << 5)) == last - first):
        self._refuse("SliceMaxLengthMismatch")
    if not (self._word(CHIS + ((run.chi + 1) << 5)) == first):
        self._refuse("SliceOffsetPlanValueMismatch")
    if not (self._word(CHIS + ((run.chi + 2) << 5)) == last):
        self._refuse("SliceMaxLengthMismatch")
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
    beta: uint256 = self._word(CHALLENGES + ((taken + 1) << 5))
    inputs: uint256 = 0
    outputs: uint256 = 0
    for i: uint256 in range(run.n_columns, bound=MAX_COLUMNS):
        inputs = uint256_addmod(uint256_mulmod(inputs, beta, R), run.columns[i], R)
        run.columns[i] = self._word(run.first)
        run.first += 32
        outputs = uint256_addmod(uint256_mulmod(outputs, beta, R), run.columns[i], R)
    inputs = uint256_mulmod(inputs, self._word(CHALLENGES + (taken << 5)), R)
    outputs = uint256_mulmod(outputs, self._word(CHALLENGES + (taken << 5)), R)
    ones_in: uint256 = run.ones
    run.length = self._word(CHIS + (run.chi << 5))
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
    mu: uint256 = MULTIPLIERS + (m << 5)
    total: uint256 = uint256_mulmod(self._word(mu), first, R)
    total = uint256_addmod(total, uint256_mulmod(self._word(mu + 32), second, R), R)
    total = uint256_addmod(total, uint256_mulmod(self._word(mu + 96), fourth, R), R)
    run.identities = uint256_addmod(run.identities, total, R)
    third: uint256 = uint256_mulmod(c_star, selected, R) + (R - d_star)
    run.sums = uint256_addmod(run.sums, uint256_mulmod(self._word(mu + 64), third, R), R)
    run.constraint = m + 4
    return run


@internal
@view
def _group(given: Run, taken: uint256, is_legacy: bool) -> Run:
    """
    @dev Inputs and outputs have one sum of (1 + beta·values)/(1 + key), and keys ascend.
    """
    run: Run = given
    alpha: uint256 = self._word(CHALLENGES + (taken << 5))
    beta: uint256 = self._word(CHALLENGES + ((taken + 1) << 5))
    n_keys: uint256 = self._u64(run.plan)
    run.plan += 8
    if not (n_keys < 2):
        self._refuse("UnprovableGroupBy")
    key: uint256 = 0
    key_type: uint256 = 0
    if n_keys == 1:
        if not is_legacy:
            if not (self._word(run.plan) >> 224 == COLUMN):
                self._refuse("UnsupportedProofExprVariant")
            run.plan += 4
        index: uint256 = self._u64(run.plan)
        if not (index < run.n_columns):
            self._refuse("InvalidIndex")
        run.plan += 8
        key = uint256_mulmod(alpha, run.columns[index], R)
        key_type = run.types[index]
        kind: uint256 = key_type >> 224
        if not (kind != VARCHAR_ID and kind != VARBINARY_ID):
            self._refuse("UnprovableGroupBy")
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
    run.length = self._word(CHIS + (run.chi << 5))
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
    mu: uint256 = self._word(MULTIPLIERS + (run.constraint << 5))
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
    value = uint256_mulmod(self._word(MULTIPLIERS + (run.constraint << 5)), value, R)
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
    if not (self._word(CHIS + (run.chi << 5)) == run.length + 1):
        self._refuse("MonotonyCheckFailed")
    if not (self._word(RHOS + (run.rho << 5)) == run.length):
        self._refuse("MonotonyCheckFailed")
    if not (self._word(RHOS + ((run.rho + 1) << 5)) == run.length + 1):
        self._refuse("MonotonyCheckFailed")
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
    mu: uint256 = self._word(MULTIPLIERS + (run.constraint << 5))
    run.constraint += 1
    run.sums = uint256_addmod(run.sums, uint256_mulmod(mu, c_star + (R - d_star), R), R)
    ignored: uint256 = 0
    run, ignored = self._star(run, before, longer)
    run, ignored = self._star(run, after, longer)
    negative: uint256 = 0
    d: uint256 = (shifted + (R - key)) % R
    run, negative = self._sign(run, d, longer, run.length + 1)
    only_first: uint256 = R - self._chi(1, run.point, run.n_variables)
    if not (
        negative == run.ones
        or negative == (longer + only_first) % R
        or negative == (run.ones + only_first) % R
    ):
        self._refuse("MonotonyCheckFailed")
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
        if not (d == 0):
            self._refuse("BitDecompositionInvalid")
        return run, 0
    lead: uint256 = leading | SIGN
    inverted: uint256 = (~varying ^ lead) & LOW_BITS
    if not (varying & leading & LOW_BITS == 0):
        self._refuse("InvalidVaryingBits")
    if not (inverted & HIGH_BITS == HIGH_BITS):
        self._refuse("InvalidVaryingBits")
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
        value = uint256_mulmod(self._word(MULTIPLIERS + (m << 5)), value, R)
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
    if not (total % R == d):
        self._refuse("BitDecompositionInvalid")
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
            if not (index < run.n_columns):
                self._refuse("InvalidIndex")
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
            if not (index < run.n_parameters):
                self._refuse("InvalidIndex")
            value = uint256_mulmod(self._word(36 + self._word(100) + (index << 5)), run.ones, R)
            kind, size = self._type(at + 8)
            at += 8 + size
        else:
            if not (tag <= SCALE):
                self._refuse("UnsupportedProofExprVariant")
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
                if not (is_less < 2):
                    self._refuse("InvalidBoolean")
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
                mu: uint256 = MULTIPLIERS + (m << 5)
                total: uint256 = uint256_mulmod(self._word(mu), uint256_mulmod(value, d, R), R)
                second = uint256_mulmod(self._word(mu + 32), second, R)
                total = uint256_addmod(total, second, R)
                run.identities = uint256_addmod(run.identities, total, R)
                run.constraint = m + 2
            elif operator != CAST:
                # mul, and, or: I(p - l·r)
                product: uint256 = self._word(run.final)
                run.final += 32
                d: uint256 = product + (R - uint256_mulmod(left, value, R))
                d = uint256_mulmod(self._word(MULTIPLIERS + (run.constraint << 5)), d, R)
                run.identities = uint256_addmod(run.identities, d, R)
                run.constraint += 1
                if operator == EITHER:
                    value = (left + value + (R - product)) % R
                else:
                    value = product
        if top == 0 and not is_waiting:
            run.plan = at
            return run, value
    self._refuse("UnsupportedProofExprVariant")
    return run, 0


@internal
@view
def _check_result(run: Run, outputs: uint256, result_at: uint256, size: uint256):
    """
    @dev Names, types and length are the plan's, and every column has the value that was proved.
    """
    name: uint256 = outputs
    at: uint256 = result_at
    if not (self._u64(name) == run.n_columns):
        self._refuse("ResultColumnCountMismatch")
    if not (self._u64(at) == run.n_columns):
        self._refuse("ResultColumnCountMismatch")
    name += 8
    at += 8
    if not (run.length <= MAX_ROWS):
        self._refuse("InconsistentResultColumnLengths")
    weights: uint256[MAX_ROWS] = self._weights(run.length, run.point, run.n_variables)
    for i: uint256 in range(run.n_columns, bound=MAX_COLUMNS):
        n: uint256 = self._u64(name) + 8
        if not (n <= MAX_TEXT):
            self._refuse("InvalidResultColumnName")
        wanted: Bytes[MAX_TEXT] = slice(msg.data, name, MAX_TEXT)
        given: Bytes[MAX_TEXT] = slice(msg.data, at, MAX_TEXT)
        if not (slice(wanted, 0, n) == slice(given, 0, n)):
            self._refuse("InvalidResultColumnName")
        name += n
        at += n
        if not (self._word(at) >> 248 == 0):
            self._refuse("InvalidResultColumnName")
        kind: uint256 = 0
        kind, n = self._type(at + 1)
        if not (kind == run.types[i]):
            self._refuse("InvalidResultColumnName")
        at += 1 + n
        if not (self._u64(at) == run.length):
            self._refuse("InconsistentResultColumnLengths")
        at += 8
        total: uint256 = 0
        for row: uint256 in range(run.length, bound=MAX_ROWS):
            value: uint256 = 0
            value, n = self._value(kind >> 224, at, False)
            total = uint256_addmod(total, uint256_mulmod(weights[row], value, R), R)
            at += n
        if not (total == run.columns[i]):
            self._refuse("IncorrectResult")
    if not (at == result_at + size):
        self._refuse("TrailingBytes")


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
        if not (is_known):
            self._refuse("UnsupportedDataTypeVariant")
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
        if not (n <= MAX_TEXT):
            self._refuse("Truncated")
        padded: Bytes[MAX_TEXT] = slice(msg.data, at + 8, MAX_TEXT)
        digest: bytes32 = keccak256(slice(padded, 0, n))
        return self._reversed(convert(digest, uint256)) & MASK, 8 + n
    if kind == DECIMAL_ID or kind == SCALAR_ID:
        word: uint256 = self._word(at)
        if is_literal and kind == DECIMAL_ID and word >= SIGN:
            return R - 1 - (~word) % R, 32
        if not (word < R or (is_literal and kind == DECIMAL_ID)):
            self._refuse("NonCanonical")
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
        if not (value < 2):
            self._refuse("InvalidBoolean")
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


@internal
@pure
def _refuse(reason: String[32]):
    """
    @dev One place that reverts keeps the contract small.
    """
    raise reason
