"""Figures of the whole chain of value: who paid whom, what it cost, how it grows."""
