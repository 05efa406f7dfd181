"""Positions of claims: a binary tree over a trace, each node one integer.

The production dispute game (Optimism's FaultDisputeGame) bisects by a tree of claims, whose place
is a "generalised index": the root is 1, the children of g are 2g and 2g+1. So a position holds its
depth (the place of its highest bit) and its index at that depth (the bits below). A claim at g
speaks of the state after the last step of g's subtree, which is why a challenger *attacks* by going
left (2g: "the left half is wrong already") and *defends* by going to the left child of the right
neighbour (2(g|1): "your half is right, the fault lies behind it"). So all claims but the root have
even positions.

A position is an integer from 1 to 2^128 - 1; depths count from 0 at the root.

Source: npm @eth-optimism/contracts-bedrock 0.17.3, LibPosition.
"""

MAX_POSITION_BITS = 128


class ClaimAboveSplit(ValueError):
    """The position does not lie below the depth that it was to be bounded by."""


def depth(position: int) -> int:
    """How many moves below the root a position is.

    Raises:
        ValueError: if the position is not in 1..2^128-1.

    >>> depth(15)
    3
    """
    if not 1 <= position < 1 << MAX_POSITION_BITS:
        raise ValueError(f"position is {position}, must be in 1..2^{MAX_POSITION_BITS}-1")
    return position.bit_length() - 1


def index_at_depth(position: int) -> int:
    """How many positions of the same depth lie to the left."""
    return position - (1 << depth(position))


def attack(position: int) -> int:
    """Where a claim goes that disagrees with the one at `position`."""
    return position << 1


def defend(position: int) -> int:
    """Where a claim goes that agrees with the one at `position` and looks behind it.

    >>> defend(2)
    6
    """
    return (position | 1) << 1


def right_index(position: int, max_depth: int) -> int:
    """The right-most position at `max_depth` below a position.

    Raises:
        ValueError: if the position is deeper than that.
    """
    levels = max_depth - depth(position)
    if levels < 0:
        raise ValueError(f"max_depth is {max_depth}, the position's depth is {depth(position)}")
    return position << levels | (1 << levels) - 1


def trace_index(position: int, max_depth: int) -> int:
    """Number of the last trace leaf that a position covers; its claim is about the state after."""
    return right_index(position, max_depth) - (1 << max_depth)


def trace_ancestor(position: int) -> int:
    """The highest position that speaks of the same state: the last right turns undone.

    >>> trace_ancestor(0b1011)
    2
    """
    depth(position)
    trailing_ones = (~position & position + 1).bit_length() - 1
    return max(1, position >> trailing_ones)


def trace_ancestor_bounded(position: int, upper_bound: int) -> int:
    """`trace_ancestor`, but no higher than one level below depth `upper_bound`.

    Raises:
        ClaimAboveSplit: if the position itself is not that deep.
    """
    if depth(position) <= upper_bound:
        raise ClaimAboveSplit(f"position {position} has depth {depth(position)} <= {upper_bound}")
    ancestor = trace_ancestor(position)
    if depth(ancestor) > upper_bound:
        return ancestor
    return right_index(ancestor, upper_bound + 1)
