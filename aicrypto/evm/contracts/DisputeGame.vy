# pragma version ~=0.4.3
"""
@title   Dispute game
@license MIT
@notice  One task's claim and all games against it: bisection with chess clocks and bonds, decided
         by executing one instruction.

         nothing -> pending -> final       unrefuted when window and games are over
                            -> rejected    a challenger won

@dev     Twin of `aicrypto.opml.games.Referee`: the same refusals in the same order, as reverts of
         the same names. Money enters with claims, challenges and moves, and leaves with `withdraw`;
         at any time the balance is `locked` plus all credits, to the wei.
"""

interface OneStep:
    def step(
        root: bytes32,
        meta: uint256,
        regs: uint256[4],
        insn_proof: bytes32[28],
        mem_proof: bytes32[28],
    ) -> bytes32: view
    def is_well_formed(root: bytes32, meta: uint256, regs: uint256[4]) -> bool: view


# Fates of the claim; 0 is none.
PENDING: constant(uint8) = 1
REJECTED: constant(uint8) = 2
FINAL: constant(uint8) = 3

# Fates of a game; 0 is none.
OPEN: constant(uint8) = 1
PROPOSER_WON: constant(uint8) = 2
CHALLENGER_WON: constant(uint8) = 3
VOID: constant(uint8) = 4

MAX_ARITY: constant(uint256) = 16
MAX_OUTPUT_BYTES: constant(uint256) = 508
MAX_OUTPUT_LEAVES: constant(uint256) = 16
FIRST_OUTPUT_LEAF: constant(uint256) = 26_214_400  # 0x32000000 / 32
BASIS_POINTS: constant(uint256) = 10_000


struct Terms:
    s0: bytes32
    arity: uint256
    window: uint256  # seconds
    clock: uint256
    extension: uint256
    proposer_bond: uint256  # wei
    challenger_bond: uint256
    burn_bps: uint256
    move_bond: uint256  # stake of a move in the first round, growing by growth_bps per round
    growth_bps: uint256


# Where a game stands. In storage it is one word, for every move reads and writes all of it.
struct Place:
    lo: uint256  # 64 bits: they agree on this state ...
    hi: uint256  # 64 bits: ... and disagree on this one
    last: uint256  # 40 bits: time of the last move
    left_proposer: uint256  # 40 bits, seconds
    left_challenger: uint256  # 40 bits, seconds
    rounds: uint256  # 7 bits
    is_choosing: bool  # 1 bit: the challenger's turn


struct Game:
    challenger: address
    status: uint8
    is_located: bool
    place: uint256  # a packed Place
    h_lo: bytes32
    h_hi: bytes32
    staked_proposer: uint256  # wei
    staked_challenger: uint256


event Proposed:
    proposer: indexed(address)
    final_hash: bytes32
    n_steps: uint64


event Challenged:
    game: indexed(uint256)
    challenger: indexed(address)


event Posted:
    game: indexed(uint256)
    hashes: DynArray[bytes32, 15]


event Chosen:
    game: indexed(uint256)
    segment: uint256
    lo: uint256
    hi: uint256


event Decided:
    game: indexed(uint256)
    status: uint8


event Closed:
    claim: uint8


event Withdrawn:
    payee: indexed(address)
    amount: uint256


TERMS: immutable(Terms)
ARBITER: immutable(address)
TREASURY: immutable(address)

claim: public(uint8)
proposer: public(address)
n_steps: public(uint64)
final_hash: public(bytes32)
proposed_at: public(uint256)
output: public(Bytes[508])

n_games: public(uint256)
n_open: public(uint256)
is_challenging: public(HashMap[address, bool])
games: public(HashMap[uint256, Game])
posted: HashMap[uint256, bytes32[15]]
credit: public(HashMap[address, uint256])
locked: public(uint256)


@deploy
def __init__(arbiter: address, treasury: address, terms: Terms):
    """
    @notice A dispute about the task that starts in state `terms.s0`.
    @param  arbiter The contract that executes one instruction.
    @param  treasury Who is credited the burnt part of stakes.
    """
    assert 2 <= terms.arity and terms.arity <= MAX_ARITY, "arity"
    assert terms.extension <= terms.clock and terms.clock < 2**40, "clock"
    assert terms.burn_bps <= BASIS_POINTS, "burn_bps"
    ARBITER = arbiter
    TREASURY = treasury
    TERMS = terms


@external
@payable
def propose(
    s0: bytes32,
    n: uint64,
    root: bytes32,
    meta: uint256,
    regs: uint256[4],
    has_output: bool = False,
    output: Bytes[MAX_OUTPUT_BYTES] = b"",
    output_proof: DynArray[bytes32[28], MAX_OUTPUT_LEAVES] = [],
):
    """
    @notice Claim that the task ends in this state after n steps, with this output if one is given.
    @param  root Root of the final memory.
    @param  meta pc, step, exited and code of the final state.
    @param  output_proof Leaves from the output's address on, each with its 27 siblings.
    """
    assert self.claim == 0, "AlreadyProposed"
    assert msg.value == TERMS.proposer_bond, "WrongBond"
    assert s0 == TERMS.s0, "WrongStart"
    assert staticcall OneStep(ARBITER).is_well_formed(root, meta, regs), "BadState"
    assert n > 0, "EmptyTrace"
    assert (meta >> 96) & 255 != 0, "FinalNotHalted"
    assert (meta >> 32) & (2**64 - 1) == convert(n, uint256), "StepCountMismatch"
    if has_output:
        self._check_output(root, output, output_proof)
        self.output = output
    self.claim = PENDING
    self.proposer = msg.sender
    self.n_steps = n
    self.final_hash = self._state_hash(root, meta, regs)
    self.proposed_at = block.timestamp
    self.locked += msg.value
    log Proposed(proposer=msg.sender, final_hash=self.final_hash, n_steps=n)


@external
@payable
def challenge() -> uint256:
    """
    @notice Open a game against the claim.
    @return Number of the game, counted from 0.
    """
    self._check_pending()
    assert block.timestamp < self.proposed_at + TERMS.window, "WindowClosed"
    assert msg.value == TERMS.challenger_bond, "WrongBond"
    assert not self.is_challenging[msg.sender], "AlreadyChallenging"
    game: uint256 = self.n_games
    self.n_games = game + 1
    self.n_open += 1
    self.is_challenging[msg.sender] = True
    place: Place = Place(
        lo=0,
        hi=convert(self.n_steps, uint256),
        last=block.timestamp,
        left_proposer=TERMS.clock,
        left_challenger=TERMS.clock,
        rounds=0,
        is_choosing=False,
    )
    self.games[game].challenger = msg.sender
    self.games[game].status = OPEN
    self.games[game].place = self._pack(place)
    self.games[game].h_lo = TERMS.s0
    self.games[game].h_hi = self.final_hash
    self.games[game].staked_challenger = msg.value
    self.locked += msg.value
    log Challenged(game=game, challenger=msg.sender)
    return game


@external
@payable
def post(number: uint256, hashes: DynArray[bytes32, 15]):
    """
    @notice The proposer's state hashes at the inner points of the game's interval.
    """
    place: Place = self._open_game(number)
    assert msg.sender == self.proposer, "NotYourRole"
    assert not place.is_choosing and place.hi - place.lo > 1, "NotYourTurn"
    place.left_proposer = self._left_after_move(place.last, place.left_proposer)
    assert len(hashes) == self._n_segments(place) - 1, "WrongSplitCount"
    assert msg.value == self._move_bond(place.rounds), "WrongBond"
    for i: uint256 in range(len(hashes), bound=15):
        self.posted[number][i] = hashes[i]
    place.last = block.timestamp
    place.is_choosing = True
    self.games[number].place = self._pack(place)
    if msg.value > 0:
        self.games[number].staked_proposer += msg.value
        self.locked += msg.value
    log Posted(game=number, hashes=hashes)


@external
@payable
def choose(number: uint256, segment: uint256):
    """
    @notice The challenger's choice: the first segment whose end it disputes.
    """
    place: Place = self._open_game(number)
    assert msg.sender == self.games[number].challenger, "NotYourRole"
    assert place.is_choosing, "NotYourTurn"
    place.left_challenger = self._left_after_move(place.last, place.left_challenger)
    n: uint256 = self._n_segments(place)
    assert segment < n, "BadSegment"
    assert msg.value == self._move_bond(place.rounds), "WrongBond"
    if segment > 0:
        self.games[number].h_lo = self.posted[number][segment - 1]
    if segment < n - 1:
        self.games[number].h_hi = self.posted[number][segment]
    steps: uint256 = place.hi - place.lo
    place.hi = place.lo + steps * (segment + 1) // n
    place.lo += steps * segment // n
    place.rounds += 1
    place.last = block.timestamp
    place.is_choosing = False
    self.games[number].place = self._pack(place)
    if msg.value > 0:
        self.games[number].staked_challenger += msg.value
        self.locked += msg.value
    log Chosen(game=number, segment=segment, lo=place.lo, hi=place.hi)


@external
def prove(
    number: uint256,
    root: bytes32,
    meta: uint256,
    regs: uint256[4],
    insn_proof: bytes32[28],
    mem_proof: bytes32[28],
):
    """
    @notice Execute the one disputed instruction, which decides the game; anybody may call.
    @param  root Memory root of the state before it, on which both sides agree.
    @param  insn_proof Leaf with the instruction, and its 27 siblings.
    @param  mem_proof The same for a load's or store's address.
    """
    place: Place = self._open_game(number)
    assert not place.is_choosing and place.hi - place.lo == 1, "NotSettled"
    assert block.timestamp - place.last < place.left_proposer, "ClockExpired"
    assert staticcall OneStep(ARBITER).is_well_formed(root, meta, regs), "BadState"
    assert self._state_hash(root, meta, regs) == self.games[number].h_lo, "WrongPreState"
    after: bytes32 = staticcall OneStep(ARBITER).step(root, meta, regs, insn_proof, mem_proof)
    self.games[number].is_located = True
    self._decide(number, PROPOSER_WON if after == self.games[number].h_hi else CHALLENGER_WON)


@external
def timeout(number: uint256):
    """
    @notice End a game whose side to move has no time left; anybody may call.
    """
    place: Place = self._open_game(number)
    left: uint256 = place.left_challenger if place.is_choosing else place.left_proposer
    assert block.timestamp - place.last >= left, "ClockRunning"
    self._decide(number, PROPOSER_WON if place.is_choosing else CHALLENGER_WON)


@external
def finalize():
    """
    @notice Make an unrefuted claim final and return its bond; anybody may call.
    """
    self._check_pending()
    assert block.timestamp >= self.proposed_at + TERMS.window, "WindowOpen"
    assert self.n_open == 0, "GamesOpen"
    self.claim = FINAL
    self._release(self.proposer, TERMS.proposer_bond)
    log Closed(claim=FINAL)


@external
def reclaim(number: uint256):
    """
    @notice Close a game that another one's outcome made void: all stakes go back where they came
            from. One call per game, for a loop over all could be made too long to run.
    """
    assert number < self.n_games, "NoSuchGame"
    game: Game = self.games[number]
    assert game.status == OPEN and self.claim == REJECTED, "NotVoid"
    self._close(number, game.challenger, VOID)
    self._release(game.challenger, game.staked_challenger)
    self._release(self.proposer, game.staked_proposer)


@external
def withdraw() -> uint256:
    """
    @notice Fetch all that is credited to the caller.
    @dev    The credit is gone before the payee's code runs: whoever calls back in finds nothing.
    @return Wei paid out.
    """
    amount: uint256 = self.credit[msg.sender]
    assert amount > 0, "NothingToWithdraw"
    self.credit[msg.sender] = 0
    log Withdrawn(payee=msg.sender, amount=amount)
    paid: bool = raw_call(msg.sender, b"", value=amount, revert_on_failure=False)
    assert paid, "PaymentRefused"
    return amount


@external
@view
def posted_hashes(number: uint256) -> DynArray[bytes32, 15]:
    """
    @notice The hashes that the challenger has to choose between; empty if it is not its turn.
    """
    hashes: DynArray[bytes32, 15] = []
    place: Place = self._unpack(self.games[number].place)
    if place.is_choosing:
        for i: uint256 in range(self._n_segments(place) - 1, bound=15):
            hashes.append(self.posted[number][i])
    return hashes


@external
@view
def place(number: uint256) -> Place:
    """
    @notice Where a game stands.
    """
    return self._unpack(self.games[number].place)


@external
@view
def terms() -> Terms:
    """
    @notice What the dispute is played for, and at which pace.
    """
    return TERMS


@internal
@view
def _check_pending():
    assert self.claim != 0, "NoClaim"
    assert self.claim == PENDING, "ClaimClosed"


@internal
@view
def _open_game(number: uint256) -> Place:
    assert number < self.n_games, "NoSuchGame"
    assert self.games[number].status == OPEN and self.claim == PENDING, "GameOver"
    return self._unpack(self.games[number].place)


@internal
@view
def _n_segments(place: Place) -> uint256:
    return min(TERMS.arity, place.hi - place.lo)


@internal
@view
def _left_after_move(last: uint256, left: uint256) -> uint256:
    """
    @dev The mover's time after its move: charged, but never below the extension.
    """
    used: uint256 = block.timestamp - last
    assert used < left, "ClockExpired"
    return max(left - used, TERMS.extension)


@internal
@view
def _move_bond(rounds: uint256) -> uint256:
    """
    @dev What a move after so many rounds has to stake.
    """
    bond: uint256 = TERMS.move_bond
    if bond > 0:
        for i: uint256 in range(rounds, bound=127):
            bond = bond * (BASIS_POINTS + TERMS.growth_bps) // BASIS_POINTS
    return bond


@internal
@pure
def _pack(place: Place) -> uint256:
    word: uint256 = place.lo | (place.hi << 64) | (place.last << 128)
    word |= (place.left_proposer << 168) | (place.left_challenger << 208)
    return word | (place.rounds << 248) | (convert(place.is_choosing, uint256) << 255)


@internal
@pure
def _unpack(word: uint256) -> Place:
    return Place(
        lo=word & (2**64 - 1),
        hi=(word >> 64) & (2**64 - 1),
        last=(word >> 128) & (2**40 - 1),
        left_proposer=(word >> 168) & (2**40 - 1),
        left_challenger=(word >> 208) & (2**40 - 1),
        rounds=(word >> 248) & 127,
        is_choosing=word >> 255 == 1,
    )


@internal
@pure
def _state_hash(root: bytes32, meta: uint256, regs: uint256[4]) -> bytes32:
    return keccak256(abi_encode(root, meta, regs))


@internal
@pure
def _check_output(
    root: bytes32,
    output: Bytes[MAX_OUTPUT_BYTES],
    proofs: DynArray[bytes32[28], MAX_OUTPUT_LEAVES],
):
    """
    @dev The leaves must spell le4(length) and the output; what follows in the last one is free.
    """
    written: uint256 = len(output) + 4
    assert len(proofs) == (written + 31) // 32, "OutputProof"
    for k: uint256 in range(len(proofs), bound=MAX_OUTPUT_LEAVES):
        node: bytes32 = proofs[k][0]
        leaf_index: uint256 = FIRST_OUTPUT_LEAF + k
        for level: uint256 in range(1, 28):
            if leaf_index & 1 == 0:
                node = keccak256(concat(node, proofs[k][level]))
            else:
                node = keccak256(concat(proofs[k][level], node))
            leaf_index >>= 1
        assert node == root, "OutputProof"
        for i: uint256 in range(32):
            place: uint256 = 32 * k + i
            if place >= written:
                break
            shown: uint256 = (convert(proofs[k][0], uint256) >> (8 * (31 - i))) & 255
            expected: uint256 = (len(output) >> (8 * place)) & 255
            if place >= 4:
                expected = convert(slice(output, place - 4, 1), uint256)
            assert shown == expected, "OutputProof"


@internal
def _decide(number: uint256, status: uint8):
    """
    @dev Close a game: the winner's stakes come back, the loser's go to it, less the burn.
    """
    challenger: address = self.games[number].challenger
    proposer_stake: uint256 = self.games[number].staked_proposer
    challenger_stake: uint256 = self.games[number].staked_challenger
    self._close(number, challenger, status)
    if status == PROPOSER_WON:
        self._pay(self.proposer, proposer_stake, challenger_stake)
        return
    self._pay(challenger, challenger_stake, proposer_stake + TERMS.proposer_bond)
    self.claim = REJECTED
    log Closed(claim=REJECTED)


@internal
def _close(number: uint256, challenger: address, status: uint8):
    self.games[number].status = status
    self.is_challenging[challenger] = False
    self.n_open -= 1
    log Decided(game=number, status=status)


@internal
def _pay(winner: address, own: uint256, won: uint256):
    burnt: uint256 = won * TERMS.burn_bps // BASIS_POINTS
    self._release(TREASURY, burnt)
    self._release(winner, own + won - burnt)


@internal
def _release(payee: address, amount: uint256):
    if amount > 0:
        self.locked -= amount
        self.credit[payee] += amount
