# pragma version ~=0.4.3
"""
@title  A payee that calls `withdraw` again from inside its own payment
@notice The attack that emptied TheDAO. `again_succeeded` tells whether the second call got through.
"""

interface Registry:
    def withdraw() -> uint256: nonpayable


registry: public(address)
n_payments: public(uint256)
again_succeeded: public(bool)
refuses: public(bool)


@deploy
def __init__(registry: address):
    self.registry = registry


@external
def attack() -> uint256:
    return extcall Registry(self.registry).withdraw()


@external
def refuse():
    self.refuses = True


@external
@payable
def __default__():
    assert not self.refuses, "no, thanks"
    self.n_payments += 1
    self.again_succeeded = raw_call(
        self.registry, method_id("withdraw()"), revert_on_failure=False
    )
