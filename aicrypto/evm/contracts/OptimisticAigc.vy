# pragma version ~=0.4.3
"""
@title   Optimistic AI-generated content (ERC-7007, opML)
@license MIT
@notice  A token is minted with whatever content its minter claims the model makes. Until a window
         is over anybody may prove it wrong before the model's court; then `verify` says True, and
         `update` brings the token in line with what a dispute established.
@dev     Requests are numbered from 1, so that a prompt never minted has none: the reference
         begins with 0, and there every such prompt reads the first token's result.
"""

import Aigc

initializes: Aigc
exports: Aigc.__interface__


interface ResultLibrary:
    def open(model: uint256, input_hash: bytes32) -> uint256: nonpayable
    def upload(request: uint256, output_hash: bytes32): nonpayable
    def output_hash(request: uint256) -> bytes32: view
    def is_final(request: uint256) -> bool: view


MAX_TEXT: constant(uint256) = 512
MAX_PROOF: constant(uint256) = 16_384
IERC7007_UPDATABLE: constant(bytes4) = 0x3f37dce2
LIBRARY: public(immutable(ResultLibrary))
MODEL: public(immutable(uint256))


event Update:
    tokenId: indexed(uint256)
    prompt: indexed(Bytes[MAX_TEXT])
    aigcData: indexed(Bytes[MAX_TEXT])


@deploy
def __init__(
    name: String[32],
    symbol: String[8],
    is_enumerable: bool,
    reveal_blocks: uint256,
    library: address,
    model: uint256,
):
    """
    @notice A collection made by this model; the library takes this contract as its client.
    """
    Aigc.__init__(name, symbol, is_enumerable, reveal_blocks)
    LIBRARY = ResultLibrary(library)
    MODEL = model


@external
def mint(
    to: address,
    prompt: Bytes[MAX_TEXT],
    aigcData: Bytes[MAX_TEXT],
    uri: Bytes[MAX_TEXT],
    proof: Bytes[MAX_PROOF],
) -> uint256:
    """
    @notice The token of a prompt; no proof is needed.
    @param  uri Members of the metadata beside prompt and content, as JSON.
    """
    assert Aigc.REVEAL_BLOCKS == 0, "ERC7007: commit first"
    return self._mint_claimed(to, prompt, aigcData, uri, proof)


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
    return self._mint_claimed(to, prompt, aigcData, uri, proof)


@external
def addAigcData(
    tokenId: uint256,
    prompt: Bytes[MAX_TEXT],
    aigcData: Bytes[MAX_TEXT],
    proof: Bytes[MAX_PROOF],
):
    """
    @notice A token has its content from its mint on.
    """
    Aigc._check_minted(tokenId)
    raise "ERC7007: requestId already exists"


@external
def update(prompt: Bytes[MAX_TEXT], aigcData: Bytes[MAX_TEXT]):
    """
    @notice Give a token the content that is final; anybody may call.
    """
    assert self._is_verified(prompt, aigcData), "ERC7007: invalid aigcData"
    token: uint256 = Aigc._token_of(prompt)
    Aigc._replace(token, prompt, aigcData)
    log Update(tokenId=token, prompt=prompt, aigcData=aigcData)


@external
@view
def verify(
    prompt: Bytes[MAX_TEXT], aigcData: Bytes[MAX_TEXT], proof: Bytes[MAX_PROOF]
) -> bool:
    """
    @notice Whether this content is, finally, what the model makes of this prompt.
    """
    return self._is_verified(prompt, aigcData)


@external
@view
def requestOf(tokenId: uint256) -> uint256:
    """
    @notice The library's request behind a token.
    """
    Aigc._check_minted(tokenId)
    return Aigc._note(tokenId)


@external
@view
def supportsInterface(interfaceId: bytes4) -> bool:
    """
    @notice Which standards this contract keeps.
    """
    return interfaceId == IERC7007_UPDATABLE or Aigc._supports(interfaceId)


@internal
def _mint_claimed(
    to: address,
    prompt: Bytes[MAX_TEXT],
    aigcData: Bytes[MAX_TEXT],
    uri: Bytes[MAX_TEXT],
    proof: Bytes[MAX_PROOF],
) -> uint256:
    token: uint256 = Aigc._token_of(prompt)
    Aigc._mint(to, token)
    request: uint256 = extcall LIBRARY.open(MODEL, keccak256(prompt))
    extcall LIBRARY.upload(request, keccak256(aigcData))
    Aigc._store(token, prompt, aigcData, uri, request)
    log Aigc.AigcData(tokenId=token, prompt=prompt, aigcData=aigcData, proof=proof)
    return token


@internal
@view
def _is_verified(prompt: Bytes[MAX_TEXT], aigcData: Bytes[MAX_TEXT]) -> bool:
    request: uint256 = Aigc._note(Aigc._token_of(prompt))
    if not staticcall LIBRARY.is_final(request):
        return False
    return staticcall LIBRARY.output_hash(request) == keccak256(aigcData)
