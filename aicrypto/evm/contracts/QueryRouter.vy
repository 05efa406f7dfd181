# pragma version ~=0.4.3
"""
@title   Router of proved queries
@license MIT
@notice  A client contract asks a query of a witnessed table and pays for it; whoever brings the
         result with its proof is paid, and the client is called back with the result's bytes.

         requested -> answered
         or, after the deadline, from requested -> refunded

         The proof is checked against the registry's commitments: neither the client nor this
         contract ever sees the table.

@dev     The client fixes plan and parameters when it asks. A callback that fails costs its client
         the notification, not the prover the payment; the result stays readable as a hash.
"""

interface Verifier:
    def verify(
        plan: Bytes[1024],
        result: Bytes[2048],
        proof: Bytes[6144],
        n_rows: uint256,
        commitments: Bytes[1024],
        parameters: DynArray[uint256, 8],
    ) -> bool: view


interface Registry:
    def tables(table: bytes32) -> (uint256, uint256): view
    def commitment_of(table: bytes32, column: bytes32) -> (uint256, uint256): view


MAX_PLAN: constant(uint256) = 1024
MAX_RESULT: constant(uint256) = 2048
MAX_PROOF: constant(uint256) = 6144
MAX_COLUMNS: constant(uint256) = 16
MAX_PARAMETERS: constant(uint256) = 8
DECIMAL_ID: constant(uint256) = 8
TIMESTAMP_ID: constant(uint256) = 9

REQUESTED: constant(uint8) = 1
ANSWERED: constant(uint8) = 2
REFUNDED: constant(uint8) = 3


struct Query:
    client: address
    payment: uint256  # wei
    deadline: uint256  # seconds since 1970; the last moment to answer
    min_block: uint256  # the table's commitment must be at least this recent
    statement: bytes32  # hash of plan and parameters
    result_hash: bytes32
    stage: uint8


event Requested:
    query: indexed(uint256)
    client: indexed(address)
    plan: Bytes[MAX_PLAN]
    parameters: DynArray[uint256, MAX_PARAMETERS]
    payment: uint256


event Answered:
    query: indexed(uint256)
    prover: indexed(address)
    result_hash: bytes32
    called_back: bool


event Refunded:
    query: indexed(uint256)
    client: indexed(address)
    payment: uint256


VERIFIER: public(immutable(address))
REGISTRY: public(immutable(address))
n_queries: public(uint256)
queries: public(HashMap[uint256, Query])
credit: public(HashMap[address, uint256])


@deploy
def __init__(verifier: address, registry: address):
    """
    @notice Stand between clients, this verifier, and this registry of tables.
    """
    assert verifier.is_contract and registry.is_contract, "no contract there"
    VERIFIER = verifier
    REGISTRY = registry


@external
@payable
def request(
    plan: Bytes[MAX_PLAN],
    parameters: DynArray[uint256, MAX_PARAMETERS],
    deadline: uint256,
    min_block: uint256,
) -> uint256:
    """
    @notice Ask; the value sent is the prover's payment. The caller is called back, if it is a
            contract, as on_result(uint256,bytes).
    @param  min_block The oldest attested block that the table's commitment may be of.
    @return Number of the query, counted from 0.
    """
    assert msg.value > 0, "no payment"
    assert deadline > block.timestamp, "deadline has passed"
    query: uint256 = self.n_queries
    self.n_queries = query + 1
    self.queries[query] = Query(
        client=msg.sender,
        payment=msg.value,
        deadline=deadline,
        min_block=min_block,
        statement=keccak256(abi_encode(plan, parameters)),
        result_hash=empty(bytes32),
        stage=REQUESTED,
    )
    log Requested(
        query=query, client=msg.sender, plan=plan, parameters=parameters, payment=msg.value
    )
    return query


@external
def answer(
    query: uint256,
    plan: Bytes[MAX_PLAN],
    parameters: DynArray[uint256, MAX_PARAMETERS],
    result: Bytes[MAX_RESULT],
    proof: Bytes[MAX_PROOF],
):
    """
    @notice Bring the result with its proof; the payment is credited to the caller.
    """
    asked: Query = self.queries[query]
    assert asked.stage == REQUESTED, "wrong stage"
    assert block.timestamp <= asked.deadline, "deadline has passed"
    assert asked.statement == keccak256(abi_encode(plan, parameters)), "another query"
    n_rows: uint256 = 0
    commitments: Bytes[64 * MAX_COLUMNS] = b""
    n_rows, commitments = self._commitments(plan, asked.min_block)
    is_valid: bool = staticcall Verifier(VERIFIER).verify(
        plan, result, proof, n_rows, commitments, parameters
    )
    assert is_valid, "the proof is wrong"
    self.queries[query].stage = ANSWERED
    self.queries[query].result_hash = keccak256(result)
    self.credit[msg.sender] += asked.payment
    called_back: bool = False
    if asked.client.is_contract:
        called_back = raw_call(
            asked.client,
            abi_encode(query, result, method_id=method_id("on_result(uint256,bytes)")),
            revert_on_failure=False,
        )
    log Answered(
        query=query, prover=msg.sender, result_hash=keccak256(result), called_back=called_back
    )


@external
def refund(query: uint256):
    """
    @notice Give the payment of a query that nobody answered back to its client's credit.
    """
    asked: Query = self.queries[query]
    assert asked.stage == REQUESTED, "wrong stage"
    assert block.timestamp > asked.deadline, "deadline has not passed"
    self.queries[query].stage = REFUNDED
    self.credit[asked.client] += asked.payment
    log Refunded(query=query, client=asked.client, payment=asked.payment)


@external
def withdraw() -> uint256:
    """
    @notice Fetch all that is credited to the caller.
    @return Wei paid out.
    """
    amount: uint256 = self.credit[msg.sender]
    assert amount > 0, "nothing to withdraw"
    self.credit[msg.sender] = 0
    paid: bool = raw_call(msg.sender, b"", value=amount, revert_on_failure=False)
    assert paid, "payee refused the payment"
    return amount


@internal
@view
def _commitments(
    plan: Bytes[MAX_PLAN], min_block: uint256
) -> (uint256, Bytes[64 * MAX_COLUMNS]):
    """
    @dev Rows of the plan's one table, and a point for each of the plan's columns.
    """
    assert self._u64(plan, 0) == 1, "InvalidIndex"
    size: uint256 = self._u64(plan, 8)
    table: bytes32 = keccak256(slice(plan, 16, size))
    at: uint256 = 16 + size
    n_rows: uint256 = 0
    shown: uint256 = 0
    n_rows, shown = staticcall Registry(REGISTRY).tables(table)
    assert shown > 0 and shown >= min_block, "the table's commitment is stale"
    n: uint256 = self._u64(plan, at)
    at += 8
    found: uint256[2 * MAX_COLUMNS] = empty(uint256[2 * MAX_COLUMNS])
    for i: uint256 in range(n, bound=MAX_COLUMNS):
        assert self._u64(plan, at) == 0, "InvalidIndex"
        size = self._u64(plan, at + 8)
        at += 16
        column: bytes32 = keccak256(slice(plan, at, size))
        found[2 * i], found[2 * i + 1] = staticcall Registry(REGISTRY).commitment_of(table, column)
        at += size
        kind: uint256 = self._u64(plan, at) >> 32
        at += 4
        if kind == DECIMAL_ID:
            at += 2
        elif kind == TIMESTAMP_ID:
            at += 8
    return n_rows, slice(abi_encode(found), 0, 64 * n)


@internal
@pure
def _u64(data: Bytes[MAX_PLAN], at: uint256) -> uint256:
    """
    @dev 8 bytes of the data as a number.
    """
    return convert(slice(data, at, 8), uint256)
