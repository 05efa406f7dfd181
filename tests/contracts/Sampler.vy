# pragma version ~=0.4.3
"""
@title  One function for each thing that the tests of the chain ask about
"""

struct Pair:
    left: uint256
    right: address


event Said:
    who: indexed(address)
    word: indexed(String[32])
    number: uint256


number: public(uint256)
scratch: transient(uint256)


@deploy
@payable
def __init__(number: uint256):
    assert number != 13, "unlucky"
    self.number = number


@external
def add(amount: uint256 = 1, times: uint256 = 1) -> uint256:
    self.number += amount * times
    return self.number


@external
def say(word: String[32]):
    log Said(who=msg.sender, word=word, number=self.number)


@external
def fail_silently():
    raise


@external
def fail_raw(data: Bytes[128]):
    raw_revert(data)


@external
def spin():
    for i: uint256 in range(2**32):
        self.number = i


@external
def set_scratch() -> uint256:
    self.scratch += 1
    return self.scratch


@external
@view
def pairs(pair: Pair, hashes: DynArray[bytes32, 4]) -> (Pair, uint256):
    return Pair(left=pair.left + 1, right=pair.right), len(hashes)


@external
@view
def clock() -> (uint256, uint256, uint256, address):
    return block.timestamp, block.number, chain.id, msg.sender


@external
@view
def count_down(n: uint256) -> uint256:
    return 10 - n


@external
@payable
def __default__():
    pass
