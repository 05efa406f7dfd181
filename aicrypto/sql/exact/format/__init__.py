"""The deployed system's bytes: words, plans, results and table commitments, proofs, layouts."""
