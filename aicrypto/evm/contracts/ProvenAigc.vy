# pragma version ~=0.4.3
"""
@title   Proven AI-generated content (ERC-7007, zkML)
@license MIT
@notice  A token is minted only with a proof that the model makes this content of this prompt.
@dev     A verifier that reverts has refused.
         What is proven is a string of public inputs. The reference joins prompt and content without
         a border, so that a proof for "cat" and "picture" also mints "catp" and "icture": here
         they may be hashed each for itself (`IS_SEPARATED`).
"""

import Aigc

initializes: Aigc
exports: Aigc.__interface__


MAX_TEXT: constant(uint256) = 512
MAX_PROOF: constant(uint256) = 16_384
VERIFIER: public(immutable(address))
IS_SEPARATED: public(immutable(bool))


@deploy
def __init__(
    name: String[32],
    symbol: String[8],
    is_enumerable: bool,
    reveal_blocks: uint256,
    verifier: address,
    is_separated: bool,
):
    """
    @notice A collection whose proofs this verifier judges.
    """
    Aigc.__init__(name, symbol, is_enumerable, reveal_blocks)
    VERIFIER = verifier
    IS_SEPARATED = is_separated


@external
def mint(
    to: address,
    prompt: Bytes[MAX_TEXT],
    aigcData: Bytes[MAX_TEXT],
    uri: Bytes[MAX_TEXT],
    proof: Bytes[MAX_PROOF],
) -> uint256:
    """
    @notice The token of a prompt.
    @param  uri Members of the metadata beside prompt and content, as JSON.
    """
    assert Aigc.REVEAL_BLOCKS == 0, "ERC7007: commit first"
    return self._mint_proven(to, prompt, aigcData, uri, proof)


@external
def mintCommitted(
    to: address,
    prompt: Bytes[MAX_TEXT],
    aigcData: Bytes[MAX_TEXT],
    uri: Bytes[MAX_TEXT],
    proof: Bytes[MAX_PROOF],
    salt: bytes32,
) -> uint256:
    """
    @notice The token of a prompt that the caller committed to.
    """
    Aigc._reveal(prompt, salt)
    return self._mint_proven(to, prompt, aigcData, uri, proof)


@external
def addAigcData(
    tokenId: uint256,
    prompt: Bytes[MAX_TEXT],
    aigcData: Bytes[MAX_TEXT],
    proof: Bytes[MAX_PROOF],
):
    """
    @notice Announce content for a token that exists.
    """
    Aigc._check_minted(tokenId)
    self._check_proof(prompt, aigcData, proof)
    log Aigc.AigcData(tokenId=tokenId, prompt=prompt, aigcData=aigcData, proof=proof)


@external
def update(prompt: Bytes[MAX_TEXT], aigcData: Bytes[MAX_TEXT]):
    """
    @notice Proven content never changes.
    """
    raise "not updatable"


@external
@view
def verify(
    prompt: Bytes[MAX_TEXT], aigcData: Bytes[MAX_TEXT], proof: Bytes[MAX_PROOF]
) -> bool:
    """
    @notice Whether the proof shows that the model makes this content of this prompt.
    """
    return self._is_proven(prompt, aigcData, proof)


@external
@view
def supportsInterface(interfaceId: bytes4) -> bool:
    """
    @notice Which standards this contract keeps.
    """
    return Aigc._supports(interfaceId)


@internal
def _mint_proven(
    to: address,
    prompt: Bytes[MAX_TEXT],
    aigcData: Bytes[MAX_TEXT],
    uri: Bytes[MAX_TEXT],
    proof: Bytes[MAX_PROOF],
) -> uint256:
    token: uint256 = Aigc._token_of(prompt)
    Aigc._mint(to, token)
    self._check_proof(prompt, aigcData, proof)
    Aigc._store(token, prompt, aigcData, uri, 0)
    log Aigc.AigcData(tokenId=token, prompt=prompt, aigcData=aigcData, proof=proof)
    return token


@internal
@view
def _check_proof(
    prompt: Bytes[MAX_TEXT], aigcData: Bytes[MAX_TEXT], proof: Bytes[MAX_PROOF]
):
    assert self._is_proven(prompt, aigcData, proof), "ERC7007: invalid proof"


@internal
@view
def _is_proven(
    prompt: Bytes[MAX_TEXT], aigcData: Bytes[MAX_TEXT], proof: Bytes[MAX_PROOF]
) -> bool:
    inputs: Bytes[2 * MAX_TEXT] = concat(prompt, aigcData)
    if IS_SEPARATED:
        inputs = concat(keccak256(prompt), keccak256(aigcData))
    succeeded: bool = False
    answer: Bytes[32] = b""
    succeeded, answer = raw_call(
        VERIFIER,
        abi_encode(proof, inputs, method_id=method_id("verifyProof(bytes,bytes)")),
        max_outsize=32,
        is_static_call=True,
        revert_on_failure=False,
    )
    return succeeded and len(answer) == 32 and convert(answer, uint256) == 1
