"""Suites erc6551, erc8004, x402 and eip712: the rooms of owned and trusted agents."""
