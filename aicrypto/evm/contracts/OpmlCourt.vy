# pragma version ~=0.4.3
"""
@title   Court of optimistic models
@license MIT
@notice  Decides about results of models that run as programs of the verifiable machine.

         open      a game about a request, whose start state is computed here from the input
         (game)    somebody claims another output there, with a bond; anybody may challenge
         hold      the claim keeps the library's result from becoming final
         close     the claim stood: the library takes its output; it fell: the hold ends

@dev     The claimant proves its output's place in the final memory, and bisection proves that the
         final memory is the program's. Nothing can be won by claiming the library's own output,
         so such a claim holds nothing up.

         A program's memory before it runs is known by the siblings above the 512 bytes that hold
         the input; all else is the model's.
"""


interface ResultLibrary:
    def task(request: uint256) -> bytes32: view
    def output_hash(request: uint256) -> bytes32: view
    def hold(request: uint256, model: uint256, input_hash: bytes32): nonpayable
    def release(request: uint256, model: uint256, input_hash: bytes32): nonpayable
    def overturn(
        request: uint256, model: uint256, input_hash: bytes32, output_hash: bytes32
    ): nonpayable


interface DisputeGame:
    def claim() -> uint8: view
    def output() -> Bytes[MAX_OUTPUT]: view


MAX_INPUT: constant(uint256) = 508  # bytes: with its length one block
MAX_OUTPUT: constant(uint256) = 508
BLOCK_BYTES: constant(uint256) = 512
BLOCK_LEAVES: constant(uint256) = 16
BLOCK_INDEX: constant(uint256) = 1_605_632  # 0x31000000 / 512
N_SIBLINGS: constant(uint256) = 23
ENTRY: constant(uint256) = 4096  # where programs begin: pc of the start state

# Fates of a game's claim.
PENDING: constant(uint8) = 1
REJECTED: constant(uint8) = 2
FINAL: constant(uint8) = 3


struct Terms:
    s0: bytes32
    arity: uint256
    window: uint256
    clock: uint256
    extension: uint256
    proposer_bond: uint256
    challenger_bond: uint256
    burn_bps: uint256
    move_bond: uint256
    growth_bps: uint256


struct Case:
    request: uint256
    model: uint256
    input_hash: bytes32
    is_held: bool


event GameOpened:
    request: indexed(uint256)
    game: address
    start: bytes32


event CaseClosed:
    request: indexed(uint256)
    game: address
    is_overturned: bool


LIBRARY: public(immutable(ResultLibrary))
GAME: immutable(address)  # blueprint
ARBITER: immutable(address)
TERMS: immutable(Terms)
owner: public(address)
programs: public(HashMap[uint256, bytes32])  # by model: hash of the siblings
cases: public(HashMap[address, Case])  # by game


@deploy
def __init__(library: address, game: address, arbiter: address, terms: Terms):
    """
    @notice A court for a library's models.
    @param  game Blueprint of `DisputeGame`.
    @param  terms Of every game; its start state is filled in.
    """
    LIBRARY = ResultLibrary(library)
    GAME = game
    ARBITER = arbiter
    TERMS = terms
    self.owner = msg.sender


@external
def register(model: uint256, program: bytes32):
    """
    @notice Say, once, which program a model is.
    @param  program Hash of the siblings above the input in its memory.
    """
    assert msg.sender == self.owner, "NotOwner"
    assert self.programs[model] == empty(bytes32), "AlreadyRegistered"
    self.programs[model] = program


@external
def open(
    request: uint256, model: uint256, input: Bytes[MAX_INPUT], siblings: bytes32[N_SIBLINGS]
) -> address:
    """
    @notice A game about what a model makes of a request's input. Costs its opener gas alone.
    """
    input_hash: bytes32 = keccak256(input)
    self._check_task(request, model, input_hash)
    assert self.programs[model] == keccak256(abi_encode(siblings)), "WrongProgram"
    terms: Terms = TERMS
    terms.s0 = self._start(input, siblings)
    game: address = create_from_blueprint(GAME, ARBITER, self.owner, terms)
    self.cases[game] = Case(request=request, model=model, input_hash=input_hash, is_held=False)
    log GameOpened(request=request, game=game, start=terms.s0)
    return game


@external
def hold(game: address):
    """
    @notice Keep a result open while a game's claim of another one is pending; anybody may call.
    """
    case: Case = self.cases[game]
    assert case.request != 0, "NoSuchGame"
    assert not case.is_held, "AlreadyHeld"
    assert staticcall DisputeGame(game).claim() == PENDING, "NoClaim"
    output: Bytes[MAX_OUTPUT] = staticcall DisputeGame(game).output()
    assert len(output) > 0, "NoOutput"
    known: bytes32 = staticcall LIBRARY.output_hash(case.request)
    assert keccak256(output) != known, "SameOutput"
    self.cases[game].is_held = True
    extcall LIBRARY.hold(case.request, case.model, case.input_hash)


@external
def close(game: address):
    """
    @notice Tell the library how a game went; anybody may call.
    """
    case: Case = self.cases[game]
    assert case.is_held, "NotHeld"
    claim: uint8 = staticcall DisputeGame(game).claim()
    assert claim in [REJECTED, FINAL], "StillOpen"
    self.cases[game].is_held = False
    is_overturned: bool = False
    if claim == FINAL:
        output_hash: bytes32 = keccak256(staticcall DisputeGame(game).output())
        is_overturned = output_hash != staticcall LIBRARY.output_hash(case.request)
        if is_overturned:
            extcall LIBRARY.overturn(case.request, case.model, case.input_hash, output_hash)
    extcall LIBRARY.release(case.request, case.model, case.input_hash)
    log CaseClosed(request=case.request, game=game, is_overturned=is_overturned)


@external
@view
def start_of(input: Bytes[MAX_INPUT], siblings: bytes32[N_SIBLINGS]) -> bytes32:
    """
    @notice Hash of the machine's state before the program runs on this input.
    """
    return self._start(input, siblings)


@internal
@view
def _check_task(request: uint256, model: uint256, input_hash: bytes32):
    known: bytes32 = staticcall LIBRARY.task(request)
    assert known == keccak256(abi_encode(model, input_hash)), "WrongTask"


@internal
@pure
def _start(input: Bytes[MAX_INPUT], siblings: bytes32[N_SIBLINGS]) -> bytes32:
    n: uint256 = len(input)
    length: uint256 = ((n & 255) << 24) | ((n >> 8) << 16)  # four bytes, the low one first
    zeros: Bytes[BLOCK_BYTES] = abi_encode(empty(bytes32[BLOCK_LEAVES]))
    framed: Bytes[4 + MAX_INPUT] = concat(convert(convert(length, uint32), bytes4), input)
    filled: Bytes[4 + MAX_INPUT + BLOCK_BYTES] = concat(framed, zeros)
    nodes: bytes32[BLOCK_LEAVES] = empty(bytes32[BLOCK_LEAVES])
    for i: uint256 in range(BLOCK_LEAVES):
        nodes[i] = extract32(filled, 32 * i)
    width: uint256 = BLOCK_LEAVES // 2
    for level: uint256 in range(4):
        for i: uint256 in range(width, bound=8):
            nodes[i] = keccak256(concat(nodes[2 * i], nodes[2 * i + 1]))
        width //= 2
    node: bytes32 = nodes[0]
    index: uint256 = BLOCK_INDEX
    for level: uint256 in range(N_SIBLINGS):
        if index & 1 == 0:
            node = keccak256(concat(node, siblings[level]))
        else:
            node = keccak256(concat(siblings[level], node))
        index >>= 1
    return keccak256(abi_encode(node, ENTRY, empty(uint256[4])))
