"""Agents that own, hire, earn and can be sold.

`ownable` gives an NFT an account (ERC-6551, Future Primitive), `trust` gives it an identity, a
reputation and validations (ERC-8004), `payments` lets it pay and be paid over HTTP (x402).
All of them sign with `aicrypto.evm.signing` (EIP-712, secp256k1).
"""
