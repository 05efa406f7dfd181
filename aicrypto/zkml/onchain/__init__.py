"""Proofs of inference checked by a contract, `evm/contracts/GkrVerifier.vy`.

`clear` is a form of the proof for networks so small that activations are sent instead of opened:
the contract checks all of it. Of a larger network's proof it checks the sums (`sums` says what they
leave), and one column of the committed matrix whenever somebody asks for it. `calldata` turns
proofs into the arguments of calls; `dispute` does so for `ProofDispute.vy`, where a proof stands
with a bond until the time to doubt it is over.
"""

from aicrypto.zkml.onchain import calldata, clear, dispute, sums

__all__ = ["calldata", "clear", "dispute", "sums"]
