# pragma version ~=0.4.3
"""
@title   AI-generated content as a token (ERC-7007), as a part of others
@license MIT
@notice  A token's number is the hash of its prompt, its URI holds prompt and content. How content
         is checked is left to the contract that imports this: by proof, or by a window of doubt.

         Where prompts are precious, minting has two steps, so that nobody who sees a prompt on its
         way can mint it first:  commit(hash) ... after some blocks ... mintCommitted(..., salt)

@dev     `prompt` of the enumerable extension costs storage, so it is there on demand.
         Source: ERC-7007.
"""

import Erc721

initializes: Erc721
exports: Erc721.__interface__

MAX_TEXT: constant(uint256) = 512  # bytes of uri, of prompt, of content
MAX_TEXTS: constant(uint256) = 3 * MAX_TEXT
MAX_URI: constant(uint256) = 3 * MAX_TEXTS + 36
MAX_PROOF: constant(uint256) = 16_384
IERC7007: constant(bytes4) = 0x702c55a6
IERC7007_ENUMERABLE: constant(bytes4) = 0xfa1a557a
BEFORE_PROMPT: constant(Bytes[13]) = b', "prompt": "'
BEFORE_CONTENT: constant(Bytes[17]) = b'", "aigc_data": "'


event AigcData:
    tokenId: indexed(uint256)
    prompt: indexed(Bytes[MAX_TEXT])
    aigcData: indexed(Bytes[MAX_TEXT])
    proof: Bytes[MAX_PROOF]


event Committed:
    commitment: indexed(bytes32)


IS_ENUMERABLE: immutable(bool)
SHAPE_BITS: constant(uint256) = 16
NOTE_BITS: constant(uint256) = 32
REVEAL_BLOCKS: public(immutable(uint256))  # 0: anybody may mint any prompt at once
texts: HashMap[uint256, Bytes[MAX_TEXTS]]  # the minter's metadata, prompt, content in a row
shapes: HashMap[uint256, uint256]  # bytes of the first, bytes of the second, and a note
prompts: HashMap[uint256, Bytes[MAX_TEXT]]
committed_at: public(HashMap[bytes32, uint256])  # block


@deploy
def __init__(name: String[32], symbol: String[8], is_enumerable: bool, reveal_blocks: uint256):
    """
    @notice Content with or without the enumerable extension, minted in one step or in two.
    """
    Erc721.__init__(name, symbol)
    IS_ENUMERABLE = is_enumerable
    REVEAL_BLOCKS = reveal_blocks


@external
def commit(commitment: bytes32):
    """
    @notice Announce a mint without its prompt.
    @param  commitment keccak(abi.encode(prompt, salt, sender)).
    """
    assert self.committed_at[commitment] == 0, "already committed"
    self.committed_at[commitment] = block.number
    log Committed(commitment=commitment)


@external
@view
def tokenURI(tokenId: uint256) -> String[MAX_URI]:
    """
    @notice Metadata, prompt and content of a token.
    """
    Erc721._check_minted(tokenId)
    texts: Bytes[MAX_TEXTS] = self.texts[tokenId]
    n_uri: uint256 = self.shapes[tokenId] & (2**SHAPE_BITS - 1)
    n_prompt: uint256 = (self.shapes[tokenId] >> SHAPE_BITS) & (2**SHAPE_BITS - 1)
    n_content: uint256 = len(texts) - n_uri - n_prompt
    uri: Bytes[MAX_URI] = concat(
        b"{",
        slice(texts, 0, n_uri),
        BEFORE_PROMPT,
        slice(texts, n_uri, n_prompt),
        BEFORE_CONTENT,
        slice(texts, n_uri + n_prompt, n_content),
        b'"}',
    )
    return convert(uri, String[MAX_URI])


@external
@pure
def tokenId(prompt: Bytes[MAX_TEXT]) -> uint256:
    """
    @notice The number of the token of a prompt, minted or not.
    """
    return self._token_of(prompt)


@external
@view
def prompt(tokenId: uint256) -> Bytes[MAX_TEXT]:
    """
    @notice The prompt of a token.
    """
    assert IS_ENUMERABLE, "not enumerable"
    Erc721._check_minted(tokenId)
    return self.prompts[tokenId]


@internal
@view
def _supports(interfaceId: bytes4) -> bool:
    if interfaceId == IERC7007_ENUMERABLE:
        return IS_ENUMERABLE
    return interfaceId == IERC7007 or Erc721._is_standard(interfaceId)


@internal
def _mint(to: address, token: uint256):
    Erc721._mint(to, token)


@internal
@view
def _check_minted(token: uint256):
    Erc721._check_minted(token)


@internal
@pure
def _token_of(prompt: Bytes[MAX_TEXT]) -> uint256:
    return convert(keccak256(prompt), uint256)


@internal
def _reveal(prompt: Bytes[MAX_TEXT], salt: bytes32):
    """
    @dev The caller announced this prompt long enough ago.
    """
    commitment: bytes32 = keccak256(abi_encode(prompt, salt, msg.sender))
    since: uint256 = self.committed_at[commitment]
    assert since > 0, "not committed"
    assert block.number >= since + REVEAL_BLOCKS, "revealed too early"


@internal
def _store(
    token: uint256,
    prompt: Bytes[MAX_TEXT],
    content: Bytes[MAX_TEXT],
    uri: Bytes[MAX_TEXT],
    note: uint256,
):
    """
    @param note A number for the importing contract.
    """
    self.texts[token] = concat(uri, prompt, content)
    self.shapes[token] = len(uri) | (len(prompt) << SHAPE_BITS) | (note << NOTE_BITS)
    if IS_ENUMERABLE:
        self.prompts[token] = prompt


@internal
@view
def _note(token: uint256) -> uint256:
    return self.shapes[token] >> NOTE_BITS


@internal
def _replace(token: uint256, prompt: Bytes[MAX_TEXT], content: Bytes[MAX_TEXT]):
    """
    @dev The same metadata and prompt with another content.
    """
    n_uri: uint256 = self.shapes[token] & (2**SHAPE_BITS - 1)
    uri: Bytes[MAX_TEXTS] = slice(self.texts[token], 0, n_uri)
    shorter: Bytes[MAX_TEXT] = abi_decode(abi_encode(uri), Bytes[MAX_TEXT])
    self.texts[token] = concat(shorter, prompt, content)
