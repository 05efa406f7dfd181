"""The attack zoo: each works on a weakened copy, or is what Groth16 allows, and has its answer."""

import random
from dataclasses import replace

import pytest

from aicrypto.algebra.curves import bn254
from aicrypto.algebra.curves.msm import msm
from aicrypto.algebra.primes import BN254_R
from aicrypto.proof import groth16, r1cs

RNG = random.Random(7)
TRAPDOOR = groth16.Trapdoor(*(RNG.randrange(2, BN254_R) for _ in range(5)))


def nullifier_circuit():
    """I know a secret whose Poseidon-free "hash" secret^2 + 1 is public: a toy nullifier."""
    circuit = r1cs.Circuit()
    secret = circuit.private("secret")
    circuit.output("nullifier", circuit.product(secret, secret, "square") + 1)
    return circuit


CIRCUIT = nullifier_circuit()
SYSTEM = CIRCUIT.system()
KEY = groth16.setup(SYSTEM, TRAPDOOR)
VK = KEY.verifying
WITNESS = CIRCUIT.witness({"secret": 6})
PROOF = groth16.prove(KEY, WITNESS, 3, 4)


def test_toxic_waste_proves_anything_undetectably():
    non_square = 5 + 1  # 5 generates the field: no secret squares to it
    for a, b in ((1, 1), (123, 456)):
        forged = groth16.forge(SYSTEM, TRAPDOOR, [non_square], a, b)
        assert groth16.verify(VK, [non_square], forged), "a false statement, accepted"
    # The remedy is a key of which nobody has the trapdoor: one more factor, known to another.
    mended = groth16.verifying_key(SYSTEM, TRAPDOOR.contributed(RNG.randrange(2, BN254_R)))
    assert not groth16.verify(mended, [non_square], forged)
    with pytest.raises(ValueError, match="there are 2 publics, the system has 1"):
        groth16.forge(SYSTEM, TRAPDOOR, [1, 2], 1, 1)


def test_an_unfinished_key_needs_no_secret_at_all():
    unfinished = replace(VK, delta=VK.gamma)
    for public in (0, 1, 999, BN254_R - 1):
        forged = groth16.forge_unfinished(unfinished, [public])
        assert groth16.verify(unfinished, [public], forged), "anything goes"
        assert not groth16.verify(VK, [public], groth16.forge_unfinished(VK, [public]))
    with pytest.raises(groth16.WeakKey, match="delta equals gamma"):
        groth16.VerifyingKey.from_json(unfinished.to_json())
    assert groth16.VerifyingKey.from_json(unfinished.to_json(), even_weak=True) == unfinished


def test_an_alpha_at_infinity_forges_too():
    weak = replace(VK, alpha=None)
    publics = [999]
    forged = groth16.Proof(msm(bn254.G1, weak.ic, [1, *publics]), weak.gamma, None)
    assert groth16.verify(weak, publics, forged)
    with pytest.raises(groth16.WeakKey, match="infinity"):
        groth16.VerifyingKey.from_json(weak.to_json())


# For a key with `name` = ±`other`: A, B and C for the sum I of the publics' points.
RELATED = {
    ("delta", "gamma"): lambda key, i, sign: (key.alpha, key.beta, times(i, -sign)),
    ("beta", "gamma"): lambda key, i, sign: (plus(key.alpha, times(i, sign)), key.beta, None),
    ("beta", "delta"): lambda key, i, sign: (i, key.gamma, times(key.alpha, -sign)),
}


def times(point, factor):
    return bn254.G1.multiply(point, factor % BN254_R)


def plus(left, right):
    return bn254.G1.add(left, right)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("related", RELATED, ids=" and ".join)
def test_two_points_of_the_key_that_are_equal_or_opposite_forge_as_well(related, sign):
    name, other = related
    twin = bn254.G2.multiply(getattr(VK, other), sign % BN254_R)
    weak = replace(VK, **{name: twin})
    for public in (0, 999, BN254_R - 1):
        shown = msm(bn254.G1, VK.ic, [1, public])
        forged = groth16.Proof(*RELATED[related](weak, shown, sign))
        assert groth16.verify(weak, [public], forged), "anything goes"
        assert not groth16.verify(VK, [public], forged)
    with pytest.raises(groth16.WeakKey, match=r"equals gamma|or its opposite"):
        groth16.VerifyingKey.from_json(weak.to_json())


def test_publics_that_are_bound_to_nothing_are_seen_on_loading():
    free = replace(VK, ic=(VK.ic[0], None))
    assert groth16.verify(free, [1], PROOF) == groth16.verify(free, [2], PROOF)
    with pytest.raises(groth16.WeakKey, match="IC\\[1\\] is infinity"):
        groth16.VerifyingKey.from_json(free.to_json())
    traded = replace(VK, ic=(VK.ic[0], VK.ic[1], VK.ic[1]))
    assert groth16.verify(traded, [30, 7], PROOF), "37 = 30 + 7: only the sum is bound"
    with pytest.raises(groth16.WeakKey, match="two points of IC are equal"):
        groth16.VerifyingKey.from_json(traded.to_json())
    lent = replace(VK, ic=(VK.ic[0], VK.ic[1], bn254.G1.negate(VK.ic[1])))
    assert groth16.verify(lent, [137, 100], PROOF), "37 = 137 - 100: only the difference is bound"
    with pytest.raises(groth16.WeakKey, match="two points of IC are opposite"):
        groth16.VerifyingKey.from_json(lent.to_json())
    assert list(groth16.weaknesses(VK)) == []


class Vault:
    """Pays once per key of a proof: per hash of its bytes (weak), or per public nullifier."""

    def __init__(self, by_nullifier):
        self.by_nullifier, self.seen = by_nullifier, set()

    def pays(self, publics, proof):
        name = publics[0] if self.by_nullifier else (proof.a, proof.c)
        if name in self.seen or not groth16.verify(VK, publics, proof):
            return False
        self.seen.add(name)
        return True


@pytest.mark.parametrize("by_nullifier", [False, True])
def test_a_malleated_proof_is_paid_twice_where_proofs_are_names(by_nullifier):
    publics = groth16.publics_of(KEY, WITNESS)
    vault = Vault(by_nullifier)
    assert vault.pays(publics, PROOF)
    others = [
        groth16.negate_both(PROOF),
        groth16.rerandomise(VK, PROOF, 5, 0),
        groth16.rerandomise(VK, PROOF, 1, 9),
        groth16.rerandomise(VK, PROOF, RNG.randrange(1, BN254_R), RNG.randrange(BN254_R)),
    ]
    assert all(groth16.verify(VK, publics, other) for other in others), "by design"
    assert len({PROOF, *others}) == 5
    assert [vault.pays(publics, other) for other in others] == [not by_nullifier] * 4
    with pytest.raises(ValueError, match="0, which has no inverse"):
        groth16.rerandomise(VK, PROOF, 0, 1)


def weak_verify(publics):
    """A verifier that takes 256-bit numbers: scalars are reduced inside the curve arithmetic."""
    point = msm(bn254.G1, VK.ic, [1, *publics])
    pairs = [(bn254.G1.negate(PROOF.a), PROOF.b), (VK.alpha, VK.beta)]
    return bn254.product_is_one([*pairs, (point, VK.gamma), (PROOF.c, VK.delta)])


def test_an_aliased_public_is_a_second_name():
    [nullifier] = groth16.publics_of(KEY, WITNESS)
    aliases = [nullifier + k * BN254_R for k in range(5) if nullifier + k * BN254_R < 2**256]
    assert all(weak_verify([alias]) for alias in aliases), "one note, spent five times"
    assert len(aliases) == 5
    assert [groth16.verify(VK, [alias], PROOF) for alias in aliases] == [True] + [False] * 4


@pytest.mark.parametrize("names", [{"gamma": 0}, {"delta": 0}])
def test_trapdoors_that_destroy_the_key_are_refused(names):
    with pytest.raises(groth16.BadTrapdoor):
        replace(TRAPDOOR, **names)


def test_tau_on_the_domain_and_contributions_of_zero_are_refused():
    n = KEY.domain
    root = pow(5, (BN254_R - 1) // n, BN254_R)
    for k in range(n):
        with pytest.raises(groth16.BadTrapdoor, match="root of unity"):
            groth16.setup(SYSTEM, replace(TRAPDOOR, tau=pow(root, k, BN254_R)))
    for zero in (0, BN254_R):
        with pytest.raises(groth16.BadContribution):
            TRAPDOOR.contributed(zero)
    with pytest.raises(ValueError, match="tau is"):
        replace(TRAPDOOR, tau=BN254_R)
