# pragma version ~=0.4.3
"""
@title   A statement that was proven
@license MIT
@notice  Takes one statement, a list of public inputs, together with a proof that its verifier
         accepts, and keeps it. Other contracts and people then read the statement and need no
         proof. The first proof settles it: there is no second, under whatever form of the proof.
@dev     Written for one number of public inputs: N_PUBLIC is replaced before compiling. What the
         numbers mean, and whether their circuit says it, is a matter of the verifier's key.
"""

N_PUBLIC: constant(uint256) = 7


interface Verifier:
    def verifyProof(
        a: uint256[2], b: uint256[2][2], c: uint256[2], pub: uint256[N_PUBLIC]
    ) -> bool: view


event Settled:
    pub: uint256[N_PUBLIC]


VERIFIER: public(immutable(address))
settled: public(bool)
statement: public(uint256[N_PUBLIC])


@deploy
def __init__(verifier: address):
    """
    @notice Wait for a proof that this verifier accepts.
    """
    assert verifier.is_contract, "no contract there"
    VERIFIER = verifier


@external
def settle(a: uint256[2], b: uint256[2][2], c: uint256[2], pub: uint256[N_PUBLIC]):
    """
    @notice Keep the statement, if the proof holds.
    """
    assert not self.settled, "settled already"
    assert staticcall Verifier(VERIFIER).verifyProof(a, b, c, pub), "the proof does not hold"
    self.settled = True
    self.statement = pub
    log Settled(pub=pub)
