"""Licences and derivatives: frozen shares, expiry, no traces of refusals, hooks, the text."""

from dataclasses import replace

import pytest

from aicrypto import ip
from aicrypto.evm.token_bound import InvalidArgument
from aicrypto.ip import HP, LAP, WIP, Config, Hook, Terms, licensing, permissions
from aicrypto.ip.terms import OffChain, Use, describe, objections, with_text

REMIX = ip.terms.commercial_remix(100, HP // 10, LAP, WIP)

FRIENDS, RISING = "0x" + 40 * "1", "0x" + 40 * "2"


def world(terms=REMIX, works="ABC"):
    """Works that belong to al, bo and cy; A offers the terms as number 1."""
    state = ip.State()
    for work, owner in zip(works, ("al", "bo", "cy"), strict=False):
        ip.register(state, work, owner)
    ip.attach(state, "A", ip.register_terms(state, terms), "al")
    return state


def everything(state):
    """All tables of the state."""
    return {name: dict(t.items()) for name, t in vars(state).items() if hasattr(t, "default")}


def test_a_share_raised_after_the_sale_changes_nothing():
    state = world()
    token = ip.mint(state, "A", 1, 1, "bo", "bo").first_token
    ip.configure(state, "A", 1, "al", Config(minting_fee=100, rev_share=HP // 2))
    ip.derive_with_tokens(state, "B", [token], "bo")
    ip.pay(state, "B", WIP, 1000)
    assert ip.push(state, LAP, "B", "A", WIP) == 100


def test_without_freezing_the_licensor_takes_half():
    """The attack on a copy whose licence carries no share of its own."""
    state = world()
    token = ip.mint(state, "A", 1, 1, "bo", "bo").first_token
    ip.configure(state, "A", 1, "al", Config(minting_fee=100, rev_share=HP // 2))
    held = state.tokens[token]
    state.tokens[token] = replace(held, share=licensing.share_in_force(state, "A", held.terms))
    ip.derive_with_tokens(state, "B", [token], "bo")
    ip.pay(state, "B", WIP, 1000)
    assert ip.push(state, LAP, "B", "A", WIP) == 500


def test_nothing_is_licensed_from_an_expired_parent():
    state = world(replace(REMIX, expiration_s=50))
    ip.derive(state, "B", ["A"], [1], "bo")
    state.now_s += 50
    assert not state.is_expired("B")
    state.now_s += 1
    with pytest.raises(ip.Refusal, match="LicenseRegistry__ParentIpExpired"):
        ip.derive(state, "C", ["B"], [1], "cy")
    with pytest.raises(ip.Refusal, match="LicenseRegistry__ParentIpExpired"):
        ip.mint(state, "B", 1, 1, "bo", "bo")
    with pytest.raises(ip.Refusal, match="RoyaltyModule__IpExpired"):
        ip.pay(state, "B", WIP, 1000)


def test_a_child_expires_with_the_first_of_its_parents():
    state = world(replace(REMIX, expiration_s=50), works="ABCD")
    ip.register(state, "D", "al")
    ip.derive(state, "B", ["A"], [1], "bo")
    state.now_s += 10
    ip.derive(state, "C", ["B"], [1], "cy")
    assert state.assets["C"].expires_s == state.assets["B"].expires_s


@pytest.mark.parametrize(
    ("limits", "name"),
    [
        ({"max_fee": 99}, "LicensingModule__MintingFeeExceedMaxMintingFee"),
        ({"max_share": HP // 10 - 1}, "LicensingModule__ExceedMaxRevenueShare"),
    ],
)
def test_a_refused_derivation_leaves_no_trace(limits, name):
    """The registry has entered the child and the fee is paid when these limits are noticed."""
    state = world()
    before = everything(state)
    with pytest.raises(ip.Refusal, match=name):
        ip.derive(state, "B", ["A"], [1], "bo", **limits)
    assert everything(state) == before
    ip.derive(state, "B", ["A"], [1], "bo")
    assert everything(state) != before


def test_the_fee_is_paid_like_any_income():
    state = world()
    assert ip.derive(state, "B", ["A"], [1], "bo") == 100
    assert ip.derive(state, "C", ["B"], [1], "cy") == 100
    assert state.income["B", WIP] == 90
    assert ip.push(state, LAP, "B", "A", WIP) == 10
    assert ip.conserved(state)


def test_terms_that_ask_for_approval():
    state = world(replace(REMIX, derivatives_approval=True))
    refused = "LicensingModule__LicenseNotCompatibleForDerivative"
    with pytest.raises(ip.Refusal, match=refused):
        ip.derive(state, "B", ["A"], [1], "bo")
    with pytest.raises(ip.Refusal, match="IPAccountStorage__NotRegisteredModule"):
        ip.approve(state, "A", 1, "B", "al")  # the owner himself, not through the account
    ip.approve(state, "A", 1, "B", "A")
    ip.derive(state, "B", ["A"], [1], "bo")
    with pytest.raises(ip.Refusal, match=refused):
        ip.derive(state, "C", ["A"], [1], "cy")


def test_hooks_price_and_check():
    state = ip.State()
    state.hooks[FRIENDS] = Hook(may_license=lambda who, data: who.encode() == data)
    state.hooks[RISING] = Hook(price=lambda _work, _terms, amount, _by: 10 * amount**2)
    for work, owner in zip("ABC", ("al", "bo", "cy"), strict=True):
        ip.register(state, work, owner)
    terms = replace(REMIX, commercializer_checker=FRIENDS, checker_data=b"bo")
    ip.attach(state, "A", ip.register_terms(state, terms), "al")
    ip.configure(state, "A", 1, "al", Config(minting_fee=100, hook=RISING))
    assert ip.mint(state, "A", 1, 3, "bo", "bo").paid == 90
    with pytest.raises(ip.Refusal, match="LicensingModule__LicenseDenyMintLicenseToken"):
        ip.mint(state, "A", 1, 1, "cy", "cy")
    with pytest.raises(ip.Refusal, match="LicenseNotCompatibleForDerivative"):
        ip.derive(state, "C", ["A"], [1], "cy")
    with pytest.raises(ip.Refusal, match="CommercializerCheckerDoesNotSupportHook"):
        ip.register_terms(state, replace(terms, commercializer_checker=RISING))


def test_whom_the_owner_allows():
    state = world()
    module, function = permissions.LICENSING, permissions.REGISTER_DERIVATIVE
    with pytest.raises(ip.Refusal, match="AccessController__PermissionDenied"):
        ip.derive(state, "B", ["A"], [1], "eve")
    permissions.set_permission(state, "B", "bo", "eve", module, function, permissions.ALLOW)
    with pytest.raises(ip.Refusal, match="AccessController__PermissionDenied"):
        ip.derive_with_tokens(state, "B", [], "eve")
    ip.transfer(state, "B", "cy")
    with pytest.raises(ip.Refusal, match="AccessController__PermissionDenied"):
        ip.derive(state, "B", ["A"], [1], "eve")
    ip.transfer(state, "B", "bo")
    ip.derive(state, "B", ["A"], [1], "eve")


def test_tokens_that_stay_with_their_buyer():
    state = world(replace(REMIX, transferable=False))
    token = ip.mint(state, "A", 1, 1, "bo", "bo").first_token
    with pytest.raises(ip.Refusal, match="LicenseToken__NotTransferable"):
        ip.transfer_token(state, token, "bo", "cy")


def test_nobody_gives_away_what_is_not_there():
    state = world()
    with pytest.raises(ip.Refusal, match="ERC721NonexistentToken"):
        licensing.transfer(state, "Z", "bo")
    assert not state.is_ip("Z")
    licensing.transfer(state, "A", "bo")
    assert state.assets["A"].owner == "bo"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("transferable", 1),
        ("commercialUse", "false"),
        ("defaultMintingFee", "100"),
        ("commercialRevShare", True),
        ("commercialRevShare", 0.5),
        ("expiration", None),
        ("currency", 7),
        ("royaltyPolicy", ["LAP"]),
        ("uri", None),
    ],
)
def test_terms_have_values_of_their_kind(name, value):
    with pytest.raises(InvalidArgument, match="must be"):
        Terms.from_json({**REMIX.to_json(), name: value})


def test_terms_whose_uri_was_escaped_are_not_found_by_their_tuple():
    state = ip.State()
    plain, quoted = replace(REMIX, uri="ipfs://x"), replace(REMIX, uri='ipfs://"x"')
    numbers = [ip.register_terms(state, terms) for terms in (plain, quoted)]
    assert licensing.find_terms(state, plain) == numbers[0]
    assert licensing.find_terms(state, quoted) == 0
    assert licensing.find_terms(state, quoted.stored) == numbers[1]


def test_terms_travel_as_json():
    for flavour in (REMIX, replace(REMIX, checker_data=b"\x01\xff"), Terms()):
        assert Terms.from_json(flavour.to_json()) == flavour
        assert Terms.from_json(flavour.to_json()).hash() == flavour.hash()
    for wrong in ({"uri": 3}, {"commercializerCheckerData": "0xz"}, {"currency": "0x12"}):
        with pytest.raises(InvalidArgument):
            Terms.from_json(wrong).hash()
    with pytest.raises(InvalidArgument, match="terms"):
        Terms(rev_share=2**32).hash()
    with pytest.raises(ValueError, match="'royalties'"):
        Terms.from_json({"royalties": 3})


def test_six_questions_to_a_licence():
    text = OffChain(regions=("DE", "FR"), channels=("training",), attribution="by al")
    terms = with_text(replace(REMIX, expiration_s=60), text)
    assert describe(terms, text) == {
        "region": "DE, FR",
        "channel": "training",
        "validity": "60 s",
        "revocability": "only by an upheld dispute",
        "transferability": "may be sold on",
        "attribution": "by al",
    }
    fine = Use("DE", "training", 60, is_commercial=True, is_derivative=True)
    assert objections(terms, text, fine) == ()
    for change, reason in (
        ({"region": "US"}, "region"),
        ({"channel": "web"}, "channel"),
        ({"age_s": 61}, "validity"),
        ({"names_author": False}, "attribution"),
    ):
        assert objections(terms, text, replace(fine, **change)) == (reason,)
    private = with_text(ip.terms.default(), text)
    assert objections(private, text, fine) == ("commerce", "derivation")
    with pytest.raises(ValueError, match="urn:sha256"):
        describe(terms, replace(text, regions=()))
