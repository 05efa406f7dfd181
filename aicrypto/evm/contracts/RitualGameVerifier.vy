# pragma version ~=0.4.3
"""
@title   Verifier by dispute
@license MIT
@notice  Holds an answer valid unless somebody shows, in a dispute game about the program's run,
         that it leaves another output.

             delivery (its proof is the output's hash) -> [open, play] -> close

@dev     Nobody need speak for a true answer: after the coordinator's week it is paid. A game that
         ends for the answer's own output settles it at once; a claim that fell decides nothing.
         The game's whole life must fit that week, and is played with its own bonds.
"""

import RitualDesk as desk

initializes: desk
exports: desk.__interface__


interface DisputeGame:
    def claim() -> uint8: view
    def output() -> Bytes[MAX_OUTPUT]: view


MAX_BYTES: constant(uint256) = 4096
MAX_OUTPUT: constant(uint256) = 508
FINAL: constant(uint8) = 3  # a game's claim that stood


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
    subscriptionId: uint32
    interval: uint32
    node: address


event GameOpened:
    subscriptionId: indexed(uint32)
    node: indexed(address)
    game: address


GAME: immutable(address)  # blueprint
ARBITER: immutable(address)
TERMS: immutable(Terms)
starts: public(HashMap[uint32, bytes32])  # by subscription: the machine before it runs
answers: public(HashMap[bytes32, bytes32])  # by keccak(subscription, interval, node)
cases: public(HashMap[address, Case])  # by game


@deploy
def __init__(registry: address, game: address, arbiter: address, terms: Terms):
    """
    @notice A verifier of programs.
    @param  game Blueprint of `DisputeGame`.
    @param  terms Of every game; its start state is filled in.
    """
    desk.__init__(registry)
    GAME = game
    ARBITER = arbiter
    TERMS = terms


@external
@payable
def __default__():
    """
    @notice Fees come here.
    """
    pass


@external
def ask(subscriptionId: uint32, start: bytes32):
    """
    @notice Say, once, what a subscription runs: the hash of the machine with program and input.
    """
    desk._check_judge()
    assert self.starts[subscriptionId] == empty(bytes32), "AlreadyAsked"
    self.starts[subscriptionId] = start


@external
def requestProofVerification(
    subscriptionId: uint32, interval: uint32, node: address, proof: Bytes[MAX_BYTES]
):
    """
    @notice The coordinator asks about an answer, of which the proof is the hash.
    """
    desk._check_coordinator()
    assert self.starts[subscriptionId] != empty(bytes32), "NotAsked"
    assert len(proof) == 32, "proof must be the output's hash"
    key: bytes32 = keccak256(abi_encode(subscriptionId, interval, node))
    self.answers[key] = extract32(proof, 0)


@external
def open(subscriptionId: uint32, interval: uint32, node: address) -> address:
    """
    @notice A game about what the program leaves; costs its opener gas alone.
    """
    key: bytes32 = keccak256(abi_encode(subscriptionId, interval, node))
    assert self.answers[key] != empty(bytes32), "NoSuchAnswer"
    terms: Terms = TERMS
    terms.s0 = self.starts[subscriptionId]
    game: address = create_from_blueprint(GAME, ARBITER, desk.judge, terms)
    self.cases[game] = Case(subscriptionId=subscriptionId, interval=interval, node=node)
    log GameOpened(subscriptionId=subscriptionId, node=node, game=game)
    return game


@external
def close(game: address):
    """
    @notice Tell the coordinator what a game has shown; anybody may call.
    """
    case: Case = self.cases[game]
    assert case.node != empty(address), "NoSuchGame"
    assert staticcall DisputeGame(game).claim() == FINAL, "NothingShown"
    output: Bytes[MAX_OUTPUT] = staticcall DisputeGame(game).output()
    assert len(output) > 0, "NoOutput"
    key: bytes32 = keccak256(abi_encode(case.subscriptionId, case.interval, case.node))
    valid: bool = keccak256(output) == self.answers[key]
    desk._say(case.subscriptionId, case.interval, case.node, valid)
