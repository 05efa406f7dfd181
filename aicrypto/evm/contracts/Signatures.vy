# pragma version ~=0.4.3
"""
@title   Whose signature it is, as a part of others
@license MIT
@notice  A person's signature is recovered; a contract is asked whether it stands by it (ERC-1271).
@dev     One signature has one form only: 65 bytes, v 27 or 28, s in the lower half (EIP-2).
"""

SIGNATURE_BYTES: constant(uint256) = 65
HALF_ORDER: constant(uint256) = (
    57896044618658097711785492504343953926418782139537452191302581570759080747168
)


@internal
@view
def _is_signed(who: address, digest: bytes32, signature: Bytes[1024]) -> bool:
    """
    @dev Whether a person signed, or a contract says so; never for the zero address.
    """
    if who == empty(address):
        return False
    if self._recover(digest, signature) == who:
        return True
    return self._ask(who, digest, signature)


@internal
@pure
def _recover(digest: bytes32, signature: Bytes[1024]) -> address:
    """
    @dev Who signed; the zero address for bytes that are no signature.
    """
    if len(signature) != SIGNATURE_BYTES:
        return empty(address)
    s: uint256 = convert(slice(signature, 32, 32), uint256)
    if s > HALF_ORDER:
        return empty(address)
    return ecrecover(
        digest,
        convert(slice(signature, 64, 1), uint256),
        convert(slice(signature, 0, 32), uint256),
        s,
    )


@internal
@view
def _ask(who: address, digest: bytes32, signature: Bytes[1024]) -> bool:
    """
    @dev Whether a contract stands by a signature; failing is no.
    """
    if not who.is_contract:
        return False
    success: bool = False
    answer: Bytes[32] = b""
    success, answer = raw_call(
        who,
        abi_encode(digest, signature, method_id=method_id("isValidSignature(bytes32,bytes)")),
        max_outsize=32,
        is_static_call=True,
        revert_on_failure=False,
    )
    return success and len(answer) == 32 and slice(answer, 0, 4) == x"1626ba7e"
