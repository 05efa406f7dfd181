"""How a sold agent's memory changes hands so that the seller can no longer read it (EIP-7857).

The encrypted memory goes with the NFT, but the seller knows its key. So a verifier, in the real
system a trusted execution environment, is shown the old key, decrypts, encrypts again under a new
key that only it has drawn, seals that for the buyer, and signs that both blobs hold the same
(ownership proof). The buyer signs that the new blob is at hand (access proof). The registry moves
the token only with both, each number used once.

`ownership` names who signed; `Vault.verifier` is whom the registry believes. Where the *seller*
encrypts and proves it with a ZKP, the proof is as good but the seller knows the new key too.

Said honestly: what the seller has read before the sale nobody can take from his head; he only gets
nothing that is remembered after it. The verifier here is a key that plays the TEE.
Source: EIP-7857 (Draft): iTransfer with TransferValidityProof; small version.
"""

from dataclasses import astuple, dataclass, field

from aicrypto.agents.memory.sealing import Random, Sealed, lock, open_blob
from aicrypto.agents.refusals import demand
from aicrypto.commit.hashes import keccak256
from aicrypto.evm import Account
from aicrypto.evm.signing import TypedData, sign_digest, signer_of

ADDRESS_BYTES = 20
ACCESS, OWNERSHIP = "AccessProof", "OwnershipProof"
FIELDS = {  # of `Terms`, in its order
    "tokenId": "uint256",
    "oldDigest": "bytes32",
    "newDigest": "bytes32",
    "receiver": "address",
    "sealedKey": "bytes",
    "nonce": "bytes32",
}


@dataclass(frozen=True)
class Terms:
    """What both proofs are about.

    Attributes:
        token_id: which agent's memory.
        old: digest of the blob that the seller could read.
        new: digest of the blob that the receiver can.
        receiver: address of the new owner.
        sealed_key: the new blob's key, sealed for the receiver.
        nonce: 32 bytes, once.
    """

    token_id: int
    old: bytes
    new: bytes
    receiver: str
    sealed_key: bytes
    nonce: bytes


@dataclass(frozen=True)
class TransferProof:
    """Terms, the receiver's signature (access) and the verifier's (ownership)."""

    terms: Terms
    access: bytes
    ownership: bytes


@dataclass
class Vault:
    """The registry of agents with memories.

    Attributes:
        chain_id: where it is.
        address: of the registry.
        verifier: address whose ownership proofs it believes.
        owners: of every token.
        digests: of every token's blob.
        sealed_keys: of every token's blob, for its owner.
        used: nonces of all proofs that have moved a token.
    """

    chain_id: int
    address: str
    verifier: str
    owners: dict[int, str] = field(default_factory=dict)
    digests: dict[int, bytes] = field(default_factory=dict)
    sealed_keys: dict[int, bytes] = field(default_factory=dict)
    used: set[bytes] = field(default_factory=set)

    def mint(self, owner: str, token_id: int, sealed: Sealed) -> None:
        """Registers an agent with its memory; `exists` where the number is taken."""
        demand(token_id not in self.owners, "exists")
        self._write(token_id, owner, sealed.digest, sealed.key)

    def update(self, sender: str, token_id: int, sealed: Sealed) -> None:
        """The owner's agent has learnt something; `not owner` for others."""
        demand(self.owners.get(token_id) == sender, "not owner")
        self._write(token_id, sender, sealed.digest, sealed.key)

    def transfer(self, sender: str, proof: TransferProof) -> None:
        """Moves a token and its memory.

        Raises:
            Refusal: `not owner`, `nonce used`, `stale digest`, `access proof`, `ownership proof`.
        """
        terms = proof.terms
        demand(self.owners.get(terms.token_id) == sender, "not owner")
        demand(terms.nonce not in self.used, "nonce used")
        demand(self.digests[terms.token_id] == terms.old, "stale digest")
        by = signer_of(self.document(ACCESS, terms).digest, proof.access)
        demand(by == terms.receiver.lower(), "access proof")
        by = signer_of(self.document(OWNERSHIP, terms).digest, proof.ownership)
        demand(by == self.verifier.lower(), "ownership proof")
        self.used.add(terms.nonce)
        self._write(terms.token_id, terms.receiver.lower(), terms.new, terms.sealed_key)

    def document(self, kind: str, terms: Terms) -> TypedData:
        """What is signed: the terms, for this registry, as one kind of proof."""
        domain = {
            "name": "AgentVault",
            "version": "1",
            "chainId": self.chain_id,
            "verifyingContract": self.address,
        }
        message = dict(zip(FIELDS, astuple(terms), strict=True))
        fields = [{"name": name, "type": type_} for name, type_ in FIELDS.items()]
        return TypedData({kind: fields}, kind, domain, message)

    def _write(self, token_id: int, owner: str, digest: bytes, sealed_key: bytes) -> None:
        self.owners[token_id], self.digests[token_id] = owner, digest
        self.sealed_keys[token_id] = sealed_key


def context_of(token_id: int) -> bytes:
    """What a token's memory is bound to: a blob of one agent is none of another."""
    return b"agent" + token_id.to_bytes(32, "big")


def reencrypt(
    vault: Vault, token_id: int, blob: bytes, key: bytes, to: tuple[str, bytes], random: Random
) -> tuple[Terms, Sealed]:
    """The verifier's work: terms of the handover, and the memory for its new owner.

    Args:
        vault: where the token is registered.
        token_id: of the agent.
        blob: the memory as it lies there.
        key: that opens it, shown by the seller.
        to: address and public key of the receiver.
        random: the verifier's own.

    Raises:
        Refusal: `stale digest` if the blob is not the registered one, `receiver key` if the public
            key is not the address's: whose else, and he would read what the buyer pays for.
        Locked: if the key does not open it.
    """
    context = context_of(token_id)
    data = open_blob(blob, key, context)
    old = Sealed(blob, b"").digest
    demand(vault.digests[token_id] == old, "stale digest")
    address, point = to
    demand(address_of_point(point) == address.lower(), "receiver key")
    new = lock(data, point, random, context)
    return Terms(token_id, old, new.digest, address, new.key, random(32)), new


def address_of_point(point: bytes) -> str:
    """Lower-case address of the account whose public key the point is."""
    return "0x" + keccak256(point[1:])[-ADDRESS_BYTES:].hex()


def sign_proof(vault: Vault, kind: str, terms: Terms, signer: Account) -> bytes:
    """An access or ownership proof: the signer's word for the terms."""
    return sign_digest(vault.document(kind, terms).digest, signer.private_key)
