"""Figures of the AI oracle: gas on chain, seconds from a request to a final answer."""
