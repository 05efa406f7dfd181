"""Compiled arithmetic on rows of 64-bit words: elements, transforms, combinations, points."""
