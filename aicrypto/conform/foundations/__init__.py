"""Answers of the suites of fields, groups, hashes, commitments and signatures."""
