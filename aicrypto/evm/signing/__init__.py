"""What contracts let people sign, and who signed: documents (EIP-712), digests (secp256k1).

`typed_data` makes the 32 bytes that stand for a document, `signatures` signs them and recovers the
signer. Payments, agents' wallets and delegated orders all do so; messages and transactions, which
wallets sign in other forms, are `aicrypto.evm.accounts`'.
"""

from aicrypto.evm.signing.signatures import (
    SIGNATURE_BYTES,
    V_OFFSET,
    InvalidSignature,
    Signature,
    recover,
    recover_address,
    sign_digest,
    signer_of,
)
from aicrypto.evm.signing.typed_data import TypedData, encode_type, struct_hash

__all__ = [
    "SIGNATURE_BYTES",
    "V_OFFSET",
    "InvalidSignature",
    "Signature",
    "TypedData",
    "encode_type",
    "recover",
    "recover_address",
    "sign_digest",
    "signer_of",
    "struct_hash",
]
