"""Suites of the AI oracle: tries, identifiers, and flows through the contracts themselves."""
