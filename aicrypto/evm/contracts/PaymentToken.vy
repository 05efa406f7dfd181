# pragma version ~=0.4.3
"""
@title   Token that is paid by signature
@license MIT
@notice  ERC-20 with ERC-3009: the payer signs, anybody carries the payment here, and it is made
         once. A payer that is a contract is asked whether it stands by the signature (ERC-1271).
@dev     The domain holds chain and token, so a signature is worth nothing elsewhere. Reasons are
         x402's, without its prefix.
"""

import Signatures


event Transfer:
    sender: indexed(address)
    receiver: indexed(address)
    value: uint256


event AuthorizationUsed:
    authorizer: indexed(address)
    nonce: indexed(bytes32)


DOMAIN_TYPE: constant(bytes32) = keccak256(
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
TRANSFER_TYPE: constant(bytes32) = keccak256(
    "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,"
    "uint256 validBefore,bytes32 nonce)"
)

name: public(String[32])
version: public(constant(String[1])) = "2"
decimals: public(constant(uint8)) = 6
totalSupply: public(uint256)
balanceOf: public(HashMap[address, uint256])
authorizationState: public(HashMap[address, HashMap[bytes32, bool]])


@deploy
def __init__(label: String[32], supply: uint256):
    """
    @notice All of the supply is the deployer's.
    """
    self.name = label
    self.totalSupply = supply
    self.balanceOf[msg.sender] = supply
    log Transfer(sender=empty(address), receiver=msg.sender, value=supply)


@external
def transfer(receiver: address, amount: uint256) -> bool:
    """
    @notice Pay from the caller's balance.
    """
    self._move(msg.sender, receiver, amount)
    return True


@external
@view
def DOMAIN_SEPARATOR() -> bytes32:
    """
    @notice Hash of what signatures for this token are bound to.
    """
    return self._domain()


@external
def transferWithAuthorization(
    payer: address,
    receiver: address,
    amount: uint256,
    validAfter: uint256,
    validBefore: uint256,
    nonce: bytes32,
    signature: Bytes[1024],
):
    """
    @notice Make a payment that the payer has signed.
    """
    assert block.timestamp > validAfter, "payload_authorization_valid_after"
    assert block.timestamp < validBefore, "payload_authorization_valid_before"
    assert not self.authorizationState[payer][nonce], "nonce_already_used"
    digest: bytes32 = keccak256(
        concat(
            x"1901",
            self._domain(),
            keccak256(
                abi_encode(TRANSFER_TYPE, payer, receiver, amount, validAfter, validBefore, nonce)
            ),
        )
    )
    assert Signatures._is_signed(payer, digest, signature), "payload_signature"
    self.authorizationState[payer][nonce] = True
    log AuthorizationUsed(authorizer=payer, nonce=nonce)
    self._move(payer, receiver, amount)


@internal
def _move(payer: address, receiver: address, amount: uint256):
    assert self.balanceOf[payer] >= amount, "insufficient_balance"
    self.balanceOf[payer] -= amount
    self.balanceOf[receiver] += amount
    log Transfer(sender=payer, receiver=receiver, value=amount)


@internal
@view
def _domain() -> bytes32:
    return keccak256(
        abi_encode(DOMAIN_TYPE, keccak256(self.name), keccak256(version), chain.id, self)
    )
