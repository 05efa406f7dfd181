"""Agents that own, hire, earn and can be sold.

`ownable` gives an NFT an account (ERC-6551, Future Primitive), `trust` gives it an identity, a
reputation and validations (ERC-8004), `payments` lets it pay and be paid over HTTP (x402).
`typed_data` and `signatures` are what all of them sign with (EIP-712, secp256k1).
"""
