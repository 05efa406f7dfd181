"""Commitments: say now, show later; and signatures, which say who vouches for it.

Hashes and Merkle trees (`hashes`, `poseidon`, `merkle`, `openzeppelin`), the transcript of a proof,
Pedersen commitments, polynomial commitments with a trusted setup (`kzg`) and without (`tensor`),
and BLS signatures with aggregation and threshold signing (`bls`). `untrusted` reads what others
show.
"""
