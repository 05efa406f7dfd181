# pragma version ~=0.4.3
"""
@title   Licences of works
@license MIT
@notice  Terms, offers, licence tokens, derivatives: the path from a registered work to one that
         derives from it and owes it a share. Fees are paid in the chain's own coin.
@dev     Follows the checks, their order and the names of Story's LicensingModule, LicenseRegistry,
         LicenseToken and PILicenseTemplate, without settings per IP, hooks, groups and disputes.
         WIP, the currency that terms name, stands for the chain's own coin.
"""

interface Registry:
    def registered(ip: address) -> uint256: view
    def may_act(ip: address, who: address) -> bool: view


interface Royalty:
    def check_mint(licensor: address, policy: address, share: uint256): nonpayable
    def enter(child: address, parents: DynArray[address, 16]): nonpayable
    def link(child: address, policy: address, shares: DynArray[uint256, 16]): nonpayable
    def pay(ip: address, payer: address) -> uint256: payable
    def n_children(ip: address) -> uint256: view
    def n_ancestors(ip: address) -> uint256: view
    def parents_of(ip: address) -> DynArray[address, 16]: view


LAP: constant(address) = 0xBe54FB168b3c982b7AaE60dB6CF75Bd8447b390E
LRP: constant(address) = 0x9156e603C949481883B1d3355c6f1132D191fC41
WIP: constant(address) = 0x1514000000000000000000000000000000000000
HP: constant(uint256) = 100_000_000  # 100 %
MAX_PARENTS: constant(uint256) = 16
MAX_ANCESTORS: constant(uint256) = 256  # of one walk in the royalty contract
MAX_URI: constant(uint256) = 256
MAX_OFFERS: constant(uint256) = 16


struct Terms:
    transferable: bool
    royalty_policy: address
    minting_fee: uint256
    expiration: uint256
    commercial_use: bool
    commercial_attribution: bool
    commercializer_checker: address
    checker_data: Bytes[256]
    rev_share: uint32
    rev_ceiling: uint256
    derivatives_allowed: bool
    derivatives_attribution: bool
    derivatives_approval: bool
    derivatives_reciprocal: bool
    derivative_rev_ceiling: uint256
    currency: address
    uri: String[MAX_URI]


struct Licence:
    licensor: address
    terms: uint256
    share: uint256
    holder: address


event TermsRegistered:
    number: indexed(uint256)
    hash: indexed(bytes32)


event Attached:
    ip: indexed(address)
    terms: indexed(uint256)


event Minted:
    licensor: indexed(address)
    terms: indexed(uint256)
    holder: indexed(address)
    first: uint256
    amount: uint256


event DerivativeRegistered:
    child: indexed(address)
    parents: DynArray[address, MAX_PARENTS]
    terms: DynArray[uint256, MAX_PARENTS]


REGISTRY: immutable(Registry)
ROYALTY: immutable(Royalty)
n_terms: public(uint256)
n_tokens: public(uint256)
terms: HashMap[uint256, Terms]
numbers: public(HashMap[bytes32, uint256])  # hash of the terms -> their number
attached: HashMap[address, DynArray[uint256, MAX_OFFERS]]
uses_template: HashMap[address, bool]
expires: public(HashMap[address, uint256])  # seconds since 1970, 0: never
approved: HashMap[address, HashMap[uint256, HashMap[address, bool]]]
tokens: public(HashMap[uint256, Licence])
n_minted: public(HashMap[address, uint256])


@deploy
def __init__(registry: address, royalty: address):
    REGISTRY = Registry(registry)
    ROYALTY = Royalty(royalty)


# Offers


@external
def register_terms(terms: Terms) -> uint256:
    """
    @notice Number of the terms, counted from 1; equal terms keep theirs.
    """
    self._check_terms(terms)
    self._check_uri(terms.uri)
    key: bytes32 = keccak256(abi_encode(terms))
    if self.numbers[key] == 0:
        self.n_terms += 1
        self.terms[self.n_terms] = terms
        self.numbers[key] = self.n_terms
        log TermsRegistered(number=self.n_terms, hash=key)
    return self.numbers[key]


@external
def attach(ip: address, terms: uint256):
    """
    @notice Offer licences of the IP under these terms.
    """
    self._check_permission(ip)
    assert 0 < terms and terms <= self.n_terms, "LicensingModule__LicenseTermsNotFound"
    assert not self._is_expired(ip), "LicenseRegistry__IpExpired"
    assert terms not in self.attached[ip], "LicenseRegistry__LicenseTermsAlreadyAttached"
    is_derivative: bool = self._is_derivative(ip)
    assert not is_derivative, "LicensingModule__DerivativesCannotAddLicenseTerms"
    self.attached[ip].append(terms)
    self.uses_template[ip] = True
    log Attached(ip=ip, terms=terms)


@external
def approve(parent: address, terms: uint256, child: address, yes: bool):
    """
    @notice Let a child derive under terms that ask for approval; the parent's account says so.
    """
    assert staticcall REGISTRY.registered(parent) > 0, "AccessControlled__NotIpAccount"
    assert msg.sender == parent, "IPAccountStorage__NotRegisteredModule"
    self.approved[parent][terms][child] = yes


@external
@view
def is_expired(ip: address) -> bool:
    """
    @notice Whether the IP's time is over; its last second still counts.
    """
    return self._is_expired(ip)


@external
@view
def fee_of(terms: uint256) -> uint256:
    """
    @notice Price of one licence under the terms, in wei.
    """
    return self.terms[terms].minting_fee if self._has_royalty(terms) else 0


# Licences


@external
@payable
@nonreentrant
def mint(
    ip: address, terms: uint256, amount: uint256, to: address, max_fee: uint256, max_share: uint256
) -> uint256:
    """
    @notice Buy licences of the IP; what is paid too much comes back. A limit of 0 means none.
    @return Number of the first token.
    """
    assert amount > 0, "LicensingModule__MintAmountZero"
    assert to != empty(address), "LicensingModule__ReceiverZeroAddress"
    assert staticcall REGISTRY.registered(ip) > 0, "LicensingModule__LicensorIpNotRegistered"
    assert not self._is_expired(ip), "LicenseRegistry__ParentIpExpired"
    if staticcall REGISTRY.may_act(ip, msg.sender):
        exists: bool = 0 < terms and terms <= self.n_terms
        assert exists, "LicenseRegistry__LicenseTermsNotExists"
        self.uses_template[ip] = True
    else:
        assert terms in self.attached[ip], "LicenseRegistry__LicensorIpHasNoLicenseTerms"
    rules: Terms = self.terms[terms]
    if rules.derivatives_allowed:
        assert staticcall ROYALTY.n_ancestors(ip) < MAX_ANCESTORS, "LicensingModule__TooManyAncestorsForMintingLicenseTokenAllowRegisterDerivative"
    paid: uint256 = self._charge(ip, terms, amount, msg.value)
    if self._is_derivative(ip):
        passes_on: bool = terms in self.attached[ip] and rules.derivatives_reciprocal
        assert passes_on, "LicensingModule__LicenseDenyMintLicenseToken"
    self._check_limits(paid, max_fee)
    share: uint256 = convert(rules.rev_share, uint256)
    modest: bool = max_share == 0 or share <= max_share
    assert modest, "LicenseToken__CommercialRevenueShareExceedMaxRevenueShare"
    assert share <= HP, "LicenseToken__InvalidRoyaltyPercent"
    first: uint256 = self.n_tokens
    for i: uint256 in range(amount, bound=1024):
        self.tokens[first + i] = Licence(licensor=ip, terms=terms, share=share, holder=to)
    self.n_tokens = first + amount
    self.n_minted[ip] += amount
    log Minted(licensor=ip, terms=terms, holder=to, first=first, amount=amount)
    self._give_back(msg.value - paid)
    return first


@external
def transfer_token(token: uint256, to: address):
    """
    @notice Sell a licence on.
    """
    held: Licence = self.tokens[token]
    assert held.holder != empty(address), "ERC721NonexistentToken"
    free: bool = self.terms[held.terms].transferable or held.holder == held.licensor
    assert free, "LicenseToken__NotTransferable"
    assert msg.sender == held.holder, "ERC721InsufficientApproval"
    self.tokens[token].holder = to


# Derivatives


@external
@payable
@nonreentrant
def derive(
    child: address,
    parents: DynArray[address, 20],
    terms: DynArray[uint256, 20],
    max_fee: uint256,
    max_share: uint256,
) -> uint256:
    """
    @notice Make a work the derivative of others, buying a licence of each.
    @return Fees paid; what was sent too much comes back.
    """
    self._check_permission(child)
    assert len(parents) == len(terms), "LicensingModule__LicenseTermsLengthMismatch"
    assert len(parents) > 0, "LicensingModule__NoParentIp"
    compatible: bool = self._may_derive(child, parents, terms)
    assert compatible, "LicensingModule__LicenseNotCompatibleForDerivative"
    assert self.n_minted[child] == 0, "LicensingModule__DerivativeAlreadyHasBeenMintedLicenseTokens"
    family: DynArray[address, MAX_PARENTS] = self._enter(child, parents, terms, False)
    paid: uint256 = 0
    policy: address = self.terms[terms[0]].royalty_policy
    shares: DynArray[uint256, MAX_PARENTS] = []
    total: uint256 = 0
    for i: uint256 in range(len(family), bound=MAX_PARENTS):
        paid += self._charge(family[i], terms[i], 1, msg.value - paid)
        agrees: bool = self.terms[terms[i]].royalty_policy == policy
        assert agrees, "LicensingModule__RoyaltyPolicyMismatch"
        self._check_limits(paid, max_fee)
        shares.append(convert(self.terms[terms[i]].rev_share, uint256))
        total += shares[i]
    assert max_share == 0 or total <= max_share, "LicensingModule__ExceedMaxRevenueShare"
    if policy != empty(address):
        extcall ROYALTY.link(child, policy, shares)
    self._give_back(msg.value - paid)
    return paid


@external
def derive_with_tokens(child: address, licences: DynArray[uint256, 20]):
    """
    @notice Make a work the derivative of others by licences bought before, which are used up.
    """
    self._check_permission(child)
    assert len(licences) > 0, "LicensingModule__NoLicenseToken"
    assert self.n_minted[child] == 0, "LicenseToken__ChildIPAlreadyHasBeenMintedLicenseTokens"
    parents: DynArray[address, 20] = []
    terms: DynArray[uint256, 20] = []
    for number: uint256 in licences:
        held: Licence = self.tokens[number]
        assert held.holder != empty(address), "ERC721NonexistentToken"
        theirs: bool = held.holder in [msg.sender, child]
        assert theirs, "LicenseToken__CallerAndChildIPNotTokenOwner"
        parents.append(held.licensor)
        terms.append(held.terms)
    compatible: bool = self._may_derive(child, parents, terms)
    assert compatible, "LicensingModule__LicenseTokenNotCompatibleForDerivative"
    family: DynArray[address, MAX_PARENTS] = self._enter(child, parents, terms, True)
    policy: address = self.terms[terms[0]].royalty_policy
    shares: DynArray[uint256, MAX_PARENTS] = []
    for i: uint256 in range(len(family), bound=MAX_PARENTS):
        agrees: bool = self.terms[terms[i]].royalty_policy == policy
        assert agrees, "LicensingModule__RoyaltyPolicyMismatch"
        shares.append(self.tokens[licences[i]].share)
    if policy != empty(address):
        extcall ROYALTY.link(child, policy, shares)
    for number: uint256 in licences:
        self.tokens[number] = empty(Licence)


@internal
def _enter(
    child: address, parents: DynArray[address, 20], terms: DynArray[uint256, 20], bought: bool
) -> DynArray[address, MAX_PARENTS]:
    """
    @dev The registry's part: a sound family tree, inherited terms, the earliest expiry.
    """
    assert len(parents) <= MAX_PARENTS, "LicenseRegistry__TooManyParents"
    assert not self._is_derivative(child), "LicenseRegistry__DerivativeAlreadyRegistered"
    childless: bool = staticcall ROYALTY.n_children(child) == 0
    assert childless, "LicenseRegistry__DerivativeIpAlreadyHasChild"
    assert len(self.attached[child]) == 0, "LicenseRegistry__DerivativeIpAlreadyHasLicense"
    family: DynArray[address, MAX_PARENTS] = []
    earliest: uint256 = 0
    for i: uint256 in range(len(parents), bound=MAX_PARENTS):
        parent: address = parents[i]
        known: bool = staticcall REGISTRY.registered(parent) > 0
        assert known, "LicenseRegistry__ParentIpNotRegistered"
        assert parent != child, "LicenseRegistry__DerivativeIsParent"
        assert not self._is_expired(parent), "LicenseRegistry__ParentIpExpired"
        if not bought:
            used: bool = self.uses_template[parent]
            assert used, "LicenseRegistry__ParentIpUnmatchedLicenseTemplate"
            offered: bool = terms[i] in self.attached[parent]
            assert offered, "LicenseRegistry__ParentIpHasNoLicenseTerms"
        assert parent not in family, "LicenseRegistry__DuplicateParentIp"
        family.append(parent)
        life: uint256 = self.terms[terms[i]].expiration
        if life > 0:
            earliest = self._earlier(earliest, block.timestamp + life)
        earliest = self._earlier(earliest, self.expires[parent])
        if terms[i] not in self.attached[child]:
            self.attached[child].append(terms[i])
    extcall ROYALTY.enter(child, family)
    self.uses_template[child] = True
    self.expires[child] = earliest
    inherited: DynArray[uint256, MAX_PARENTS] = self.attached[child]
    log DerivativeRegistered(child=child, parents=family, terms=inherited)
    return family


@internal
def _charge(ip: address, terms: uint256, amount: uint256, funds: uint256) -> uint256:
    """
    @dev Sell licences of the IP, if they leave the derivative something; returns what was paid.
    """
    if not self._has_royalty(terms):
        return 0
    share: uint256 = convert(self.terms[terms].rev_share, uint256)
    extcall ROYALTY.check_mint(ip, self.terms[terms].royalty_policy, share)
    fee: uint256 = self.terms[terms].minting_fee * amount
    if fee > 0:
        assert fee <= funds, "not enough sent for the fee"
        extcall ROYALTY.pay(ip, msg.sender, value=fee)
    return fee


@internal
def _give_back(amount: uint256):
    if amount > 0:
        raw_call(msg.sender, b"", value=amount)


@internal
@pure
def _check_limits(paid: uint256, max_fee: uint256):
    assert max_fee == 0 or paid <= max_fee, "LicensingModule__MintingFeeExceedMaxMintingFee"


@internal
@pure
def _earlier(a: uint256, b: uint256) -> uint256:
    """
    @dev The earlier of two times, where 0 means never.
    """
    if a == 0 or b == 0:
        return max(a, b)
    return min(a, b)


@internal
@view
def _check_permission(ip: address):
    assert staticcall REGISTRY.registered(ip) > 0, "AccessControlled__NotIpAccount"
    assert staticcall REGISTRY.may_act(ip, msg.sender), "AccessController__PermissionDenied"


@internal
@view
def _is_expired(ip: address) -> bool:
    return self.expires[ip] != 0 and self.expires[ip] < block.timestamp


@internal
@view
def _is_derivative(ip: address) -> bool:
    return len(staticcall ROYALTY.parents_of(ip)) > 0


@internal
@view
def _has_royalty(terms: uint256) -> bool:
    return self.terms[terms].royalty_policy != empty(address)


@internal
@view
def _may_derive(
    child: address, parents: DynArray[address, 20], terms: DynArray[uint256, 20]
) -> bool:
    """
    @dev Whether the terms of all parents can hold for the child, and permit it. Numbers that
         nobody registered stand for terms that allow nothing.
    """
    commercial: bool = self.terms[terms[0]].commercial_use
    reciprocal: bool = self.terms[terms[0]].derivatives_reciprocal
    for i: uint256 in range(len(parents), bound=20):
        number: uint256 = terms[i]
        same: bool = self.terms[number].commercial_use == commercial
        if not same or self.terms[number].derivatives_reciprocal != reciprocal:
            return False
        if reciprocal and number != terms[0]:
            return False
        if not self.terms[number].derivatives_allowed:
            return False
        if not reciprocal and self._is_derivative(parents[i]):
            return False
        if self.terms[number].derivatives_approval and not self.approved[parents[i]][number][child]:
            return False
    return True


@internal
@pure
def _check_terms(terms: Terms):
    """
    @dev The template's examination, in its order.
    """
    policy: address = terms.royalty_policy
    assert policy in [empty(address), LAP, LRP], "PILicenseTemplate__RoyaltyPolicyNotWhitelisted"
    listed: bool = terms.currency in [empty(address), WIP]
    assert listed, "PILicenseTemplate__CurrencyTokenNotWhitelisted"
    fits: bool = policy == empty(address) or terms.currency != empty(address)
    assert fits, "PILicenseTemplate__RoyaltyPolicyRequiresCurrencyToken"
    fits = terms.minting_fee == 0 or policy != empty(address)
    assert fits, "PILicenseTemplate__MintingFeeRequiresRoyaltyPolicy"
    no_checker: bool = terms.commercializer_checker == empty(address)
    if terms.commercial_use:
        assert policy != empty(address), "PILicenseTemplate__CommercialEnabled_RoyaltyPolicyRequired"
        assert no_checker, "PILicenseTemplate__CommercializerCheckerDoesNotSupportHook"
    else:
        assert not terms.commercial_attribution, "PILicenseTemplate__CommercialDisabled_CantAddAttribution"
        assert no_checker, "PILicenseTemplate__CommercialDisabled_CantAddCommercializers"
        assert terms.rev_share == 0, "PILicenseTemplate__CommercialDisabled_CantAddRevShare"
        assert terms.rev_ceiling == 0, "PILicenseTemplate__CommercialDisabled_CantAddRevCeiling"
        assert terms.derivative_rev_ceiling == 0, "PILicenseTemplate__CommercialDisabled_CantAddDerivativeRevCeiling"
        assert policy == empty(address), "PILicenseTemplate__CommercialDisabled_CantAddRoyaltyPolicy"
    if not terms.derivatives_allowed:
        assert not terms.derivatives_attribution, "PILicenseTemplate__DerivativesDisabled_CantAddAttribution"
        assert not terms.derivatives_approval, "PILicenseTemplate__DerivativesDisabled_CantAddApproval"
        assert not terms.derivatives_reciprocal, "PILicenseTemplate__DerivativesDisabled_CantAddReciprocal"
        assert terms.derivative_rev_ceiling == 0, "PILicenseTemplate__DerivativesDisabled_CantAddDerivativeRevCeiling"


@internal
@pure
def _check_uri(uri: String[MAX_URI]):
    """
    @dev The template escapes such characters; here they are refused, so that the hash is the same.
    """
    text: Bytes[MAX_URI] = convert(uri, Bytes[MAX_URI])
    for i: uint256 in range(len(text), bound=MAX_URI):
        code: uint256 = convert(slice(text, i, 1), uint256)
        plain: bool = code >= 32 and code != 34 and code != 92
        assert plain, "uri has a character that needs escaping"
