# pragma version ~=0.4.3
"""
@title   GKR verifier
@license MIT
@notice  Checks proofs that one neural network has these logits for this input (protocol zkml-1).

         verify        a network so small that its activations are shown: all of the proof
         post_sums     any network of up to 1024 hidden places: the proof up to its opening ...
         post_folds    ... the combined rows of the committed matrix, and the value they give ...
         check_column  ... and one column of it, whenever somebody asks

         A proof that is wrong makes the call revert, with the name of the failing check as
         Python's `explain` gives it. The one function with a verdict is `check_column`.

@dev     The game over a proof whose opening is not checked: its owner posts sums and folds, which
         binds him by two hashes. Until the time of the contract that asks for the proof is up,
         anyone may name a column, not only those that the transcript queries; the owner answers
         with the column and its path, and loses unless `check_column` says True. An honest owner
         always can; of one whose folds are wrong, more than a third of all answers are false at
         rate 1/4. The two values that an answer says of the folds, and the claims about public
         numbers, can be computed by everybody from what was posted: `encoded` and `public_values`
         do so where somebody disputes them. Weight and bias need the network, too large for a
         call: `ProofDispute` has the game for them, and money and deadlines for all of it.

         Batches of one row, profile 0: two limbs of 6 bits, a table of 1024 rows.

         Field: elements a + b*i of F_p[i], p = 2^61 - 1, in one word, a + b*2^128. Sums of words
         are sums of elements; parts may exceed p, and are reduced where they are multiplied.
         Points: arrays of coordinates, that of the least significant bit first, then zeros.
         Words of a proof: 32 bytes as they are hashed, that is four 64-bit integers, each with its
         least significant byte first: two elements.
"""

P: constant(uint256) = 2**61 - 1
LOW: constant(uint256) = 2**128 - 1  # the real part of a word
ZERO: constant(uint256) = P + P * 2**128  # a second zero, to subtract reduced elements from
LARGE_ZERO: constant(uint256) = P * 2**66  # exceeds every product of imaginary parts
LANE: constant(uint256) = 2**64 - 1
LANES: constant(uint256) = 1 + 2**64 + 2**128 + 2**192
HIGH_BITS: constant(uint256) = 7 * 2**61 * LANES
ODD_BYTES: constant(uint256) = max_value(uint256) // (2**8 + 1)  # 00ff00ff...
ODD_PAIRS: constant(uint256) = max_value(uint256) // (2**16 + 1)  # 0000ffff...
ODD_FOURS: constant(uint256) = max_value(uint256) // (2**32 + 1)
SIGN_BITS: constant(uint256) = max_value(uint256) // 255 * 128  # 8080...

# Bounds of sizes. Points have at most 13 coordinates, proofs at most 183 words.
MAX_POINT: constant(uint256) = 13
MAX_WORDS: constant(uint256) = 192
MAX_INPUTS: constant(uint256) = 1024
MAX_OUTPUTS: constant(uint256) = 32
MAX_LAYERS: constant(uint256) = 6
MAX_LOG_STACK: constant(uint256) = 10
MAX_LOG_HALF: constant(uint256) = 10
# Of networks that are verified as a whole.
MAX_MODEL: constant(uint256) = 4096  # bytes
MAX_LOG_PLACES: constant(uint256) = 7  # of inputs and stack together
MAX_PLACES: constant(uint256) = 128
MAX_WITNESS: constant(uint256) = 192  # bytes
# Of the committed matrix.
MAX_COLUMN: constant(uint256) = 1024  # bytes
MAX_PATH: constant(uint256) = 16
MAX_LOG_WIDTH: constant(uint256) = 8
MAX_FOLDS: constant(uint256) = 8192  # bytes

# The circuit, as in aicrypto.zkml.circuit.layout: profile 0, one row.
LOG_TABLE: constant(uint256) = 10
N_TABLE: constant(uint256) = 1024
FIRST_QUOTIENT: constant(uint256) = 704  # row of the table where quotients are 0; 64 are limbs
LOG_COLUMNS: constant(uint256) = 2
N_COMMITTED: constant(uint256) = 3
MAX_SHIFT: constant(uint256) = 12

# What a hash gets before a message: a tag, and the message's length in 8 bytes, low byte first.
WITNESS_TOTAL: constant(bytes9) = 0x102000000000000000
WITNESS_ROUND: constant(bytes9) = 0x112000000000000000
WITNESS_CHILDREN: constant(bytes9) = 0x124000000000000000
WITNESS_LEAVES: constant(bytes9) = 0x122000000000000000
TABLE_TOTAL: constant(bytes9) = 0x182000000000000000
TABLE_ROUND: constant(bytes9) = 0x192000000000000000
TABLE_CHILDREN: constant(bytes9) = 0x1a4000000000000000
CLAIMS: constant(bytes9) = 0x204000000000000000
PRODUCT_ROUND: constant(bytes9) = 0x222000000000000000
ACTIVATION: constant(bytes9) = 0x231000000000000000
MERGE_ROUND: constant(bytes9) = 0x242000000000000000
VALUE: constant(bytes9) = 0x251000000000000000
SQUEEZE: constant(bytes5) = 0xff00000000  # a tag, and how many blocks were drawn before
SQUEEZE_AGAIN: constant(bytes5) = 0xff01000000
HEADER_TAG: constant(uint256) = 1
INPUTS_TAG: constant(uint256) = 2
LOGITS_TAG: constant(uint256) = 3
WITNESS_TAG: constant(uint256) = 4
MULTIPLICITIES_TAG: constant(uint256) = 5
FOLDS_TAG: constant(uint256) = 48

COMMITTED_FLAGS: constant(uint256) = 0  # the witness is committed to, the weights are public
CLEAR_FLAGS: constant(uint256) = 2  # the witness is shown
ROOT_OF_UNITY: constant(uint256) = 2 + 1033321771269002680 * 2**128  # of order 2^61


# What a sum of fractions leaves to check, and where it leaves the transcript.
struct Sum:
    state: bytes32
    numerator: uint256
    denominator: uint256
    point: uint256[MAX_POINT]
    total_numerator: uint256
    total_denominator: uint256


# What the caller says of public numbers, at points that the transcript chooses.
struct Claims:
    counts: uint256  # of the table's multiplicities, at the point of the table
    inputs: uint256  # of x, at m without its first coordinate
    weight: uint256  # of all matrices together, at m
    bias: uint256  # of all biases together


# What the sums leave to check, if they are right.
struct Left:
    state: bytes32  # of the transcript, which has heard everything up to here
    row: uint256[MAX_POINT]  # the point of the table
    neuron: uint256[MAX_POINT]  # r_j
    output: uint256[MAX_POINT]  # r_out
    gamma: uint256
    place: uint256[MAX_POINT]  # m: among inputs and stack
    claims: Claims
    point: uint256[MAX_POINT]  # t: of the witness, column and neuron, where it ...
    value: uint256  # ... has this value


event SumsPosted:
    claim: indexed(bytes32)
    inputs: bytes32
    logits: bytes32


event FoldsPosted:
    claim: indexed(bytes32)
    opening: indexed(bytes32)
    row_point: uint256[MAX_POINT]


HEADER: immutable(Bytes[44])
DIMS: immutable(DynArray[uint256, MAX_LAYERS + 1])
IS_CLEAR: immutable(bool)
N_INPUTS: immutable(uint256)
N_OUTPUTS: immutable(uint256)
LOG_STACK: immutable(uint256)
LOG_HALF: immutable(uint256)
LOG_OUTPUTS: immutable(uint256)
LOG_WIDTH: immutable(uint256)  # of the committed matrix, C
LOG_PLACES: immutable(uint256)  # of its codewords

# Hashes of what has been checked: claims by `post_sums`, openings by `post_folds`.
posted: public(HashMap[bytes32, bool])


@deploy
def __init__(header: Bytes[44], dims: DynArray[uint256, MAX_LAYERS + 1]):
    """
    @notice A verifier for one network and one choice of parameters.
    @param  header What every proof begins with: it names the network by its digest.
    @param  dims Widths of inputs, hidden layers and outputs. `verify` compares them with the
            network; who relies on the other functions does so before.
    """
    assert len(header) == 44 and slice(header, 0, 5) == b"AIZK\x01", "Version"
    assert slice(header, 6, 2) == b"\x00\x00", "only profile 0 and batches of one"
    assert len(dims) >= 3 and dims[0] > 0, "dims: no network with a hidden layer"
    stack: uint256 = 0
    for layer: uint256 in range(1, len(dims) - 1, bound=MAX_LAYERS):
        stack += 1 << self._log2(dims[layer])
    n_outputs: uint256 = dims[len(dims) - 1]
    log_stack: uint256 = max(1, self._log2(stack))
    log_half: uint256 = max(log_stack, self._log2(dims[0]))
    assert log_half <= MAX_LOG_HALF, "dims: too wide"
    assert 0 < n_outputs and n_outputs <= MAX_OUTPUTS, "dims: outputs"
    flags: uint256 = self._byte(header, 5)
    assert flags == COMMITTED_FLAGS or flags == CLEAR_FLAGS, "header: flags"
    assert flags == COMMITTED_FLAGS or log_half < MAX_LOG_PLACES, "dims: too wide"
    LOG_WIDTH = self._byte(header, 9)
    LOG_PLACES = LOG_WIDTH + self._byte(header, 8)
    assert LOG_WIDTH <= MAX_LOG_WIDTH and LOG_PLACES <= MAX_PATH, "header: columns"
    assert LOG_WIDTH < log_stack, "header: columns"
    assert flags == CLEAR_FLAGS or LOG_PLACES > LOG_WIDTH, "header: inv_rate"
    assert flags == CLEAR_FLAGS or LOG_WIDTH > 0, "header: columns"  # a word holds two
    HEADER = header
    DIMS = dims
    IS_CLEAR = flags == CLEAR_FLAGS
    N_INPUTS = dims[0]
    N_OUTPUTS = n_outputs
    LOG_STACK = log_stack
    LOG_HALF = log_half
    LOG_OUTPUTS = self._log2(n_outputs)


@external
@view
def verify(
    model: Bytes[MAX_MODEL],
    x: Bytes[MAX_INPUTS],
    logits: Bytes[4 * MAX_OUTPUTS],
    witness: Bytes[MAX_WITNESS],
    multiplicities: Bytes[2 * N_TABLE],
    words: DynArray[uint256, MAX_WORDS],
    claims: Claims,
) -> bool:
    """
    @notice True if the network has these logits for this input; it reverts if this is not shown.
    @param  model The network's bytes.
    @param  x The input, a byte for each integer.
    @param  logits 4 bytes each, low byte first.
    @param  witness Activations, then low limbs, then high limbs of all places, a byte each.
    @param  multiplicities How often every table row is looked up, in LEB128.
    @param  words The proof: both sums, claims, matrix rounds, merge rounds, y and value.
    @param  claims What follows from the other arguments, and is computed here.
    """
    self._demand(IS_CLEAR and sha256(model) == extract32(HEADER, 12), "Statement")
    self._demand(len(witness) == N_COMMITTED << LOG_STACK, "Shape")
    state: bytes32 = sha256(b"aicrypto.zkml.clear.v1")
    state = self._start(state, x, logits)
    state = self._hear(state, WITNESS_TAG, witness)
    left: Left = self._check_sums(state, x, logits, multiplicities, words, claims)
    values: uint256[2] = self._public_values(x, multiplicities, left.place, left.row)
    self._demand(values[0] == claims.counts, "LogUpTable")
    self._demand(values[1] == claims.inputs and self._model_is(left, model), "Matmul")
    shown: uint256 = self._bytes_at(witness, False, left.point, LOG_COLUMNS + LOG_STACK)
    self._demand(shown == left.value, "Opening")
    return True


@external
def post_sums(
    x: Bytes[MAX_INPUTS],
    logits: Bytes[4 * MAX_OUTPUTS],
    root: bytes32,
    multiplicities: Bytes[2 * N_TABLE],
    words: DynArray[uint256, MAX_WORDS],
    claims: Claims,
) -> Left:
    """
    @notice What the sums of a proof leave to check: the claims, and a value of the witness.
    @dev    Everybody who has network and call can compute the claims: `public_values` does two.
    """
    self._demand(not IS_CLEAR, "Statement")
    state: bytes32 = sha256(b"aicrypto.zkml.v1")
    state = self._start(state, x, logits)
    state = self._hear(state, WITNESS_TAG, concat(root, b""))
    left: Left = self._check_sums(state, x, logits, multiplicities, words, claims)
    claim: bytes32 = keccak256(abi_encode(root, left.state, left.point, left.value))
    self.posted[claim] = True
    log SumsPosted(claim=claim, inputs=sha256(x), logits=sha256(logits))
    return left


@external
def post_folds(
    root: bytes32,
    state: bytes32,
    point: uint256[MAX_POINT],
    merged: uint256,
    folds: Bytes[MAX_FOLDS],
) -> bytes32:
    """
    @notice The transcript's state after the folds, if they give the value that sums left to check.
    @dev    Which columns a proof opens follows from this state; here any column may be asked for.
    @param  folds The rows of the committed matrix combined, u1 then u2, as in the proof.
    """
    claim: bytes32 = keccak256(abi_encode(root, state, point, merged))
    self._demand(self.posted[claim], "Statement")
    self._demand(len(folds) == 32 << LOG_WIDTH, "Shape")
    first: uint256 = 0
    second: uint256 = 0
    first, second = self._folds_at(folds, point)
    # With A the even places of the vector and B the odd ones, first = A + iB, second = A - iB.
    half: uint256 = 1 << 60
    even: uint256 = self._mul(half, first + second)
    odd: uint256 = self._mul(half << 128, self._sub(second, first))
    even += self._mul(point[0], self._sub(odd, even))
    self._demand(self._reduce(even) == merged, "Opening")
    row_point: uint256[MAX_POINT] = empty(uint256[MAX_POINT])
    n_inner: uint256 = LOG_WIDTH + 1
    for i: uint256 in range(n_inner, LOG_STACK + LOG_COLUMNS, bound=MAX_POINT):
        row_point[i - n_inner] = point[i]
    opening: bytes32 = keccak256(abi_encode(root, row_point, sha256(folds)))
    self.posted[opening] = True
    log FoldsPosted(claim=claim, opening=opening, row_point=row_point)
    return self._hear(state, FOLDS_TAG, folds)


@external
@view
def public_values(
    x: Bytes[MAX_INPUTS],
    multiplicities: Bytes[2 * N_TABLE],
    place: uint256[MAX_POINT],
    row: uint256[MAX_POINT],
) -> uint256[2]:
    """
    @notice What the claims `counts` and `inputs` must be.
    """
    return self._public_values(x, multiplicities, place, row)


@external
@view
def check_column(
    root: bytes32,
    row_point: uint256[MAX_POINT],
    folds_digest: bytes32,
    index: uint256,
    values: uint256[2],
    column: Bytes[MAX_COLUMN],
    path: DynArray[bytes32, MAX_PATH],
) -> bool:
    """
    @notice Whether a column of the committed matrix is authentic, and agrees with posted folds.
    @param  values Place `index` of u1 and u2 encoded, as `encoded` tells.
    @param  column Real parts of all rows, then imaginary parts, as in the proof.
    @param  path Siblings from the leaf up.
    """
    self._demand(self.posted[keccak256(abi_encode(root, row_point, folds_digest))], "Statement")
    log_rows: uint256 = LOG_STACK + LOG_COLUMNS - LOG_WIDTH - 1
    n_rows: uint256 = N_COMMITTED << (log_rows - LOG_COLUMNS)
    if len(column) != n_rows << 4 or len(path) != LOG_PLACES or index >> LOG_PLACES != 0:
        return False
    node: bytes32 = sha256(concat(0x00, column))
    for level: uint256 in range(len(path), bound=MAX_PATH):
        if (index >> level) & 1 == 0:
            node = sha256(concat(0x01, node, path[level]))
        else:
            node = sha256(concat(0x01, path[level], node))
    if node != root:
        return False
    return self._column_is(column, n_rows, log_rows, row_point, values)


@external
@view
def encoded(folds: Bytes[MAX_FOLDS], index: uint256) -> uint256[2]:
    """
    @notice Place `index` of the codewords of u1 and u2: who doubts the values of a column asks.
    """
    self._demand(len(folds) == 32 << LOG_WIDTH and index >> LOG_PLACES == 0, "Shape")
    x: uint256 = self._power(ROOT_OF_UNITY, index << (61 - LOG_PLACES))
    values: uint256[2] = empty(uint256[2])
    n_words: uint256 = 1 << LOG_WIDTH
    high: uint256 = 0
    low: uint256 = 0
    for i: uint256 in range(n_words, bound=MAX_FOLDS // 32):
        # Horner's rule from the last coefficient of u2 to the first of u1
        word: uint256 = convert(extract32(folds, (n_words - 1 - i) << 5), uint256)
        low, high = self._unpack(word)
        which: uint256 = 1 if i << 1 < n_words else 0
        upper: uint256 = self._mul(values[which], x) + high
        values[which] = self._mul(upper, x) + low
    return [self._reduce(values[0]), self._reduce(values[1])]


# The three steps of the protocol


@internal
@view
def _start(
    start: bytes32, x: Bytes[MAX_INPUTS], logits: Bytes[4 * MAX_OUTPUTS]
) -> bytes32:
    """The transcript's state after the statement."""
    self._demand(len(x) == N_INPUTS and len(logits) == N_OUTPUTS << 2, "Statement")
    state: bytes32 = self._hear(start, HEADER_TAG, HEADER)
    state = self._hear(state, INPUTS_TAG, x)
    return self._hear(state, LOGITS_TAG, logits)


@internal
@view
def _check_sums(
    start: bytes32,
    x: Bytes[MAX_INPUTS],
    logits: Bytes[4 * MAX_OUTPUTS],
    multiplicities: Bytes[2 * N_TABLE],
    words: DynArray[uint256, MAX_WORDS],
    claims: Claims,
) -> Left:
    """What the whole proof up to the opening leaves to check. The witness has been heard."""
    log_leaves: uint256 = LOG_COLUMNS + LOG_STACK
    n_witness: uint256 = unsafe_mul(log_leaves, log_leaves + 3) >> 1
    cursor: uint256 = n_witness + 1 + LOG_TABLE * (LOG_TABLE + 3) // 2
    self._demand(len(words) == cursor + 6 + LOG_HALF + LOG_STACK, "Shape")
    state: bytes32 = self._hear(start, MULTIPLICITIES_TAG, multiplicities)

    # 1. Lookups: both sums of fractions are equal, and made of table and claims.
    alpha: uint256 = self._challenge(state, 0)
    beta: uint256 = self._challenge(state, 1)
    leaves: Sum = self._check_fractions(state, words, 0, log_leaves, True)
    table: Sum = self._check_fractions(leaves.state, words, n_witness, LOG_TABLE, False)
    left_side: uint256 = self._mul(leaves.total_numerator, table.total_denominator)
    right_side: uint256 = self._mul(table.total_numerator, leaves.total_denominator)
    self._demand(left_side == right_side, "LogUpSum")
    same: bool = claims.counts == self._reduce(table.numerator)
    entry: uint256 = self._table_at(table.point, beta)
    same = same and self._reduce(entry + table.denominator) == alpha
    self._demand(same, "LogUpTable")
    limb0: uint256 = 0
    limb1: uint256 = 0
    quotient: uint256 = 0
    activation: uint256 = 0
    limb0, limb1 = self._unpack(words[cursor])
    quotient, activation = self._unpack(words[cursor + 1])
    kinds: uint256[3] = self._first_three(
        leaves.point[log_leaves - 1], leaves.point[log_leaves - 2]
    )
    pair: uint256 = quotient + self._mul(beta, activation + beta)
    looked_up: uint256 = self._mul(kinds[0], limb0) + self._mul(kinds[1], limb1)
    looked_up += self._mul(kinds[2], pair) + leaves.denominator
    self._demand(self._reduce(looked_up) == alpha, "LeafClaim")

    # 2. Matrices: the sum over all layers is that of inputs and activations times weights.
    left: Left = empty(Left)
    for i: uint256 in range(LOG_STACK, bound=MAX_LOG_STACK):
        left.neuron[i] = leaves.point[i]
    state = sha256(
        concat(
            table.state,
            CLAIMS,
            convert(words[cursor], bytes32),
            convert(words[cursor + 1], bytes32),
        )
    )
    for i: uint256 in range(LOG_OUTPUTS, bound=MAX_POINT):
        left.output[LOG_OUTPUTS - 1 - i] = self._challenge(state, i)
    left.gamma = self._challenge(state, LOG_OUTPUTS)
    left.claims = claims
    left.row = table.point
    claim: uint256 = self._mul(left.gamma, self._logits_at(logits, left.output))
    claim += (quotient << 12) + limb0 + (limb1 << 6)
    claim = self._reduce(self._sub(claim, self._reduce(claims.bias)))
    cursor += 2
    for i: uint256 in range(LOG_HALF + 1, bound=MAX_POINT):
        state, left.place[LOG_HALF - i], claim = self._next_claim(
            state, PRODUCT_ROUND, words[cursor + i], claim
        )
    cursor += LOG_HALF + 1
    final: uint256 = words[cursor + LOG_COLUMNS + LOG_STACK]
    said: uint256 = 0
    said, left.value = self._unpack(final)
    factor: uint256 = self._mul(left.place[LOG_HALF], said)
    for i: uint256 in range(LOG_STACK, LOG_HALF, bound=MAX_LOG_HALF):
        factor = self._mul(factor, self._sub(1, left.place[i]))
    inputs: uint256 = self._reduce(claims.inputs)
    factor += self._mul(self._sub(1, left.place[LOG_HALF]), inputs)
    self._demand(self._mul(factor, self._reduce(claims.weight)) == self._reduce(claim), "Matmul")

    # 3. Merge: all claims about activations and limbs become one.
    state = sha256(concat(state, ACTIVATION, self._half(final, 0)))
    delta: uint256 = self._challenge(state, 0)
    claim = limb0 + self._mul(delta, limb1)
    claim = said + self._mul(delta, activation + self._mul(delta, claim))
    for i: uint256 in range(LOG_COLUMNS + LOG_STACK, bound=MAX_POINT):
        state, left.point[LOG_COLUMNS + LOG_STACK - 1 - i], claim = self._next_claim(
            state, MERGE_ROUND, words[cursor + i], claim
        )
    kinds = self._first_three(left.point[LOG_STACK + 1], left.point[LOG_STACK])
    factor = kinds[0] + self._mul(delta, kinds[1] + self._mul(delta, kinds[2]))
    factor = self._mul(self._mul(delta, factor), self._equal(left.neuron, left.point))
    factor += self._mul(kinds[0], self._equal(left.place, left.point))
    self._demand(self._mul(factor, left.value) == self._reduce(claim), "Merge")
    left.state = sha256(concat(state, VALUE, self._half(final, 1)))
    return left


@internal
@pure
def _check_fractions(
    start: bytes32,
    words: DynArray[uint256, MAX_WORDS],
    first: uint256,
    log_leaves: uint256,
    ones: bool,
) -> Sum:
    """What the sum of 2^log_leaves fractions leaves to check of its leaves."""
    total: bytes9 = WITNESS_TOTAL if ones else TABLE_TOTAL
    round: bytes9 = WITNESS_ROUND if ones else TABLE_ROUND
    children: bytes9 = WITNESS_CHILDREN if ones else TABLE_CHILDREN
    out: Sum = empty(Sum)
    p: uint256 = 0
    q: uint256 = 0
    cursor: uint256 = first
    p, q = self._unpack(words[cursor])
    self._demand(q != 0, "ZeroDenominator")
    out.total_numerator = p
    out.total_denominator = q
    state: bytes32 = sha256(concat(start, total, convert(words[cursor], bytes32)))
    cursor += 1
    for k: uint256 in range(log_leaves, bound=MAX_POINT):
        # lambda is the first challenge after the total, later the second one, after tau
        squeeze: bytes5 = SQUEEZE if k == 0 else SQUEEZE_AGAIN
        weight: uint256 = self._element(sha256(concat(state, squeeze)))
        claim: uint256 = p + self._mul(weight, q)
        for j: uint256 in range(k, bound=MAX_POINT):
            place: uint256 = unsafe_sub(unsafe_sub(k, 1), j)
            state, out.point[place], claim = self._follow_round(
                state, round, words[cursor], claim, out.point[place]
            )
            cursor = unsafe_add(cursor, 1)
        p0: uint256 = 1
        q0: uint256 = 0
        p1: uint256 = 1
        q1: uint256 = 0
        word: bytes32 = convert(words[cursor], bytes32)
        if ones and k + 1 == log_leaves:
            q0, q1 = self._unpack(words[cursor])
            cursor += 1
            state = sha256(concat(state, WITNESS_LEAVES, word))
        else:
            p0, q0 = self._unpack(words[cursor])
            p1, q1 = self._unpack(words[cursor + 1])
            state = sha256(concat(state, children, word, convert(words[cursor + 1], bytes32)))
            cursor += 2
        # p0*q1 + p1*q0 + lambda*q0*q1
        sum: uint256 = self._mul(p0 + self._mul(weight, q0), q1) + self._mul(p1, q0)
        self._demand(self._reduce(sum) == self._reduce(claim), "LayerCheck")
        tau: uint256 = self._element(sha256(concat(state, SQUEEZE)))
        p = p0 + self._mul(tau, self._sub(p1, p0))
        q = q0 + self._mul(tau, self._sub(q1, q0))
        out.point[k] = tau
    out.state = state
    out.numerator = p
    out.denominator = q
    return out


@internal
@pure
def _follow_round(
    state: bytes32, tag: bytes9, word: uint256, claim: uint256, r: uint256
) -> (bytes32, uint256, uint256):
    """State, challenge x and claim g(x) after a round of a sum of fractions.

    g(0) = claim - r*step, g(x) = g(0) + x*(step - leading + x*leading).
    """
    after: bytes32 = sha256(concat(state, tag, convert(word, bytes32)))
    x: uint256 = self._element(sha256(concat(after, SQUEEZE)))
    step: uint256 = 0
    leading: uint256 = 0
    step, leading = self._unpack(word)
    slope: uint256 = unsafe_sub(unsafe_add(step, ZERO), leading)
    slope = unsafe_add(slope, self._mul(x, leading))
    # claim + x*slope - r*step as in `_mul`, reduced once
    more: uint256 = unsafe_mul(x, slope)
    less: uint256 = unsafe_mul(r, step)
    re: uint256 = unsafe_add(more & LOW, unsafe_mul(r >> 128, step >> 128))
    re = unsafe_sub(unsafe_add(re, LARGE_ZERO), unsafe_mul(x >> 128, slope >> 128))
    re = unsafe_sub(unsafe_add(re, claim & LOW), less & LOW) % P
    im: uint256 = unsafe_add(unsafe_add(more >> 128, claim >> 128), LARGE_ZERO)
    return after, x, re | ((unsafe_sub(im, less >> 128) % P) << 128)


@internal
@pure
def _next_claim(
    state: bytes32, tag: bytes9, word: uint256, claim: uint256
) -> (bytes32, uint256, uint256):
    """State, challenge x and claim h(x) after a round of a sum of products.

    h(0) + h(1) = claim, h(x) = h(0) + x*(claim - 2*h(0) - leading + x*leading).
    """
    after: bytes32 = sha256(concat(state, tag, convert(word, bytes32)))
    x: uint256 = self._element(sha256(concat(after, SQUEEZE)))
    at_zero: uint256 = 0
    leading: uint256 = 0
    at_zero, leading = self._unpack(word)
    slope: uint256 = unsafe_sub(unsafe_add(claim, 3 * ZERO), unsafe_mul(2, at_zero))
    slope = unsafe_add(unsafe_sub(slope, leading), self._mul(x, leading))
    return after, x, unsafe_add(at_zero, self._mul(x, slope))


# The model, and public numbers at a point


@internal
@view
def _model_is(left: Left, data: Bytes[MAX_MODEL]) -> bool:
    """Whether all matrices and all biases have the values that the sums have left."""
    model: Bytes[MAX_MODEL + 32] = concat(data, empty(bytes32))
    places: uint256[MAX_PLACES + 32] = self._long_equality(left.place, LOG_HALF + 1)
    neurons: uint256[MAX_PLACES + 32] = self._long_equality(left.neuron, LOG_STACK)
    outputs: uint256[32] = self._equality(left.output, 0, LOG_OUTPUTS)
    n_layers: uint256 = len(DIMS) - 1
    self._demand(self._integer(model, 15) == n_layers, "Statement")
    for layer: uint256 in range(n_layers + 1, bound=MAX_LAYERS + 1):
        self._demand(self._integer(model, 19 + (layer << 2)) == DIMS[layer], "Statement")
    weight: uint256 = 0
    bias: uint256 = 0
    position: uint256 = 23 + (n_layers << 2)
    start: uint256 = 0  # of the layer's inputs among the places
    for layer: uint256 in range(n_layers, bound=MAX_LAYERS):
        n_in: uint256 = DIMS[layer]
        n_out: uint256 = DIMS[layer + 1]
        scale: uint256 = self._integer(model, position)
        position += 4
        rounding: uint256 = 0
        factors: uint256[MAX_PLACES // 2] = empty(uint256[MAX_PLACES // 2])
        offset: uint256 = self._offset(layer)
        for j: uint256 in range(n_out, bound=MAX_PLACES // 2):
            if layer + 1 < n_layers:
                rounding = (1 << scale) >> 1
                factors[j] = self._reduce(neurons[offset + j] << (MAX_SHIFT - scale))
            else:
                factors[j] = self._mul(left.gamma, outputs[j])
        # 32 columns of the matrix at a time
        for part: uint256 in range((n_in + 31) >> 5, bound=MAX_PLACES // 64):
            column: uint256 = part << 5
            table: uint256[32] = self._thirty_two(places, start + column)
            surplus: uint256 = self._surplus(table)
            unused: uint256 = (column + 32 - min(n_in, column + 32)) << 3
            for j: uint256 in range(n_out, bound=MAX_PLACES // 2):
                first: uint256 = position + unsafe_mul(j, n_in) + column
                word: uint256 = convert(extract32(model, first), uint256)
                word = ((word >> unused) << unused) ^ SIGN_BITS
                total: uint256 = self._reduce(self._dot(word, table) + surplus)
                weight += self._mul(factors[j], total)
        position += unsafe_mul(n_in, n_out)
        for j: uint256 in range(n_out, bound=MAX_PLACES // 2):
            word: uint256 = convert(extract32(model, position + (j << 2)), uint256)
            bias += self._mul(factors[j], self._signed(word) + rounding)
        position += (n_out << 2)
        start = (1 << LOG_HALF) + offset
    return self._reduce(weight) == left.claims.weight and self._reduce(bias) == left.claims.bias


@internal
@pure
def _surplus(table: uint256[32]) -> uint256:
    """What must be added to `_dot` where bytes stand for integers that are 128 smaller."""
    total: uint256 = 0
    for entry: uint256 in table:
        total += entry
    return ZERO - self._reduce(total << 7)


@internal
@view
def _offset(layer: uint256) -> uint256:
    """Where a hidden layer stands in the stack: wider ones come first."""
    offset: uint256 = 0
    width: uint256 = 1 << self._log2(DIMS[layer + 1])
    for other: uint256 in range(len(DIMS) - 2, bound=MAX_LAYERS):
        other_width: uint256 = 1 << self._log2(DIMS[other + 1])
        if other_width > width or (other_width == width and other < layer):
            offset += other_width
    return offset


@internal
@view
def _public_values(
    x: Bytes[MAX_INPUTS],
    multiplicities: Bytes[2 * N_TABLE],
    place: uint256[MAX_POINT],
    row: uint256[MAX_POINT],
) -> uint256[2]:
    """The polynomials of multiplicities and inputs at their points."""
    counts: uint256 = self._multiplicities_at(multiplicities, row)
    return [counts, self._bytes_at(x, True, place, LOG_HALF)]


@internal
@pure
def _table_at(point: uint256[MAX_POINT], beta: uint256) -> uint256:
    """The lookup table at a point: rows 0..63 are limbs, row 704 + q is q + beta*y + beta^2."""
    row: uint256 = 0
    limbs: uint256 = 1  # whether the row is one of the first 64
    low: uint256 = 0
    for i: uint256 in range(LOG_TABLE):
        row += point[i] << i
        if i < 6:
            low = row
        else:
            limbs = self._mul(limbs, self._sub(1, point[i]))
    # y by blocks of 64 rows: it rises in blocks 11 and 12, and is 127 in 13, 14 and 15
    upper: uint256 = self._mul(point[9], point[8])
    lower: uint256 = self._mul(self._sub(1, point[7]), self._sub(1, point[6]))
    twelve: uint256 = self._mul(upper, lower)
    eleven: uint256 = self._mul(point[7], point[6])
    eleven = self._mul(eleven, self._mul(point[9], self._sub(1, point[8])))
    low = self._reduce(low)
    y: uint256 = self._mul(eleven, low) + self._mul(twelve, 64 + low)
    y = self._reduce(y + 127 * (upper + ZERO - twelve))
    pairs: uint256 = self._reduce(self._sub(1, limbs))
    squares: uint256 = self._mul(self._mul(beta, beta), pairs)
    numbers: uint256 = row + FIRST_QUOTIENT * (ZERO - pairs)
    return self._reduce(numbers + self._mul(beta, y) + squares)


@internal
@pure
def _multiplicities_at(data: Bytes[2 * N_TABLE], point: uint256[MAX_POINT]) -> uint256:
    """The polynomial of numbers below 2^14 in LEB128."""
    low: uint256[32] = self._equality(point, 0, 5)
    high: uint256[32] = self._equality(point, 5, LOG_TABLE - 5)
    padded: Bytes[2 * N_TABLE + 32] = concat(data, empty(bytes32))
    total: uint256 = 0
    position: uint256 = 0
    for row: uint256 in range(N_TABLE // 32):
        self._demand(position <= len(data), "Shape")
        word: uint256 = convert(extract32(padded, position), uint256)
        in_row: uint256 = 0
        if word & SIGN_BITS == 0:  # 32 numbers of one byte
            position += 32
            if word == 0:
                continue
            in_row = self._dot(word, low)
        else:
            for i: uint256 in range(32):
                self._demand(position <= len(data), "Shape")
                number: uint256 = convert(extract32(padded, position), uint256) >> 240
                if number < 2**15:
                    number >>= 8
                    position += 1
                else:
                    # seven bits, the lower ones first; no more, and not zero
                    self._demand(number & 128 == 0 and number & 127 != 0, "NonCanonical")
                    number = ((number >> 8) & 127) | ((number & 127) << 7)
                    position += 2
                in_row = unsafe_add(in_row, unsafe_mul(number, low[i]))
        total += self._mul(high[row], self._reduce(in_row))
    self._demand(position == len(data), "Shape")
    return self._reduce(total)


@internal
@pure
def _bytes_at(
    data: Bytes[MAX_INPUTS], signed: bool, point: uint256[MAX_POINT], n_coordinates: uint256
) -> uint256:
    """The polynomial of a vector of bytes, zeros after its end."""
    n_low: uint256 = min(5, n_coordinates)
    low: uint256[32] = self._equality(point, 0, n_low)
    high: uint256[32] = self._equality(point, n_low, n_coordinates - n_low)
    padded: Bytes[MAX_INPUTS + 32] = concat(data, empty(bytes32))
    surplus: uint256 = 0
    signs: uint256 = 0
    if signed:
        surplus = self._surplus(low)
        signs = SIGN_BITS
    total: uint256 = 0
    for i: uint256 in range((len(data) + 31) >> 5, bound=MAX_INPUTS // 32):
        word: uint256 = convert(extract32(padded, i << 5), uint256) ^ signs
        in_row: uint256 = self._reduce(self._dot(word, low) + surplus)
        total += self._mul(high[i], in_row)
    return self._reduce(total)


@internal
@view
def _logits_at(logits: Bytes[4 * MAX_OUTPUTS], point: uint256[MAX_POINT]) -> uint256:
    """The polynomial of the logits."""
    outputs: uint256[32] = self._equality(point, 0, LOG_OUTPUTS)
    padded: Bytes[4 * MAX_OUTPUTS + 32] = concat(logits, empty(bytes32))
    total: uint256 = 0
    for j: uint256 in range(N_OUTPUTS, bound=MAX_OUTPUTS):
        logit: uint256 = self._signed(convert(extract32(padded, (j << 2)), uint256))
        total += self._mul(logit, outputs[j])
    return self._reduce(total)


@internal
@view
def _folds_at(
    folds: Bytes[MAX_FOLDS], point: uint256[MAX_POINT]
) -> (uint256, uint256):
    """The polynomials of u1 and of the conjugates of u2 at the column's coordinates."""
    n_low: uint256 = min(5, LOG_WIDTH)
    low: uint256[32] = self._equality(point, 1, n_low)
    high: uint256[32] = self._equality(point, 1 + n_low, LOG_WIDTH - n_low)
    totals: uint256[2] = empty(uint256[2])
    n_words: uint256 = 1 << LOG_WIDTH
    first: uint256 = 0
    second: uint256 = 0
    in_row: uint256 = 0
    for i: uint256 in range(n_words, bound=MAX_FOLDS // 32):
        column: uint256 = (i << 1) & (n_words - 1)
        first, second = self._unpack(convert(extract32(folds, i << 5), uint256))
        if i << 1 >= n_words:
            first = self._conjugate(first)
            second = self._conjugate(second)
        in_row += self._mul(first, low[column & 31]) + self._mul(second, low[(column + 1) & 31])
        if column & 31 == 30 or column + 2 == n_words:
            term: uint256 = self._mul(high[column >> 5], self._reduce(in_row))
            totals[1 if i << 1 >= n_words else 0] += term
            in_row = 0
    return self._reduce(totals[0]), self._reduce(totals[1])


@internal
@pure
def _column_is(
    column: Bytes[MAX_COLUMN],
    n_rows: uint256,
    log_rows: uint256,
    row_point: uint256[MAX_POINT],
    values: uint256[2],
) -> bool:
    """Whether the rows' entries, combined by e and by its conjugates, are the two values."""
    padded: Bytes[MAX_COLUMN + 32] = concat(column, empty(bytes32))
    n_low: uint256 = min(5, log_rows)
    low: uint256[32] = self._equality(row_point, 0, n_low)
    high: uint256[32] = self._equality(row_point, n_low, log_rows - n_low)
    first: uint256 = 0
    second: uint256 = 0
    for r: uint256 in range(n_rows, bound=MAX_COLUMN // 16):
        re: uint256 = convert(extract32(padded, r << 3), uint256) >> 192
        im: uint256 = convert(extract32(padded, (n_rows + r) << 3), uint256) >> 192
        both: uint256 = self._swap((re << 64) | im)
        re = (both >> 64) & LANE
        im = both & LANE
        if re >= P or im >= P:
            return False
        entry: uint256 = re | (im << 128)
        coefficient: uint256 = self._mul(high[r >> 5], low[r & 31])
        first += self._mul(coefficient, entry)
        second += self._mul(self._conjugate(coefficient), entry)
    return self._reduce(first) == values[0] and self._reduce(second) == values[1]


# Points


@internal
@pure
def _equality(point: uint256[MAX_POINT], first: uint256, n: uint256) -> uint256[32]:
    """The table eq(point, i) over n coordinates, at most 5, from `first` on; zeros after it."""
    table: uint256[32] = empty(uint256[32])
    table[0] = 1
    for k: uint256 in range(n, bound=5):
        coordinate: uint256 = point[first + k]
        for i: uint256 in range(1 << k, bound=16):
            upper: uint256 = self._mul(table[i], coordinate)
            table[unsafe_add(1 << k, i)] = upper
            table[i] = unsafe_sub(unsafe_add(table[i], ZERO), upper)
    return table


@internal
@pure
def _long_equality(point: uint256[MAX_POINT], n: uint256) -> uint256[MAX_PLACES + 32]:
    """The same over the first n coordinates, at most 7."""
    table: uint256[MAX_PLACES + 32] = empty(uint256[MAX_PLACES + 32])
    n_low: uint256 = min(n, 5)
    low: uint256[32] = self._equality(point, 0, n_low)
    high: uint256[32] = self._equality(point, n_low, n - n_low)
    for k: uint256 in range(1 << (n - n_low), bound=4):
        for i: uint256 in range(32):
            table[(k << 5) + i] = self._mul(high[k], low[i])
    return table


@internal
@pure
def _thirty_two(table: uint256[MAX_PLACES + 32], first: uint256) -> uint256[32]:
    """Entries of a table from `first` on."""
    part: uint256[32] = empty(uint256[32])
    for i: uint256 in range(32):
        part[i] = table[first + i]
    return part


@internal
@pure
def _dot(word: uint256, table: uint256[32]) -> uint256:
    """The bytes of a word, first one first, times the entries of a table; not reduced.

    Written out, as every constant index saves a check, and there are thousands of bytes.
    """
    total: uint256 = unsafe_mul(word >> 248, table[0])
    total = unsafe_add(total, unsafe_mul((word >> 240) & 255, table[1]))
    total = unsafe_add(total, unsafe_mul((word >> 232) & 255, table[2]))
    total = unsafe_add(total, unsafe_mul((word >> 224) & 255, table[3]))
    total = unsafe_add(total, unsafe_mul((word >> 216) & 255, table[4]))
    total = unsafe_add(total, unsafe_mul((word >> 208) & 255, table[5]))
    total = unsafe_add(total, unsafe_mul((word >> 200) & 255, table[6]))
    total = unsafe_add(total, unsafe_mul((word >> 192) & 255, table[7]))
    total = unsafe_add(total, unsafe_mul((word >> 184) & 255, table[8]))
    total = unsafe_add(total, unsafe_mul((word >> 176) & 255, table[9]))
    total = unsafe_add(total, unsafe_mul((word >> 168) & 255, table[10]))
    total = unsafe_add(total, unsafe_mul((word >> 160) & 255, table[11]))
    total = unsafe_add(total, unsafe_mul((word >> 152) & 255, table[12]))
    total = unsafe_add(total, unsafe_mul((word >> 144) & 255, table[13]))
    total = unsafe_add(total, unsafe_mul((word >> 136) & 255, table[14]))
    total = unsafe_add(total, unsafe_mul((word >> 128) & 255, table[15]))
    total = unsafe_add(total, unsafe_mul((word >> 120) & 255, table[16]))
    total = unsafe_add(total, unsafe_mul((word >> 112) & 255, table[17]))
    total = unsafe_add(total, unsafe_mul((word >> 104) & 255, table[18]))
    total = unsafe_add(total, unsafe_mul((word >> 96) & 255, table[19]))
    total = unsafe_add(total, unsafe_mul((word >> 88) & 255, table[20]))
    total = unsafe_add(total, unsafe_mul((word >> 80) & 255, table[21]))
    total = unsafe_add(total, unsafe_mul((word >> 72) & 255, table[22]))
    total = unsafe_add(total, unsafe_mul((word >> 64) & 255, table[23]))
    total = unsafe_add(total, unsafe_mul((word >> 56) & 255, table[24]))
    total = unsafe_add(total, unsafe_mul((word >> 48) & 255, table[25]))
    total = unsafe_add(total, unsafe_mul((word >> 40) & 255, table[26]))
    total = unsafe_add(total, unsafe_mul((word >> 32) & 255, table[27]))
    total = unsafe_add(total, unsafe_mul((word >> 24) & 255, table[28]))
    total = unsafe_add(total, unsafe_mul((word >> 16) & 255, table[29]))
    total = unsafe_add(total, unsafe_mul((word >> 8) & 255, table[30]))
    total = unsafe_add(total, unsafe_mul(word & 255, table[31]))
    return total


@internal
@view
def _equal(a: uint256[MAX_POINT], b: uint256[MAX_POINT]) -> uint256:
    """The polynomial eq over the coordinates that choose a neuron."""
    product: uint256 = 1
    for k: uint256 in range(LOG_STACK, bound=MAX_LOG_STACK):
        x: uint256 = a[k]
        y: uint256 = b[k]
        both: uint256 = unsafe_mul(2, self._mul(x, y))
        equal: uint256 = unsafe_sub(unsafe_add(both, 1 + 2 * ZERO), unsafe_add(x, y))
        product = self._mul(product, equal)
    return product


@internal
@pure
def _first_three(high: uint256, low: uint256) -> uint256[3]:
    """The values eq((high, low), k) for k = 0, 1, 2."""
    both: uint256 = self._mul(high, low)
    return [1 + 2 * ZERO - high - low + both, self._sub(low, both), self._sub(high, both)]


# The transcript


@internal
@pure
def _hear(state: bytes32, tag: uint256, data: Bytes[MAX_FOLDS]) -> bytes32:
    """The state after a message of less than 2^16 bytes."""
    n: uint256 = len(data)
    prefix: uint256 = (tag << 64) | ((n & 255) << 56) | ((n >> 8) << 48)
    return sha256(concat(state, convert(convert(prefix, uint72), bytes9), data))


@internal
@pure
def _challenge(state: bytes32, number: uint256) -> uint256:
    """The challenge with this number since the last message."""
    squeeze: bytes5 = convert(convert(1095216660480 + (number << 24), uint40), bytes5)
    return self._element(sha256(concat(state, squeeze)))


@internal
@pure
def _element(drawn: bytes32) -> uint256:
    """The element that 32 random bytes stand for.

    Words that are p would be skipped; they come once in 2^60 challenges, and are refused here.
    """
    w: uint256 = convert(drawn, uint256) >> 128  # as in `_swap`, of two parts
    w = ((w & (ODD_BYTES >> 128)) << 8) | ((w >> 8) & (ODD_BYTES >> 128))
    w = ((w & (ODD_PAIRS >> 128)) << 16) | ((w >> 16) & (ODD_PAIRS >> 128))
    w = ((w & (ODD_FOURS >> 128)) << 32) | ((w >> 32) & (ODD_FOURS >> 128))
    element: uint256 = ((w >> 64) & P) | ((w & P) << 128)
    assert element & P != P and element >> 128 != P, "a challenge is drawn again"
    return element


@internal
@pure
def _unpack(word: uint256) -> (uint256, uint256):
    """The two elements in 32 bytes of a proof."""
    w: uint256 = ((word & ODD_BYTES) << 8) | ((word >> 8) & ODD_BYTES)
    w = ((w & ODD_PAIRS) << 16) | ((w >> 16) & ODD_PAIRS)
    w = ((w & ODD_FOURS) << 32) | ((w >> 32) & ODD_FOURS)
    # A lane of 2^61 - 1 or more has a high bit, or gets one when 1 is added.
    assert (w | unsafe_add(w, LANES)) & HIGH_BITS == 0, "NonCanonical"
    return (w >> 192) | (w & (LANE << 128)), ((w >> 64) & LANE) | ((w & LANE) << 128)


@internal
@pure
def _swap(word: uint256) -> uint256:
    """The word with the bytes of each of its four 64-bit parts reversed."""
    w: uint256 = ((word & ODD_BYTES) << 8) | ((word >> 8) & ODD_BYTES)
    w = ((w & ODD_PAIRS) << 16) | ((w >> 16) & ODD_PAIRS)
    return ((w & ODD_FOURS) << 32) | ((w >> 32) & ODD_FOURS)


@internal
@pure
def _half(word: uint256, which: uint256) -> bytes16:
    """The first or second element of a word of a proof, as it is hashed."""
    return convert(convert((word >> (128 - 128 * which)) & LOW, uint128), bytes16)


@internal
@pure
def _demand(condition: bool, reason: String[15]):
    """Nothing, if the condition holds; a reason written out at each check would be longer."""
    assert condition, reason


# The field


@internal
@pure
def _mul(x: uint256, y: uint256) -> uint256:
    """x*y, reduced; exact while both parts of x times both parts of y stay below 2^126.

    As integers, (a + b*2^128)*(c + d*2^128) = a*c + (a*d + b*c)*2^128 modulo 2^256: one product
    gives all but b*d.
    """
    t: uint256 = unsafe_mul(x, y)
    re: uint256 = unsafe_sub(unsafe_add(t & LOW, LARGE_ZERO), unsafe_mul(x >> 128, y >> 128))
    return (re % P) | (((t >> 128) % P) << 128)


@internal
@pure
def _sub(x: uint256, y: uint256) -> uint256:
    """x - y, where y is reduced."""
    return unsafe_sub(unsafe_add(x, ZERO), y)


@internal
@pure
def _reduce(x: uint256) -> uint256:
    """The same element with both parts below p."""
    return ((x & LOW) % P) | (((x >> 128) % P) << 128)


@internal
@pure
def _conjugate(x: uint256) -> uint256:
    """The conjugate of a reduced element."""
    return (x & LOW) | (unsafe_sub(P, x >> 128) << 128)


@internal
@pure
def _power(base: uint256, exponent: uint256) -> uint256:
    """base^exponent, for exponents below 2^61."""
    power: uint256 = 1
    square: uint256 = base
    rest: uint256 = exponent
    for _: uint256 in range(61):
        if rest == 0:
            break
        if rest & 1 == 1:
            power = self._mul(power, square)
        square = self._mul(square, square)
        rest >>= 1
    return power


# Integers


@internal
@pure
def _integer(data: Bytes[MAX_MODEL + 32], position: uint256) -> uint256:
    """The unsigned 32-bit integer at a position, which 28 more bytes follow."""
    return (self._swap(convert(extract32(data, position), uint256)) >> 192) & (2**32 - 1)


@internal
@pure
def _signed(word: uint256) -> uint256:
    """The signed 32-bit integer that a word begins with, as a field element."""
    integer: uint256 = (self._swap(word) >> 192) & (2**32 - 1)
    return integer if integer < 2**31 else integer + P - 2**32


@internal
@pure
def _log2(n: uint256) -> uint256:
    """log2 of the next power of two."""
    bits: uint256 = 0
    for _: uint256 in range(32):
        if n <= 1 << bits:
            break
        bits += 1
    return bits


@internal
@pure
def _byte(header: Bytes[44], position: uint256) -> uint256:
    """One byte of a header."""
    return convert(slice(header, position, 1), uint256)
