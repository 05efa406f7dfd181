"""Elliptic curves: BN254 and BLS12-381 with their pairings, and ristretto255.

A point is an affine pair (x, y), or None for infinity; a `Curve` adds and multiplies points, `msm`
combines many. `bn254` and `bls12_381` hold each curve's two groups, membership tests, encodings and
`product_is_one`, the question that pairing-based verifiers ask. Plain Python integers throughout.
"""
