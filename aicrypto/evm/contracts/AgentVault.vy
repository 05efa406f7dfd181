# pragma version ~=0.4.3
"""
@title   Memories of agents
@license MIT
@notice  EIP-7857, small: what an agent remembers lies encrypted elsewhere; here stand its digest and
         its key, sealed for the owner. The token moves with its memory, if a verifier has signed
         that the new owner's ciphertext holds the same as the old one's, and the new owner that it
         is at hand.
@dev     The token's owner approves this contract before. A token that is moved past it leaves its
         memory behind, under a key that its new owner does not have.
"""

import Signatures


interface Identity:
    def ownerOf(tokenId: uint256) -> address: view
    def transferFrom(source: address, target: address, agentId: uint256): nonpayable


event MemoryKept:
    tokenId: indexed(uint256)
    digest: bytes32


struct Terms:
    tokenId: uint256
    oldDigest: bytes32
    newDigest: bytes32
    receiver: address
    sealedKey: Bytes[MAX_SEALED]
    nonce: bytes32


MAX_SEALED: constant(uint256) = 256
DOMAIN_TYPE: constant(bytes32) = keccak256(
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
ACCESS_TYPE: constant(bytes32) = keccak256(
    "AccessProof(uint256 tokenId,bytes32 oldDigest,bytes32 newDigest,address receiver,bytes sealedKey,bytes32 nonce)"
)
OWNERSHIP_TYPE: constant(bytes32) = keccak256(
    "OwnershipProof(uint256 tokenId,bytes32 oldDigest,bytes32 newDigest,address receiver,bytes sealedKey,bytes32 nonce)"
)

identities: public(Identity)
verifier: public(address)
digests: public(HashMap[uint256, bytes32])
sealedKeys: public(HashMap[uint256, Bytes[MAX_SEALED]])
used: public(HashMap[bytes32, bool])


@deploy
def __init__(identities: address, verifier: address):
    """
    @notice A vault for the agents of a registry, which believes that verifier.
    """
    self.identities = Identity(identities)
    self.verifier = verifier


@external
def keep(tokenId: uint256, digest: bytes32, sealedKey: Bytes[MAX_SEALED]):
    """
    @notice The owner's agent has learnt something: another digest, and its key.
    """
    assert staticcall self.identities.ownerOf(tokenId) == msg.sender, "not owner"
    self._keep(tokenId, digest, sealedKey)


@external
def transfer(terms: Terms, access: Bytes[1024], ownership: Bytes[1024]):
    """
    @notice Move a token and its memory to the receiver of the terms.
    """
    assert staticcall self.identities.ownerOf(terms.tokenId) == msg.sender, "not owner"
    assert not self.used[terms.nonce], "nonce used"
    assert self.digests[terms.tokenId] == terms.oldDigest, "stale digest"
    read: bytes32 = self._digest(ACCESS_TYPE, terms)
    assert Signatures._is_signed(terms.receiver, read, access), "access proof"
    same: bytes32 = self._digest(OWNERSHIP_TYPE, terms)
    assert Signatures._is_signed(self.verifier, same, ownership), "ownership proof"
    self.used[terms.nonce] = True
    self._keep(terms.tokenId, terms.newDigest, terms.sealedKey)
    extcall self.identities.transferFrom(msg.sender, terms.receiver, terms.tokenId)


@internal
def _keep(tokenId: uint256, digest: bytes32, sealedKey: Bytes[MAX_SEALED]):
    self.digests[tokenId] = digest
    self.sealedKeys[tokenId] = sealedKey
    log MemoryKept(tokenId=tokenId, digest=digest)


@internal
@view
def _digest(kind: bytes32, terms: Terms) -> bytes32:
    message: bytes32 = keccak256(
        abi_encode(
            kind,
            terms.tokenId,
            terms.oldDigest,
            terms.newDigest,
            terms.receiver,
            keccak256(terms.sealedKey),
            terms.nonce,
        )
    )
    domain: bytes32 = keccak256(
        abi_encode(DOMAIN_TYPE, keccak256("AgentVault"), keccak256("1"), chain.id, self)
    )
    return keccak256(concat(x"1901", domain, message))
