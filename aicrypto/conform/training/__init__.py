"""Answers of the suites training.*: optimisers, compression, scores, refereed training."""
