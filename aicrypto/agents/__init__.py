"""Agents that own, hire, earn and can be sold.

`ownable` gives an NFT an account (ERC-6551, Future Primitive), `trust` gives it an identity, a
reputation and validations (ERC-8004), `payments` lets it pay and be paid over HTTP (x402). `brain`
chooses tools and words, `memory` keeps what was done and goes along at a sale (EIP-7857), `myshell`
composes agents of other people's parts and pays their makers. `olas` has agents as services: their
parts, their operators' bonds, staking, and the economy around them; `services` lets their operators
agree although some lie, and lets agents hire one another.
All of them sign with `aicrypto.evm.signing` (EIP-712, secp256k1).
"""
