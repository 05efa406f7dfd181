# pragma version ~=0.4.3
"""
@title   Registry of witnessed tables
@license MIT
@notice  Keeps, for tables of another chain, how many rows they have and a commitment for each
         column, as far as enough attestors have signed for them. Anybody may bring a root with
         its signatures, and then any table with its path to the newest root. Of a commitment by
         another scheme than HyperKZG it keeps the hash.

         Attestors are counted as the deployed contract counts them (spaceandtimefdn/
         sxt-node-op-contracts@6998066c): one pointer moves forward over the sorted attestors, so a
         signature twice counts once, and signatures out of order do not count.

@dev     Roots only move forward in block numbers: an old table cannot come back. A table that was
         not shown again keeps the block of its commitment, which readers may demand to be recent.
"""

MAX_ATTESTORS: constant(uint256) = 64
MAX_NAME: constant(uint256) = 255
MAX_COMMITMENT: constant(uint256) = 4096
MAX_COLUMNS: constant(uint256) = 32
MAX_DEPTH: constant(uint256) = 32
HYPER_KZG: constant(bytes1) = 0x00
MESSAGE_PREFIX: constant(Bytes[28]) = b"\x19Ethereum Signed Message:\n40"
DECIMAL_ID: constant(uint256) = 8
TIMESTAMP_ID: constant(uint256) = 9


struct Signature:
    r: uint256
    s: uint256
    v: uint256


struct Table:
    n_rows: uint256
    number: uint256  # block of the attested root that the commitment was shown under


struct Column:
    x: uint256
    y: uint256
    number: uint256


event RootAttested:
    number: indexed(uint256)
    root: bytes32


struct Sealed:
    digest: bytes32  # Keccak hash of the commitment's bytes
    number: uint256


event TableAccepted:
    table: indexed(bytes32)
    number: indexed(uint256)
    n_rows: uint256


event TableSealed:
    table: indexed(bytes32)
    number: indexed(uint256)
    scheme: bytes1


attestors: public(DynArray[address, MAX_ATTESTORS])
threshold: public(uint256)
root: public(bytes32)
attested_block: public(uint256)
# By the Keccak hash of their names.
tables: public(HashMap[bytes32, Table])
columns: public(HashMap[bytes32, HashMap[bytes32, Column]])
sealed: public(HashMap[bytes32, HashMap[bytes1, Sealed]])


@deploy
def __init__(attestors: DynArray[address, MAX_ATTESTORS], threshold: uint256):
    """
    @notice Name the attestors, in ascending order, and how many of them must sign.
    """
    assert threshold > 0, "InvalidThreshold"
    assert len(attestors) > 0, "EmptyAttestorsList"
    assert attestors[0] != empty(address), "InvalidAttestorAddress"
    assert len(attestors) >= threshold, "AttestorsLengthLessThanThreshold"
    before: uint256 = 0
    for attestor: address in attestors:
        number: uint256 = convert(attestor, uint256)
        assert number > before, "InvalidAttestorList"
        before = number
    self.attestors = attestors
    self.threshold = threshold


@external
def attest(state_root: bytes32, number: uint256, signatures: DynArray[Signature, MAX_ATTESTORS]):
    """
    @notice Bring a newer root.
    @param  signatures Of root and block, in the order of their signers' addresses.
    """
    assert number > self.attested_block and number < 2**64, "the root is not newer"
    assert self._enough_signed(state_root, number, signatures), "NotEnoughSignatures"
    self.root = state_root
    self.attested_block = number
    log RootAttested(number=number, root=state_root)


@external
@view
def enough_signed(
    state_root: bytes32, number: uint256, signatures: DynArray[Signature, MAX_ATTESTORS]
) -> bool:
    """
    @notice Do so many attestors sign this root for this block as are needed?
    """
    return self._enough_signed(state_root, number, signatures)


@external
def accept(
    name: Bytes[MAX_NAME], commitment: Bytes[MAX_COMMITMENT], path: DynArray[bytes32, MAX_DEPTH]
):
    """
    @notice Bring a table's commitment, as bytes, with its path to the newest root.
    @param  name NAMESPACE.NAME.
    """
    self._check_path(name, HYPER_KZG, commitment, path)
    table: bytes32 = keccak256(name)
    assert self.tables[table].number < self.attested_block, "the table is up to date"
    self._store(table, commitment)
    n_rows: uint256 = self.tables[table].n_rows
    log TableAccepted(table=table, number=self.attested_block, n_rows=n_rows)


@external
def seal(
    name: Bytes[MAX_NAME],
    scheme: bytes1,
    commitment: Bytes[MAX_COMMITMENT],
    path: DynArray[bytes32, MAX_DEPTH],
):
    """
    @notice Bring a table's commitment by another scheme, whose bytes mean nothing here.
    """
    assert scheme != HYPER_KZG, "accept reads it"
    self._check_path(name, scheme, commitment, path)
    table: bytes32 = keccak256(name)
    assert self.sealed[table][scheme].number < self.attested_block, "the table is up to date"
    self.sealed[table][scheme] = Sealed(
        digest=keccak256(commitment), number=self.attested_block
    )
    log TableSealed(table=table, number=self.attested_block, scheme=scheme)


@external
@view
def commitment_of(table: bytes32, column: bytes32) -> (uint256, uint256):
    """
    @notice A column's point, by the hashes of the names; reverts if either is not there.
    """
    found: Column = self.columns[table][column]
    is_there: bool = found.number != 0 and found.number == self.tables[table].number
    assert is_there, "CommitmentsNotFound"
    return found.x, found.y


@internal
@view
def _check_path(
    name: Bytes[MAX_NAME],
    scheme: bytes1,
    commitment: Bytes[MAX_COMMITMENT],
    path: DynArray[bytes32, MAX_DEPTH],
):
    length: bytes1 = convert(convert(len(name), uint8), bytes1)
    leaf: bytes32 = keccak256(keccak256(concat(length, name, scheme, commitment)))
    for sibling: bytes32 in path:
        if convert(leaf, uint256) < convert(sibling, uint256):
            leaf = keccak256(concat(leaf, sibling))
        else:
            leaf = keccak256(concat(sibling, leaf))
    assert leaf == self.root, "FailureToVerifyMerkleProof"


@internal
def _store(table: bytes32, commitment: Bytes[MAX_COMMITMENT]):
    """
    @dev u64 0, u64 rows, u64 n, n points; u64 n, each name, 0, type, bounds.
    """
    now: uint256 = self.attested_block
    assert self._number(commitment, 0, 8) == 0, "TableCommitmentUnsupported"
    self.tables[table] = Table(n_rows=self._number(commitment, 8, 8), number=now)
    n: uint256 = self._number(commitment, 16, 8)
    at: uint256 = 24 + (n << 6)
    assert self._number(commitment, at, 8) == n, "TableCommitmentUnsupported"
    at += 8
    for i: uint256 in range(n, bound=MAX_COLUMNS):
        size: uint256 = self._number(commitment, at, 8)
        assert size <= MAX_NAME, "TableCommitmentUnsupported"
        column: bytes32 = keccak256(slice(commitment, at + 8, size))
        at += 8 + size
        assert self._number(commitment, at, 1) == 0, "TableCommitmentUnsupported"
        at = self._after_bounds(commitment, self._after_type(commitment, at + 1))
        x: uint256 = convert(extract32(commitment, 24 + (i << 6)), uint256)
        y: uint256 = convert(extract32(commitment, 56 + (i << 6)), uint256)
        self.columns[table][column] = Column(x=x, y=y, number=now)
    assert at == len(commitment), "TrailingBytes"


@internal
@pure
def _after_type(data: Bytes[MAX_COMMITMENT], at: uint256) -> uint256:
    kind: uint256 = self._number(data, at, 4)
    if kind == DECIMAL_ID:
        return at + 6
    if kind == TIMESTAMP_ID:
        return at + 12
    return at + 4


@internal
@pure
def _after_bounds(data: Bytes[MAX_COMMITMENT], at: uint256) -> uint256:
    kind: uint256 = self._number(data, at, 4)
    if kind == 0:
        return at + 4
    assert kind < 8, "TableCommitmentUnsupported"
    variant: uint256 = self._number(data, at + 4, 4)
    if variant == 0:
        return at + 8
    assert variant < 3, "TableCommitmentUnsupported"
    widths: uint256[8] = [0, 1, 1, 2, 4, 8, 16, 8]
    return at + 8 + 2 * widths[kind]


@internal
@pure
def _number(data: Bytes[MAX_COMMITMENT], at: uint256, n_bytes: uint256) -> uint256:
    """
    @dev Some bytes of the data as a number.
    """
    number: uint256 = 0
    for i: uint256 in range(n_bytes, bound=8):
        number = (number << 8) | convert(slice(data, at + i, 1), uint256)
    return number


@internal
@view
def _enough_signed(
    state_root: bytes32, number: uint256, signatures: DynArray[Signature, MAX_ATTESTORS]
) -> bool:
    suffix: bytes8 = convert(convert(number, uint64), bytes8)
    digest: bytes32 = keccak256(concat(MESSAGE_PREFIX, state_root, suffix))
    needed: uint256 = self.threshold
    n: uint256 = len(self.attestors)
    pointer: uint256 = 0
    count: uint256 = 0
    for signature: Signature in signatures:
        if signature.v > 28:
            continue
        signer: uint256 = convert(
            ecrecover(digest, signature.v, signature.r, signature.s), uint256
        )
        for _: uint256 in range(MAX_ATTESTORS):
            if pointer == n or convert(self.attestors[pointer], uint256) >= signer:
                break
            pointer += 1
        if pointer < n and convert(self.attestors[pointer], uint256) == signer:
            pointer += 1
            count += 1
            if count == needed:
                return True
    return False
