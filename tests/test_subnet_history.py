"""The first rules, and what today's changed."""

import numpy as np
import pytest

from aicrypto.commit.hashes import keccak256, sha256
from aicrypto.subnet import attacks, history


def test_nothing_was_clipped_before() -> None:
    """The same minority cabal: half of the incentive by the old rules, a fiftieth today."""
    stake = np.array([255.0, 255.0, 245.0, 245.0])
    weights = np.zeros((4, 5))
    weights[:2] = [65535, 65535, 65535, 65535, 4096]
    weights[2:, 4] = 65535
    trust, consensus, incentive = history.first_yuma(stake, weights)
    assert trust[4] == pytest.approx(1)
    assert consensus[4] > 0.99
    assert incentive[4] > 0.45
    assert attacks.cabal(0.51).share < 0.03


def test_trust_below_kappa_pays_little() -> None:
    weights = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    _, consensus, incentive = history.first_yuma(np.array([40.0, 40.0, 20.0]), weights)
    assert consensus[1] < 0.05
    assert incentive[1] < 0.02


@pytest.mark.parametrize("stake", [[0.0, 0.0], [-1.0, 2.0], [float("nan"), 1.0]])
def test_stake_that_has_no_shares_is_refused(stake: list[float]) -> None:
    with pytest.raises(ValueError, match="stake adds up to"):
        history.first_yuma(np.array(stake), np.ones((2, 3)))


def test_a_seal_is_found_by_trying_and_checked_at_once() -> None:
    block, hotkey, difficulty = bytes(32), bytes(range(32)), 200
    nonce = next(n for n in range(10_000) if history.is_sealed(n, block, hotkey, difficulty))
    assert nonce > 0
    assert not history.is_sealed(nonce, block, hotkey[::-1], 10**60)
    inner = keccak256(block + hotkey)
    assert history.seal(7, block, hotkey) == keccak256(sha256((7).to_bytes(8, "little") + inner))
