# pragma version ~=0.4.3
"""
@title   Court of proven models
@license MIT
@notice  Makes a result final at once, with a proof that the network has these logits for
         this input; a result that differs from the proven one is replaced.
@dev     Stands before a `GkrVerifier`, which reverts where a proof does not hold. Input and output
         of a request are the bytes that the proof is about: an integer a byte, logits four bytes
         each, the low one first. `verifyProof` shows the same as an ERC-7007 token wants it.
"""


interface ResultLibrary:
    def settle(
        request: uint256, model: uint256, input_hash: bytes32, output_hash: bytes32
    ): nonpayable


struct Claims:
    counts: uint256
    inputs: uint256
    weight: uint256
    bias: uint256


struct Proof:
    network: Bytes[4096]
    x: Bytes[1024]
    logits: Bytes[128]
    witness: Bytes[192]
    multiplicities: Bytes[2048]
    words: DynArray[uint256, 192]
    claims: Claims


interface Verifier:
    def verify(
        model: Bytes[4096],
        x: Bytes[1024],
        logits: Bytes[128],
        witness: Bytes[192],
        multiplicities: Bytes[2048],
        words: DynArray[uint256, 192],
        claims: Claims,
    ) -> bool: view


MAX_PROOF: constant(uint256) = 16_384
LIBRARY: public(immutable(ResultLibrary))
VERIFIER: public(immutable(Verifier))


@deploy
def __init__(library: address, verifier: address):
    """
    @notice A court for the model whose network this verifier knows.
    """
    LIBRARY = ResultLibrary(library)
    VERIFIER = Verifier(verifier)


@external
def prove(request: uint256, model: uint256, proof: Proof):
    """
    @notice Settle a request by a proof; anybody may.
    """
    self._check(proof)
    extcall LIBRARY.settle(request, model, keccak256(proof.x), keccak256(proof.logits))


@external
@view
def verifyProof(proof: Bytes[MAX_PROOF], publicInputs: Bytes[1024]) -> bool:
    """
    @notice Whether a proof is about these inputs: keccak of the prompt, keccak of the content.
    """
    shown: Proof = abi_decode(proof, Proof)
    if keccak256(abi_encode(shown)) != keccak256(proof):
        return False  # the same proof in other bytes
    expected: Bytes[64] = concat(keccak256(shown.x), keccak256(shown.logits))
    if keccak256(expected) != keccak256(publicInputs):
        return False
    self._check(shown)
    return True


@internal
@view
def _check(proof: Proof):
    holds: bool = staticcall VERIFIER.verify(
        proof.network,
        proof.x,
        proof.logits,
        proof.witness,
        proof.multiplicities,
        proof.words,
        proof.claims,
    )
    assert holds, "the proof does not hold"
