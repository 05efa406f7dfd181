"""What is said with proofs of inference: an hour of appraisals, the accuracy of a hidden model.

`hour` proves all requests of an hour together and puts their answers under one root, so that each
customer checks his own. `accuracy` counts right labels on a test set that was fixed beforehand.
`rows` is what both are made of: rows in as few proofs as the soundness of zkml-1 allows.

Here too proofs are succinct, **not zero-knowledge**: with committed weights nobody is told the
weights, but every proof says linear combinations of them and of activations.
`zkml.hidden` has proofs that say nothing more than their statement, for small networks.
"""

from aicrypto.zkml.claims import accuracy, hour
from aicrypto.zkml.claims.accuracy import AccuracyClaim, AccuracyProof, HeldOutSet
from aicrypto.zkml.claims.hour import Hour
from aicrypto.zkml.claims.rows import ProvenRows

__all__ = [
    "AccuracyClaim",
    "AccuracyProof",
    "HeldOutSet",
    "Hour",
    "ProvenRows",
    "accuracy",
    "hour",
]
