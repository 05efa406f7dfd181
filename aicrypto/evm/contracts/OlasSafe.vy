# pragma version ~=0.4.3
"""
@title   Multisig of a service
@license MIT
@notice  Acts when as many of its owners as the threshold says have signed the act. Every act raises
         the nonce, so a signature serves once.
@dev     Signatures stand in the order of their signers' addresses: nobody counts twice. Nobody has
         the key of the zero address, so it can be no owner.
"""

import Signatures

MAX_OWNERS: constant(uint256) = 32

nonce: public(uint256)
threshold: public(uint256)
owners: DynArray[address, MAX_OWNERS]
isOwner: public(HashMap[address, bool])


@external
def setup(owners: DynArray[address, MAX_OWNERS], threshold: uint256):
    """
    @notice Once: who commands it, and how many of them must agree.
    """
    assert self.threshold == 0, "already set up"
    assert 0 < threshold and threshold <= len(owners), "wrong threshold"
    for owner: address in owners:
        assert owner != empty(address) and not self.isOwner[owner], "wrong owner"
        self.isOwner[owner] = True
    self.owners = owners
    self.threshold = threshold


@external
@view
def getOwners() -> DynArray[address, MAX_OWNERS]:
    """
    @notice Who commands it.
    """
    return self.owners


@external
@view
def digest(target: address, amount: uint256, data: Bytes[4096]) -> bytes32:
    """
    @notice What owners sign for the next act.
    """
    return self._digest(target, amount, data)


@external
def execute(
    target: address,
    amount: uint256,
    data: Bytes[4096],
    signatures: DynArray[Bytes[65], MAX_OWNERS],
) -> Bytes[1024]:
    """
    @notice Act as the service.
    """
    signed: bytes32 = self._digest(target, amount, data)
    assert len(signatures) >= self.threshold, "too few signatures"
    last: uint160 = 0
    for signature: Bytes[65] in signatures:
        signer: address = Signatures._recover(signed, signature)
        assert self.isOwner[signer], "not an owner"
        assert convert(signer, uint160) > last, "signers out of order"
        last = convert(signer, uint160)
    self.nonce += 1
    return raw_call(target, data, max_outsize=1024, value=amount)


@external
@payable
def __default__():
    """
    @notice Take money.
    """
    pass


@internal
@view
def _digest(target: address, amount: uint256, data: Bytes[4096]) -> bytes32:
    return keccak256(
        concat(
            x"1901",
            keccak256(abi_encode(chain.id, self)),
            keccak256(abi_encode(target, amount, keccak256(data), self.nonce)),
        )
    )
