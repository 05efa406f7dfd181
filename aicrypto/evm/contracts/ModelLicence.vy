# pragma version ~=0.4.3
"""
@title   Model licence
@license MIT
@notice  A model that anyone may run and nobody may run for nothing. Its owner commits to secret
         questions; hosts deposit collateral and pay per query; whoever catches a host answering a
         secret question that it did not pay for has it slashed and takes a part.

         publish -> deposit -> authorise or report -> announce -> claim -> defend or settle

@dev     Reasons are those of the ledger `aicrypto.oml.protocol.ledger`. A host signs each answer
         with its time and has a window to pay for it; only then may it be claimed, so that nobody
         pays because a claim is on its way. Where the time is more than a window ahead of the
         claim, the announcement's counts instead. A claim that finds no permission opens a
         challenge; within another window the host may show that a timely report contains the
         query. At any time the contract holds all collateral, credit and bounties, and the income
         not yet collected, to the wei.
"""

import Signatures

BPS: constant(uint256) = 10_000
MAX_PAYEES: constant(uint256) = 16
MAX_DEPTH: constant(uint256) = 32
MAX_TEXT: constant(uint256) = 1024  # bytes of a key or a response


struct Terms:
    root: bytes32  # RFC 6962 tree over sha256(key) || sha256(response) || salt
    count: uint256
    price: uint256  # wei a query
    min_collateral: uint256
    slash_bps: uint256
    prover_bps: uint256


struct Host:
    known: bool
    collateral: uint256
    credit: uint256
    leaves_at: uint256  # seconds since 1970; 0 while it stays
    n_challenges: uint256  # open ones


struct Report:
    host: address
    root: bytes32  # RFC 6962 tree over hashes of queries
    count: uint256
    time: uint256


struct Challenge:
    prover: address
    host: address
    query_hash: bytes32
    due: uint256  # until when a payment counts, seconds since 1970
    deadline: uint256  # of the defence


event Published:
    root: bytes32
    count: uint256


event Deposited:
    host: indexed(address)
    collateral: uint256
    credit: uint256


event Reported:
    report: indexed(uint256)
    host: indexed(address)
    count: uint256


event Challenged:
    index: indexed(uint256)
    host: indexed(address)
    prover: indexed(address)


event Paid:
    index: indexed(uint256)
    host: indexed(address)


event Slashed:
    index: indexed(uint256)
    host: indexed(address)
    cut: uint256
    bounty: uint256


event Collected:
    payee: indexed(address)
    amount: uint256


OWNER: public(immutable(address))
WINDOW: public(immutable(uint256))  # seconds to pay after an answer, and to defend after a claim
terms: public(Terms)
payees: public(DynArray[address, MAX_PAYEES])
shares_bps: public(DynArray[uint256, MAX_PAYEES])
income: public(uint256)  # wei ever earned by owner and contributors together
collected: public(HashMap[address, uint256])
hosts: public(HashMap[address, Host])
authorised: public(HashMap[address, HashMap[bytes32, uint256]])  # when first, in seconds
reports: public(HashMap[uint256, Report])
n_reports: public(uint256)
announced: public(HashMap[address, HashMap[bytes32, uint256]])  # in seconds
revealed: public(HashMap[uint256, bool])
challenges: public(HashMap[uint256, Challenge])
bounty: public(HashMap[address, uint256])


@deploy
def __init__(window: uint256):
    """
    @param window Seconds to pay after an answer, and to defend after a claim.
    """
    OWNER = msg.sender
    WINDOW = window


@external
@payable
def __default__():
    """
    @notice Income from elsewhere: a model built from this one pays its parent here.
    """
    self.income += msg.value


@external
def publish(
    terms: Terms, payees: DynArray[address, MAX_PAYEES], shares_bps: DynArray[uint256, MAX_PAYEES]
):
    """
    @notice Commit to fingerprints and terms, once; the owner keeps what contributors do not get.
    @param  payees Contributors: people, or licences of the models this one was made from.
    @param  shares_bps Parts of all income, in 1/10,000.
    """
    assert msg.sender == OWNER, "NotOwner"
    assert self.terms.count == 0, "AlreadyPublished"
    assert terms.count > 0 and terms.slash_bps <= BPS and terms.prover_bps <= BPS, "BadTerms"
    assert len(payees) == len(shares_bps), "BadTerms"
    total: uint256 = 0
    for i: uint256 in range(len(payees), bound=MAX_PAYEES):
        assert payees[i] not in [empty(address), self, OWNER], "BadTerms"
        for j: uint256 in range(i, bound=MAX_PAYEES):
            assert payees[i] != payees[j], "BadTerms"
        assert shares_bps[i] <= BPS, "BadTerms"
        total += shares_bps[i]
    assert total <= BPS, "BadTerms"
    self.terms = terms
    self.payees = payees
    self.shares_bps = shares_bps
    log Published(root=terms.root, count=terms.count)


# Hosts


@external
@payable
def deposit(credit: uint256):
    """
    @notice Become a host, or add to what is there; what is sent beyond the credit is collateral.
    """
    self._check_published()
    assert credit <= msg.value, "InsufficientCredit"
    host: Host = self.hosts[msg.sender]
    host.known = True
    host.collateral += msg.value - credit
    host.credit += credit
    self.hosts[msg.sender] = host
    log Deposited(host=msg.sender, collateral=msg.value - credit, credit=credit)


@external
def authorise(query_hash: bytes32):
    """
    @notice Pay for one query.
    @param  query_hash SHA-256 of the query.
    """
    self._charge(1)
    if self.authorised[msg.sender][query_hash] == 0:
        self.authorised[msg.sender][query_hash] = block.timestamp


@external
def report(root: bytes32, count: uint256) -> uint256:
    """
    @notice Pay for many queries at once.
    @param  root Merkle root over their hashes.
    @return Number of the report.
    """
    self._charge(count)
    number: uint256 = self.n_reports
    self.n_reports = number + 1
    self.reports[number] = Report(host=msg.sender, root=root, count=count, time=block.timestamp)
    log Reported(report=number, host=msg.sender, count=count)
    return number


@external
def leave():
    """
    @notice Ask for the collateral back; the last answers can still be claimed for two windows.
    """
    assert self.hosts[msg.sender].known, "UnknownHost"
    self.hosts[msg.sender].leaves_at = block.timestamp + 3 * WINDOW


@external
def withdraw():
    """
    @notice Fetch collateral and credit, after leaving and with no challenge open.
    """
    host: Host = self.hosts[msg.sender]
    assert host.known, "UnknownHost"
    assert host.leaves_at > 0 and block.timestamp > host.leaves_at, "StillBound"
    assert host.n_challenges == 0, "StillBound"
    self.hosts[msg.sender] = empty(Host)
    self._send(msg.sender, host.collateral + host.credit)


# Provers


@external
def announce(seal: bytes32):
    """
    @notice Bind a claim to its prover before it is shown, so that no onlooker can take it over.
    @param  seal See `sealed`.
    """
    self.announced[msg.sender][seal] = block.timestamp


@external
@view
def sealed(prover: address, leaf: bytes32) -> bytes32:
    """
    @notice What a prover announces; `leaf` is the Merkle leaf of the fingerprint.
    """
    return keccak256(abi_encode(prover, leaf))


@external
@view
def answer_digest(query_hash: bytes32, answer_hash: bytes32, answered: uint256) -> bytes32:
    """
    @notice What a host signs with each answer: two SHA-256 hashes and the time.
    """
    return self._answer_digest(query_hash, answer_hash, answered)


@external
def claim(
    host: address,
    index: uint256,
    key: Bytes[MAX_TEXT],
    response: Bytes[MAX_TEXT],
    salt: bytes32,
    proof: DynArray[bytes32, MAX_DEPTH],
    observed: Bytes[MAX_TEXT],
    answered: uint256,
    signature: Bytes[65],
):
    """
    @notice Reveal a fingerprint that the host answered; unpaid use opens a challenge.
    @param  observed The host's answer.
    @param  answered When it says that it answered, seconds since 1970.
    @param  signature Of the host, over `answer_digest`.
    """
    self._check_published()
    assert self.hosts[host].known, "UnknownHost"
    assert not self.revealed[index], "AlreadyRevealed"
    query_hash: bytes32 = sha256(key)
    leaf: bytes32 = sha256(concat(b"\x00", query_hash, sha256(response), salt))
    assert self._is_in(leaf, index, self.terms.count, proof, self.terms.root), "NotCommitted"
    sealed_at: uint256 = self.announced[msg.sender][keccak256(abi_encode(msg.sender, leaf))]
    assert sealed_at > 0 and sealed_at < block.timestamp, "NotAnnounced"
    digest: bytes32 = self._answer_digest(query_hash, sha256(observed), answered)
    assert self._signer(digest, signature) == host, "NotSigned"
    assert keccak256(observed) == keccak256(response), "ResponseMismatch"
    due: uint256 = sealed_at + WINDOW  # of an answer from a future that no wrong clock explains
    if answered <= block.timestamp + WINDOW:
        due = answered + WINDOW
    assert due < block.timestamp, "TooEarly"
    self.revealed[index] = True
    paid: uint256 = self.authorised[host][query_hash]
    if paid > 0 and paid <= due:
        log Paid(index=index, host=host)
        return
    self.hosts[host].n_challenges += 1
    self.challenges[index] = Challenge(
        prover=msg.sender,
        host=host,
        query_hash=query_hash,
        due=due,
        deadline=block.timestamp + WINDOW,
    )
    log Challenged(index=index, host=host, prover=msg.sender)


@external
def defend(index: uint256, report: uint256, position: uint256, proof: DynArray[bytes32, MAX_DEPTH]):
    """
    @notice Show that a report made in time contains the query.
    """
    challenge: Challenge = self.challenges[index]
    assert challenge.host != empty(address), "NoChallenge"
    assert block.timestamp <= challenge.deadline, "TooLate"
    paid: Report = self.reports[report]
    assert paid.host == challenge.host and paid.time <= challenge.due, "NotReported"
    leaf: bytes32 = sha256(concat(b"\x00", challenge.query_hash))
    assert self._is_in(leaf, position, paid.count, proof, paid.root), "NotReported"
    self._close(index, challenge.host)
    log Paid(index=index, host=challenge.host)


@external
def settle(index: uint256):
    """
    @notice Slash a host that did not defend itself in time.
    """
    challenge: Challenge = self.challenges[index]
    assert challenge.host != empty(address), "NoChallenge"
    assert block.timestamp > challenge.deadline, "TooEarly"
    self._close(index, challenge.host)
    cut: uint256 = self.hosts[challenge.host].collateral * self.terms.slash_bps // BPS
    bounty: uint256 = cut * self.terms.prover_bps // BPS
    self.hosts[challenge.host].collateral -= cut
    self.bounty[challenge.prover] += bounty
    self.income += cut - bounty
    log Slashed(index=index, host=challenge.host, cut=cut, bounty=bounty)


# Payments


@external
@view
def due(payee: address) -> uint256:
    """
    @notice Wei of the income that the owner or a contributor may collect.
    """
    return self._due(payee)


@external
def collect(payee: address):
    """
    @notice Send a payee its part; anyone may ask, since a payee may be another model's licence.
    """
    amount: uint256 = self._due(payee)
    assert amount > 0, "NothingDue"
    self.collected[payee] += amount
    log Collected(payee=payee, amount=amount)
    self._send(payee, amount)


@external
def take_bounty():
    """
    @notice Fetch what claims brought.
    """
    amount: uint256 = self.bounty[msg.sender]
    assert amount > 0, "NothingDue"
    self.bounty[msg.sender] = 0
    self._send(msg.sender, amount)


@internal
@view
def _check_published():
    assert self.terms.count > 0, "NotPublished"


@internal
def _charge(count: uint256):
    """
    @dev Moves the price of so many queries from the caller's credit to the income.
    """
    self._check_published()
    host: Host = self.hosts[msg.sender]
    assert host.known and host.collateral >= self.terms.min_collateral, "InsufficientCollateral"
    assert host.leaves_at == 0, "Leaving"
    cost: uint256 = count * self.terms.price
    assert host.credit >= cost, "InsufficientCredit"
    self.hosts[msg.sender].credit -= cost
    self.income += cost


@internal
def _close(index: uint256, host: address):
    self.challenges[index] = empty(Challenge)
    self.hosts[host].n_challenges -= 1


@internal
@view
def _due(payee: address) -> uint256:
    """
    @dev Contributors get their parts of all income rounded down, the owner what is left.
    """
    rest: uint256 = self.income
    for i: uint256 in range(len(self.payees), bound=MAX_PAYEES):
        part: uint256 = self.income * self.shares_bps[i] // BPS
        if self.payees[i] == payee:
            return part - self.collected[payee]
        rest -= part
    return rest - self.collected[payee] if payee == OWNER else 0


@internal
def _send(to: address, amount: uint256):
    sent: bool = raw_call(to, b"", value=amount, revert_on_failure=False)
    assert sent, "payee refused the payment"


@internal
@view
def _answer_digest(query_hash: bytes32, answer_hash: bytes32, answered: uint256) -> bytes32:
    return keccak256(abi_encode(chain.id, self, query_hash, answer_hash, answered))


@internal
@pure
def _signer(digest: bytes32, signature: Bytes[65]) -> address:
    """
    @dev EIP-191 over 32 bytes; the zero address where there is no signature.
    """
    message: bytes32 = keccak256(concat(b"\x19Ethereum Signed Message:\n32", digest))
    return Signatures._recover(message, signature)


@internal
@pure
def _is_in(
    leaf: bytes32,
    index: uint256,
    count: uint256,
    proof: DynArray[bytes32, MAX_DEPTH],
    root: bytes32,
) -> bool:
    """
    @dev RFC 9162, 2.1.3.2. The proof's length follows from index and count; others are refused.
    """
    if index >= count:
        return False
    position: uint256 = index
    last: uint256 = count - 1
    digest: bytes32 = leaf
    for sibling: bytes32 in proof:
        if last == 0:
            return False
        if position % 2 == 1 or position == last:
            digest = sha256(concat(b"\x01", sibling, digest))
            for _: uint256 in range(256):
                if position % 2 == 1 or position == 0:
                    break
                position = position >> 1
                last = last >> 1
        else:
            digest = sha256(concat(b"\x01", digest, sibling))
        position = position >> 1
        last = last >> 1
    return last == 0 and digest == root
