# pragma version ~=0.4.3
"""
@title   Proof dispute
@license MIT
@notice  Money and deadlines around a proof of inference whose opening `GkrVerifier` does not check.

         post            sums and folds of a proof, with a bond: true, unless somebody objects
         ask_column      a stake against the folds: show this column of the committed matrix
         ask_weight      a stake against the claim about all weights: show what it is a sum of
         answer_*        the owner shows it, in time ...
         object_to_*     ... and whoever sees that the answer is false says where
         convict_public  the claims about input and multiplicities are false: no answer needed
         convict_bias    the claim about all biases is false
         settle          a question whose time is up: not answered, or answered and not objected to
         finish          a proof whose time is up, with no question open: the bond goes back

         A proof that is convicted is void. Its bond goes to whoever convicts it, or has asked the
         question that was not answered rightly; the stake of a question that was, to the owner.

@dev     What was posted is kept as hashes; whoever acts brings it along, from the calldata that
         everybody has seen. At any time the contract holds the bonds of open proofs, the stakes of
         open questions, and all credits, to the wei.

         The network is known to the contract by two digests: a Merkle root over its weights, column
         by column (those that belong to one place of the matrices' sum, 0x00 before each), and
         SHA-256 of all biases, layer by layer. The network is public: who relies on a proof compares
         digests, widths, shifts and header with it once, as for `GkrVerifier`.

         An owner who convicts himself through a friend, before somebody else does, has his bond
         again; the proof is void all the same. Elements and points are words as in `GkrVerifier`.
"""

P: constant(uint256) = 2**61 - 1
LOW: constant(uint256) = 2**128 - 1
ZERO: constant(uint256) = P + P * 2**128
LARGE_ZERO: constant(uint256) = P * 2**66

# Bounds as in GkrVerifier.
MAX_POINT: constant(uint256) = 13
MAX_WORDS: constant(uint256) = 192
MAX_INPUTS: constant(uint256) = 1024
MAX_OUTPUTS: constant(uint256) = 32
MAX_LAYERS: constant(uint256) = 6
MAX_COUNTS: constant(uint256) = 2048
MAX_COLUMN: constant(uint256) = 1024
MAX_PATH: constant(uint256) = 16
MAX_FOLDS: constant(uint256) = 8192
MAX_LOG_PLACES: constant(uint256) = 11  # of inputs and stack together
MAX_PLACES: constant(uint256) = 2048
MAX_BIASES: constant(uint256) = 4 * (1024 + MAX_OUTPUTS)  # bytes

N_TABLE: constant(uint256) = 1024  # rows of the table of lookups
LOG_COLUMNS: constant(uint256) = 2  # of the committed columns y, limb, limb and zero
MAX_SHIFT: constant(uint256) = 12

# Stages of a proof.
OPEN: constant(uint8) = 1
FINAL: constant(uint8) = 2
VOID: constant(uint8) = 3

# Stages of a question.
ASKED: constant(uint8) = 1
ANSWERED: constant(uint8) = 2
DONE: constant(uint8) = 3

# A question's index where it is about the weights.
ALL_WEIGHTS: constant(uint256) = max_value(uint256)


struct Claims:
    counts: uint256
    inputs: uint256
    weight: uint256
    bias: uint256


struct Left:
    state: bytes32
    row: uint256[MAX_POINT]
    neuron: uint256[MAX_POINT]
    output: uint256[MAX_POINT]
    gamma: uint256
    place: uint256[MAX_POINT]
    claims: Claims
    point: uint256[MAX_POINT]
    value: uint256


struct Proof:
    owner: address
    deadline: uint256  # the last moment for questions and convictions
    stage: uint8
    n_open: uint256  # questions that are not settled
    statement: bytes32  # hash of the digests of input, logits and multiplicities
    left: bytes32  # hash of what the sums left to check
    opening: bytes32  # hash of root, row point and digest of the folds


struct Question:
    proof: uint256
    asker: address
    index: uint256  # of a column, or ALL_WEIGHTS
    deadline: uint256  # of the answer; once there is one, of objections
    stage: uint8
    answer: bytes32  # hash of it


interface GkrVerifier:
    def post_sums(
        x: Bytes[MAX_INPUTS],
        logits: Bytes[4 * MAX_OUTPUTS],
        root: bytes32,
        multiplicities: Bytes[MAX_COUNTS],
        words: DynArray[uint256, MAX_WORDS],
        claims: Claims,
    ) -> Left: nonpayable
    def post_folds(
        root: bytes32,
        state: bytes32,
        point: uint256[MAX_POINT],
        merged: uint256,
        folds: Bytes[MAX_FOLDS],
    ) -> bytes32: nonpayable
    def public_values(
        x: Bytes[MAX_INPUTS],
        multiplicities: Bytes[MAX_COUNTS],
        place: uint256[MAX_POINT],
        row: uint256[MAX_POINT],
    ) -> uint256[2]: view
    def check_column(
        root: bytes32,
        row_point: uint256[MAX_POINT],
        folds_digest: bytes32,
        index: uint256,
        values: uint256[2],
        column: Bytes[MAX_COLUMN],
        path: DynArray[bytes32, MAX_PATH],
    ) -> bool: view
    def encoded(folds: Bytes[MAX_FOLDS], index: uint256) -> uint256[2]: view
    def posted(claim: bytes32) -> bool: view


event Posted:
    proof: indexed(uint256)
    owner: indexed(address)
    inputs: bytes32
    logits: bytes32
    deadline: uint256


event Asked:
    question: indexed(uint256)
    proof: indexed(uint256)
    asker: indexed(address)
    index: uint256
    deadline: uint256


event Answered:
    question: indexed(uint256)
    deadline: uint256


event Convicted:
    proof: indexed(uint256)
    winner: indexed(address)
    reason: String[16]


event Finished:
    proof: indexed(uint256)


event Credited:
    payee: indexed(address)
    amount: uint256


VERIFIER: immutable(GkrVerifier)
DIMS: immutable(DynArray[uint256, MAX_LAYERS + 1])
SHIFTS: immutable(DynArray[uint256, MAX_LAYERS])
WEIGHTS: public(immutable(bytes32))  # Merkle root over all columns of weights
BIASES: public(immutable(bytes32))  # SHA-256
LOG_STACK: immutable(uint256)
LOG_HALF: immutable(uint256)
LOG_OUTPUTS: immutable(uint256)
LOG_WIDTH: immutable(uint256)  # of the committed matrix
LOG_PLACES: immutable(uint256)  # of its codewords
BOND: public(immutable(uint256))  # wei
STAKE: public(immutable(uint256))  # wei
WINDOW: public(immutable(uint256))  # seconds for questions and convictions
RESPONSE: public(immutable(uint256))  # seconds for an answer, and again for objections

n_proofs: public(uint256)
n_questions: public(uint256)
proofs: public(HashMap[uint256, Proof])
questions: public(HashMap[uint256, Question])
credit: public(HashMap[address, uint256])


@deploy
def __init__(
    verifier: address,
    header: Bytes[44],
    dims: DynArray[uint256, MAX_LAYERS + 1],
    shifts: DynArray[uint256, MAX_LAYERS],
    weights: bytes32,
    biases: bytes32,
    bond: uint256,
    stake: uint256,
    window: uint256,
    response: uint256,
):
    """
    @notice Disputes over proofs of one network.
    @param  verifier A `GkrVerifier` made with the same header and widths.
    @param  bond What an owner risks with each proof, in wei; it should exceed what a conviction
            costs, at most 0.1 ether at 20 gwei.
    @param  stake What an asker risks with each question, in wei; it should pay for an answer.
    @param  window Seconds in which a proof may be doubted.
    @param  response Seconds for each next step.
    """
    assert len(header) == 44 and len(dims) >= 3 and len(shifts) == len(dims) - 1, "shape"
    assert bond > 0 and stake > 0 and window > 0 and response > 0, "money and time"
    stack: uint256 = 0
    for layer: uint256 in range(1, len(dims) - 1, bound=MAX_LAYERS):
        assert dims[layer] <= MAX_COLUMN and shifts[layer - 1] <= MAX_SHIFT, "layer"
        stack += 1 << self._log2(dims[layer])
    VERIFIER = GkrVerifier(verifier)
    DIMS = dims
    SHIFTS = shifts
    WEIGHTS = weights
    BIASES = biases
    LOG_STACK = max(1, self._log2(stack))
    LOG_HALF = max(LOG_STACK, self._log2(dims[0]))
    assert LOG_HALF < MAX_LOG_PLACES, "too wide"
    LOG_OUTPUTS = self._log2(dims[len(dims) - 1])
    LOG_WIDTH = convert(slice(header, 9, 1), uint256)
    LOG_PLACES = LOG_WIDTH + convert(slice(header, 8, 1), uint256)
    BOND = bond
    STAKE = stake
    WINDOW = window
    RESPONSE = response


# The proof


@external
@payable
def post(
    x: Bytes[MAX_INPUTS],
    logits: Bytes[4 * MAX_OUTPUTS],
    root: bytes32,
    multiplicities: Bytes[MAX_COUNTS],
    words: DynArray[uint256, MAX_WORDS],
    claims: Claims,
    folds: Bytes[MAX_FOLDS],
) -> uint256:
    """
    @notice Say that the network has these logits for this input; the value sent is the bond.
    @return Number of the proof, counted from 0.
    """
    assert msg.value == BOND, "bond"
    left: Left = extcall VERIFIER.post_sums(x, logits, root, multiplicities, words, claims)
    extcall VERIFIER.post_folds(root, left.state, left.point, left.value, folds)
    row_point: uint256[MAX_POINT] = empty(uint256[MAX_POINT])
    for i: uint256 in range(LOG_WIDTH + 1, LOG_STACK + LOG_COLUMNS, bound=MAX_POINT):
        row_point[i - LOG_WIDTH - 1] = left.point[i]
    opening: bytes32 = keccak256(abi_encode(root, row_point, sha256(folds)))
    assert staticcall VERIFIER.posted(opening), "another header"
    number: uint256 = self.n_proofs
    self.n_proofs = number + 1
    self.proofs[number] = Proof(
        owner=msg.sender,
        deadline=block.timestamp + WINDOW,
        stage=OPEN,
        n_open=0,
        statement=keccak256(abi_encode(sha256(x), sha256(logits), sha256(multiplicities))),
        left=keccak256(abi_encode(left)),
        opening=opening,
    )
    log Posted(
        proof=number,
        owner=msg.sender,
        inputs=sha256(x),
        logits=sha256(logits),
        deadline=block.timestamp + WINDOW,
    )
    return number


@external
def finish(number: uint256):
    """
    @notice Give the bond back to the owner, when the time for doubts is over.
    """
    assert self.proofs[number].stage == OPEN, "proof is not open"
    assert block.timestamp > self.proofs[number].deadline, "deadline has not passed"
    assert self.proofs[number].n_open == 0, "questions are open"
    self.proofs[number].stage = FINAL
    self._credit(self.proofs[number].owner, BOND)
    log Finished(proof=number)


# Questions


@external
@payable
def ask_column(number: uint256, index: uint256) -> uint256:
    """
    @notice Doubt the folds; the value sent is the stake.
    @param  index A column of the committed matrix: any, not only those that the proof opens.
    @return Number of the question.
    """
    assert index >> LOG_PLACES == 0, "no such column"
    return self._ask(number, index)


@external
@payable
def ask_weight(number: uint256) -> uint256:
    """
    @notice Doubt the claim about all weights; the value sent is the stake.
    """
    return self._ask(number, ALL_WEIGHTS)


@external
def answer_column(
    question: uint256,
    root: bytes32,
    row_point: uint256[MAX_POINT],
    folds_digest: bytes32,
    values: uint256[2],
    column: Bytes[MAX_COLUMN],
    path: DynArray[bytes32, MAX_PATH],
):
    """
    @notice Show the column that was asked for. Arguments as for `GkrVerifier.check_column`.
    """
    index: uint256 = self.questions[question].index
    assert index != ALL_WEIGHTS, "another question"
    opening: bytes32 = keccak256(abi_encode(root, row_point, folds_digest))
    assert opening == self.proofs[self.questions[question].proof].opening, "another proof"
    right: bool = staticcall VERIFIER.check_column(
        root, row_point, folds_digest, index, values, column, path
    )
    assert right, "Columns"
    self._answered(question, keccak256(abi_encode(root, row_point, folds_digest, values)))


@external
def object_to_column(
    question: uint256,
    root: bytes32,
    row_point: uint256[MAX_POINT],
    values: uint256[2],
    folds: Bytes[MAX_FOLDS],
):
    """
    @notice Show that the folds, encoded, have other values at the place than the answer says.
    """
    answer: bytes32 = keccak256(abi_encode(root, row_point, sha256(folds), values))
    self._check_answer(question, answer)
    true_values: uint256[2] = staticcall VERIFIER.encoded(folds, self.questions[question].index)
    assert true_values[0] != values[0] or true_values[1] != values[1], "values are right"
    self._win(question, "Columns")


@external
def answer_weight(question: uint256, left: Left, table: DynArray[uint256, MAX_PLACES]):
    """
    @notice Show what the claim about all weights is a sum of: a word for each place of inputs and
            stack, the weights that belong to it, folded. Places after the last word hold zeros.
    """
    assert self.questions[question].index == ALL_WEIGHTS, "another question"
    self._check_left(self.questions[question].proof, left)
    equality: uint256[MAX_PLACES] = self._equality(left.place, LOG_HALF + 1)
    assert len(table) <= 2 << LOG_HALF, "table"
    total: uint256 = 0
    for place: uint256 in range(len(table), bound=MAX_PLACES):
        total += self._mul(equality[place], self._reduce(table[place]))
    assert self._reduce(total) == self._reduce(left.claims.weight), "Matmul"
    self._answered(question, keccak256(abi_encode(table)))


@external
def object_to_weight(
    question: uint256,
    left: Left,
    table: DynArray[uint256, MAX_PLACES],
    place: uint256,
    column: Bytes[MAX_COLUMN],
    path: DynArray[bytes32, MAX_PATH],
):
    """
    @notice Show one place at which the table of the answer is false.
    @param  column The weights of this place, a byte each; none where the place is not used.
    @param  path Siblings from the leaf up, under `WEIGHTS`.
    """
    self._check_left(self.questions[question].proof, left)
    self._check_answer(question, keccak256(abi_encode(table)))
    assert place < 2 << LOG_HALF and len(path) == LOG_HALF + 1, "no such place"
    assert self._root_of(sha256(concat(0x00, column)), place, path) == WEIGHTS, "Merkle"
    said: uint256 = self._reduce(table[place]) if place < len(table) else 0
    assert said != self._fold(left, place, column), "values are right"
    self._win(question, "Matmul")


@external
def settle(question: uint256):
    """
    @notice End a question whose time is up.
    """
    asked: Question = self.questions[question]
    assert asked.stage == ASKED or asked.stage == ANSWERED, "question is not open"
    if self.proofs[asked.proof].stage == VOID:
        self._close(question)
        self._credit(asked.asker, STAKE)
        return
    assert block.timestamp > asked.deadline, "deadline has not passed"
    if asked.stage == ASKED:
        self._win(question, "no answer")
    else:
        self._close(question)
        self._credit(self.proofs[asked.proof].owner, STAKE)


# Convictions without a question


@external
def convict_public(
    number: uint256,
    left: Left,
    x: Bytes[MAX_INPUTS],
    logits: bytes32,
    multiplicities: Bytes[MAX_COUNTS],
):
    """
    @notice Show that a claim about the input or the multiplicities is false.
    @dev    `post` does not read the multiplicities. Bytes that are none have no value, and what is
            claimed of them would be free: they convict as they are.
    @param  logits SHA-256 of the posted logits.
    """
    self._check_left(number, left)
    self._check_doubt(number)
    statement: bytes32 = keccak256(abi_encode(sha256(x), logits, sha256(multiplicities)))
    assert statement == self.proofs[number].statement, "another statement"
    if self._are_counts(multiplicities):
        values: uint256[2] = staticcall VERIFIER.public_values(
            x, multiplicities, left.place, left.row
        )
        same: bool = values[0] == self._reduce(left.claims.counts)
        assert not (same and values[1] == self._reduce(left.claims.inputs)), "values are right"
    self._convict(number, msg.sender, "public values")


@external
def convict_bias(number: uint256, left: Left, biases: Bytes[MAX_BIASES]):
    """
    @notice Show that the claim about all biases is false.
    @param  biases Of all layers, 4 bytes each, low byte first.
    """
    self._check_left(number, left)
    self._check_doubt(number)
    assert sha256(biases) == BIASES, "another network"
    assert self._bias(left, biases) != self._reduce(left.claims.bias), "values are right"
    self._convict(number, msg.sender, "bias")


@external
def withdraw() -> uint256:
    """
    @notice Fetch all that is credited to the caller.
    @dev    The credit is gone before the payee's code runs: whoever calls back in finds nothing.
    @return Wei paid out.
    """
    amount: uint256 = self.credit[msg.sender]
    assert amount > 0, "nothing to withdraw"
    self.credit[msg.sender] = 0
    paid: bool = raw_call(msg.sender, b"", value=amount, revert_on_failure=False)
    assert paid, "payee refused the payment"
    return amount


# Rules


@internal
@payable
def _ask(number: uint256, index: uint256) -> uint256:
    assert msg.value == STAKE, "stake"
    self._check_doubt(number)
    question: uint256 = self.n_questions
    self.n_questions = question + 1
    self.proofs[number].n_open += 1
    self.questions[question] = Question(
        proof=number,
        asker=msg.sender,
        index=index,
        deadline=block.timestamp + RESPONSE,
        stage=ASKED,
        answer=empty(bytes32),
    )
    log Asked(
        question=question,
        proof=number,
        asker=msg.sender,
        index=index,
        deadline=block.timestamp + RESPONSE,
    )
    return question


@internal
@view
def _check_doubt(number: uint256):
    """A proof may be doubted while it is open and its time is not up."""
    assert self.proofs[number].stage == OPEN, "proof is not open"
    assert block.timestamp <= self.proofs[number].deadline, "deadline has passed"


@internal
@view
def _check_left(number: uint256, left: Left):
    assert keccak256(abi_encode(left)) == self.proofs[number].left, "another proof"


@internal
def _answered(question: uint256, answer: bytes32):
    """Keeps the owner's answer. Others could give false ones in his name, and win by them."""
    self._check_turn(question, ASKED)
    owner: address = self.proofs[self.questions[question].proof].owner
    assert msg.sender == owner, "only the owner"
    self.questions[question].stage = ANSWERED
    self.questions[question].answer = answer
    self.questions[question].deadline = block.timestamp + RESPONSE
    log Answered(question=question, deadline=block.timestamp + RESPONSE)


@internal
@view
def _check_answer(question: uint256, answer: bytes32):
    self._check_turn(question, ANSWERED)
    assert self.questions[question].answer == answer, "another answer"


@internal
@view
def _check_turn(question: uint256, stage: uint8):
    assert self.proofs[self.questions[question].proof].stage == OPEN, "proof is not open"
    assert self.questions[question].stage == stage, "wrong stage"
    assert block.timestamp <= self.questions[question].deadline, "deadline has passed"


@internal
def _win(question: uint256, reason: String[16]):
    """The asker has the bond, and the stake again."""
    asker: address = self.questions[question].asker
    self._close(question)
    self._credit(asker, STAKE)
    self._convict(self.questions[question].proof, asker, reason)


@internal
def _close(question: uint256):
    self.questions[question].stage = DONE
    self.proofs[self.questions[question].proof].n_open -= 1


@internal
def _convict(number: uint256, winner: address, reason: String[16]):
    self.proofs[number].stage = VOID
    self._credit(winner, BOND)
    log Convicted(proof=number, winner=winner, reason=reason)


@internal
def _credit(payee: address, amount: uint256):
    self.credit[payee] += amount
    log Credited(payee=payee, amount=amount)


# What is true


@internal
@pure
def _are_counts(data: Bytes[MAX_COUNTS]) -> bool:
    """Whether these are as many numbers below 2^14 as the table has rows, in their LEB128."""
    n_numbers: uint256 = 0
    within: bool = False  # a number, before its second byte
    for i: uint256 in range(len(data), bound=MAX_COUNTS):
        octet: uint256 = convert(slice(data, i, 1), uint256)
        if within and (octet == 0 or octet >= 128):
            return False
        within = octet >= 128
        if not within:
            n_numbers += 1
    return n_numbers == N_TABLE and not within


@internal
@view
def _fold(left: Left, place: uint256, column: Bytes[MAX_COLUMN]) -> uint256:
    """The weights of a place, each with what its output weighs; 0 where the place is not used."""
    layer: uint256 = self._layer_at(place)
    if layer + 1 == len(DIMS):
        assert len(column) == 0, "Shape"
        return 0
    assert len(column) == DIMS[layer + 1], "Shape"
    factors: uint256[MAX_PLACES] = self._output_factors(left, layer)
    first: uint256 = self._offset(layer) if layer + 2 < len(DIMS) else 0
    scale: uint256 = self._scale(layer)
    plus: uint256 = 0
    minus: uint256 = 0
    for j: uint256 in range(len(column), bound=MAX_COLUMN):
        weight: uint256 = convert(slice(column, j, 1), uint256)
        if weight < 128:
            plus += weight * factors[first + j]
        else:
            minus += (256 - weight) * factors[first + j]
    return self._mul(scale, self._reduce(self._reduce(plus) + ZERO - self._reduce(minus)))


@internal
@view
def _bias(left: Left, biases: Bytes[MAX_BIASES]) -> uint256:
    """All biases, what rounding adds included, each with what its output weighs."""
    total: uint256 = 0
    position: uint256 = 0
    for layer: uint256 in range(len(SHIFTS), bound=MAX_LAYERS):
        factors: uint256[MAX_PLACES] = self._output_factors(left, layer)
        hidden: bool = layer + 1 < len(SHIFTS)
        first: uint256 = self._offset(layer) if hidden else 0
        rounding: uint256 = ((1 << SHIFTS[layer]) >> 1) if hidden else 0
        in_layer: uint256 = 0
        for j: uint256 in range(DIMS[layer + 1], bound=MAX_COLUMN):
            bias: uint256 = rounding
            for i: uint256 in range(4):
                bias += convert(slice(biases, position + i, 1), uint256) << (i << 3)
            if bias >= 2**31 + rounding:  # a negative integer, 2^32 too large
                bias = bias + P - 2**32
            in_layer += self._mul(bias, factors[first + j])
            position += 4
        total += self._mul(self._scale(layer), self._reduce(in_layer))
    assert position == len(biases), "Shape"
    return self._reduce(total)


@internal
@view
def _output_factors(left: Left, layer: uint256) -> uint256[MAX_PLACES]:
    """What each place of the stack weighs, or each output; scales of shifts are left out."""
    if layer + 1 < len(SHIFTS):
        return self._equality(left.neuron, LOG_STACK)
    factors: uint256[MAX_PLACES] = self._equality(left.output, LOG_OUTPUTS)
    for j: uint256 in range(1 << LOG_OUTPUTS, bound=MAX_OUTPUTS):
        factors[j] = self._mul(factors[j], left.gamma)
    return factors


@internal
@view
def _scale(layer: uint256) -> uint256:
    """2^(12 - shift) of a hidden layer, 1 of the last one."""
    return 1 << (MAX_SHIFT - SHIFTS[layer]) if layer + 1 < len(SHIFTS) else 1


@internal
@view
def _layer_at(place: uint256) -> uint256:
    """The layer that reads a place; the number of layers, if none does."""
    half: uint256 = 1 << LOG_HALF
    if place < DIMS[0]:
        return 0
    for layer: uint256 in range(1, len(SHIFTS), bound=MAX_LAYERS):
        start: uint256 = half + self._offset(layer - 1)
        if start <= place and place < start + DIMS[layer]:
            return layer
    return len(SHIFTS)


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
@pure
def _root_of(leaf: bytes32, index: uint256, path: DynArray[bytes32, MAX_PATH]) -> bytes32:
    """The root above a leaf."""
    node: bytes32 = leaf
    for level: uint256 in range(len(path), bound=MAX_PATH):
        if (index >> level) & 1 == 0:
            node = sha256(concat(0x01, node, path[level]))
        else:
            node = sha256(concat(0x01, path[level], node))
    return node


# The field, as in GkrVerifier


@internal
@pure
def _equality(point: uint256[MAX_POINT], n: uint256) -> uint256[MAX_PLACES]:
    """The table eq(point, i) over the first n coordinates; zeros after it."""
    table: uint256[MAX_PLACES] = empty(uint256[MAX_PLACES])
    table[0] = 1
    for k: uint256 in range(n, bound=MAX_LOG_PLACES):
        coordinate: uint256 = point[k]
        for i: uint256 in range(1 << k, bound=MAX_PLACES // 2):
            upper: uint256 = self._mul(table[i], coordinate)
            table[unsafe_add(1 << k, i)] = upper
            table[i] = self._reduce(unsafe_sub(unsafe_add(table[i], ZERO), upper))
    return table


@internal
@pure
def _mul(x: uint256, y: uint256) -> uint256:
    """x*y, reduced; exact while both parts of x times both parts of y stay below 2^126."""
    t: uint256 = unsafe_mul(x, y)
    re: uint256 = unsafe_sub(unsafe_add(t & LOW, LARGE_ZERO), unsafe_mul(x >> 128, y >> 128))
    return (re % P) | (((t >> 128) % P) << 128)


@internal
@pure
def _reduce(x: uint256) -> uint256:
    """The same element with both parts below p."""
    return ((x & LOW) % P) | (((x >> 128) % P) << 128)


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
