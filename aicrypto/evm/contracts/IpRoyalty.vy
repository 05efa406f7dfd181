# pragma version ~=0.4.3
"""
@title   Royalties of works
@license MIT
@notice  Graph of derivatives, payments, vaults with royalty tokens; money is the chain's own coin.
@dev     Follows the rules, and names the errors, of Story's RoyaltyModule, policies and vaults.
         One walk up the graph visits at most MAX_WORKS works; the deployed graph allows 1,024.
         At any time: balance = treasury + pools + in_vaults, to the wei. A pool is shared by all
         works and filled with floors of payments: without a fee, tiny ones take a wei each from it.
"""

interface Licensing:
    def is_expired(ip: address) -> bool: view


LAP: constant(address) = 0xBe54FB168b3c982b7AaE60dB6CF75Bd8447b390E
LRP: constant(address) = 0x9156e603C949481883B1d3355c6f1132D191fC41
HP: constant(uint256) = 100_000_000  # 100 %
MAX_PARENTS: constant(uint256) = 16
MAX_WORKS: constant(uint256) = 257  # one work and its ancestors


struct Walk:
    n: uint256
    works: address[MAX_WORKS]  # every work before its parents
    links: uint256[MAX_WORKS]
    paths: uint256[MAX_WORKS]
    earned: uint256[MAX_WORKS]


event RoyaltyPaid:
    ip: indexed(address)
    payer: indexed(address)
    amount: uint256
    fee: uint256


event Pushed:
    ip: indexed(address)
    ancestor: indexed(address)
    policy: indexed(address)
    amount: uint256


event Claimed:
    ip: indexed(address)
    holder: indexed(address)
    amount: uint256


DEPLOYER: immutable(address)
FEE_PERCENT: public(immutable(uint256))
licensing: public(address)
treasury: public(uint256)
n_links: uint256

parents: HashMap[address, DynArray[address, MAX_PARENTS]]
n_children: public(HashMap[address, uint256])
n_ancestors: public(HashMap[address, uint256])
linked_at: HashMap[address, uint256]  # a child's number is above its parents'
edges: HashMap[address, HashMap[address, HashMap[address, uint256]]]  # child, parent, policy
lap_stack: HashMap[address, uint256]
lrp_stack: HashMap[address, uint256]
holds: HashMap[address, HashMap[address, bool]]  # IP, policy
stacks: public(HashMap[address, HashMap[address, uint256]])  # policy, IP

pools: public(HashMap[address, uint256])
accounted: HashMap[address, HashMap[address, uint256]]  # IP, policy
sent: HashMap[address, HashMap[address, HashMap[address, uint256]]]  # IP, ancestor, policy
has_vault: public(HashMap[address, bool])
income: public(HashMap[address, uint256])
in_vaults: public(uint256)  # wei in all vaults together
royalty_tokens: public(HashMap[address, HashMap[address, uint256]])  # IP, holder
debts: public(HashMap[address, HashMap[address, int256]])  # IP, holder; in 1/HP wei


@deploy
def __init__(fee_percent: uint256):
    assert fee_percent < HP, "fee above 100 %"
    DEPLOYER = msg.sender
    FEE_PERCENT = fee_percent


@external
def set_licensing(licensing: address):
    """
    @notice Say, once, which contract may link works.
    """
    assert msg.sender == DEPLOYER and self.licensing == empty(address), "licensing is set"
    self.licensing = licensing


# Links


@external
def check_mint(licensor: address, policy: address, share: uint256):
    """
    @notice Refuse a licence that leaves its derivative nothing; give the licensor a vault.
    """
    assert msg.sender == self.licensing, "only the licensing contract"
    assert share <= HP, "RoyaltyModule__AboveMaxPercent"
    if policy == LAP:
        above: uint256 = self.stacks[LAP][licensor] + self.stacks[LRP][licensor]
        assert above + share <= HP, "RoyaltyPolicyLAP__AboveMaxPercent"
    else:
        assert self.stacks[LAP][licensor] + share <= HP, "RoyaltyPolicyLRP__AboveMaxPercent"
    self._ensure_vault(licensor)


@external
def enter(child: address, parents: DynArray[address, MAX_PARENTS]):
    """
    @notice Note a child's parents, once.
    """
    assert msg.sender == self.licensing, "only the licensing contract"
    self.n_links += 1
    self.linked_at[child] = self.n_links
    self.parents[child] = parents
    for parent: address in parents:
        self.n_children[parent] += 1
    self.n_ancestors[child] = self._walk(LAP, child).n - 1


@external
def link(
    child: address,
    policy: address,
    shares: DynArray[uint256, MAX_PARENTS],
):
    """
    @notice Promise each parent of the child its share.
    """
    assert msg.sender == self.licensing, "only the licensing contract"
    parents: DynArray[address, MAX_PARENTS] = self.parents[child]
    self.holds[child][policy] = True
    for i: uint256 in range(len(parents), bound=MAX_PARENTS):
        parent: address = parents[i]
        self._ensure_vault(parent)
        self.edges[child][parent][policy] = shares[i]
        if policy == LAP:
            self.lap_stack[child] += self.lap_stack[parent] + shares[i]
        else:
            self.lrp_stack[child] += shares[i]
        for other: address in [LAP, LRP]:
            if self.holds[parent][other]:
                self.holds[child][other] = True
    self._ensure_vault(child)
    if self.holds[child][LAP]:
        self.stacks[LAP][child] = self.lap_stack[child]
    if self.holds[child][LRP]:
        self.stacks[LRP][child] = self.lrp_stack[child]
    total: uint256 = self.stacks[LAP][child] + self.stacks[LRP][child]
    assert total <= HP, "RoyaltyModule__AboveMaxPercent"


@external
@view
def parents_of(ip: address) -> DynArray[address, MAX_PARENTS]:
    """
    @notice The works that a work derives from.
    """
    return self.parents[ip]


@external
@view
def percent(policy: address, ip: address, ancestor: address) -> uint256:
    """
    @notice The ancestor's share in payments to the IP, in 10^-8.
    """
    return self._percent(policy, ip, ancestor)


# Money


@external
@payable
@nonreentrant
def pay(ip: address, payer: address) -> uint256:
    """
    @notice Pay an IP with the coin sent along.
    @param  payer Whom the receipt names.
    @return What went to the IP's own vault.
    """
    amount: uint256 = msg.value
    assert amount > 0, "RoyaltyModule__ZeroAmount"
    expired: bool = staticcall Licensing(self.licensing).is_expired(ip)
    assert not expired, "RoyaltyModule__IpExpired"
    fee: uint256 = amount * FEE_PERCENT // HP
    assert fee > 0 or FEE_PERCENT == 0, "RoyaltyModule__PaymentAmountIsTooLow"
    self.treasury += fee
    rest: uint256 = amount - fee
    left: uint256 = rest
    for policy: address in [LAP, LRP]:
        stack: uint256 = self.stacks[policy][ip]
        if stack > 0:
            self.accounted[ip][policy] += rest
            pool: uint256 = rest * stack // HP
            self.pools[policy] += pool
            left -= pool
    if left > 0:
        self._credit(ip, left)
    log RoyaltyPaid(ip=ip, payer=payer, amount=amount, fee=fee)
    return left


@external
def push(policy: address, ip: address, ancestor: address) -> uint256:
    """
    @notice Move what an ancestor is due of an IP's income into the ancestor's vault.
    """
    assert ip != ancestor, self._name(policy, "SameIpTransfer")
    share: uint256 = self._percent(policy, ip, ancestor)
    assert share > 0, self._name(policy, "ZeroClaimableRoyalty")
    amount: uint256 = self._due(policy, ip, ancestor, share)
    assert amount > 0, "IpRoyaltyVault__ZeroAmount"
    self._push(policy, ip, ancestor, amount)
    return amount


@external
def push_all(policy: address, ip: address) -> uint256:
    """
    @notice The same for all ancestors in one walk, skipping those who are due nothing.
    @return What was moved in all.
    """
    walk: Walk = self._walk(policy, ip)
    total: uint256 = 0
    for i: uint256 in range(1, walk.n, bound=MAX_WORKS):
        amount: uint256 = self._due(policy, ip, walk.works[i], walk.earned[i])
        if amount > 0:
            self._push(policy, ip, walk.works[i], amount)
            total += amount
    return total


@external
@view
def claimable(ip: address, holder: address) -> uint256:
    """
    @notice What a holder of the IP's royalty tokens can claim.
    """
    return convert(self._pending(ip, holder), uint256) // HP


@external
@nonreentrant
def claim(ip: address, holder: address) -> uint256:
    """
    @notice Pay a holder what he can claim; anybody may ask, the coin goes to the holder.
    """
    amount: uint256 = convert(self._pending(ip, holder), uint256) // HP
    assert amount > 0, "IpRoyaltyVault__NoClaimableTokens"
    self.debts[ip][holder] += convert(amount * HP, int256)
    self.in_vaults -= amount
    log Claimed(ip=ip, holder=holder, amount=amount)
    raw_call(holder, b"", value=amount)
    return amount


@external
def transfer_royalty_tokens(ip: address, to: address, amount: uint256):
    """
    @notice Sell royalty tokens: what was earned stays with the seller, what comes goes with them.
    """
    held: uint256 = self.royalty_tokens[ip][msg.sender]
    assert msg.sender != to, "IpRoyaltyVault__SameFromToAddress"
    assert held > 0, "IpRoyaltyVault__ZeroBalance"
    assert amount <= held, "IpRoyaltyVault__InsufficientBalance"
    moved: int256 = convert(self.income[ip] * amount, int256)
    self.debts[ip][to] += moved
    self.debts[ip][msg.sender] -= moved
    self.royalty_tokens[ip][msg.sender] = held - amount
    self.royalty_tokens[ip][to] += amount


@external
@nonreentrant
def withdraw_fees() -> uint256:
    """
    @notice The protocol's fees, to whoever deployed it.
    """
    assert msg.sender == DEPLOYER, "only the deployer"
    amount: uint256 = self.treasury
    self.treasury = 0
    raw_call(DEPLOYER, b"", value=amount)
    return amount


@internal
def _ensure_vault(ip: address):
    if not self.has_vault[ip]:
        self.has_vault[ip] = True
        self.royalty_tokens[ip][ip] = HP


@internal
def _credit(ip: address, amount: uint256):
    assert self.has_vault[ip], "RoyaltyModule__ZeroReceiverVault"
    self.income[ip] += amount
    self.in_vaults += amount


@internal
@view
def _pending(ip: address, holder: address) -> int256:
    """
    @dev What a holder could claim, in 1/HP wei; never negative.
    """
    earned: uint256 = self.income[ip] * self.royalty_tokens[ip][holder]
    return convert(earned, int256) - self.debts[ip][holder]


@internal
@view
def _due(policy: address, ip: address, ancestor: address, share: uint256) -> uint256:
    """
    @dev What can be pushed to the ancestor now; under LRP its own parents' part is not its own.
    """
    total: uint256 = self.accounted[ip][policy] * share // HP
    if policy == LRP:
        total -= total * self.lrp_stack[ancestor] // HP
    return min(total - self.sent[ip][ancestor][policy], self.pools[policy])


@internal
def _push(policy: address, ip: address, ancestor: address, amount: uint256):
    self.sent[ip][ancestor][policy] += amount
    self.pools[policy] -= amount
    self._credit(ancestor, amount)
    log Pushed(ip=ip, ancestor=ancestor, policy=policy, amount=amount)


@internal
@view
def _percent(policy: address, ip: address, ancestor: address) -> uint256:
    if ip == ancestor:
        return HP
    walk: Walk = self._walk(policy, ip)
    for i: uint256 in range(walk.n, bound=MAX_WORKS):
        if walk.works[i] == ancestor:
            return walk.earned[i]
    return 0


@internal
@view
def _walk(policy: address, ip: address) -> Walk:
    """
    @dev The work and its ancestors, sorted by when they were linked, the latest first: then every
         work stands before its parents, and its sums are complete when its turn comes.
    """
    walk: Walk = empty(Walk)
    walk.n = 1
    walk.works[0] = ip
    walk.links[0] = self.linked_at[ip]
    walk.paths[0] = 1
    walk.earned[0] = HP
    for i: uint256 in range(MAX_WORKS):
        if i == walk.n:
            break
        work: address = walk.works[i]
        if walk.links[i] == 0:
            continue
        for parent: address in self.parents[work]:
            number: uint256 = self.linked_at[parent]
            at: uint256 = i + 1
            for j: uint256 in range(i + 1, walk.n, bound=MAX_WORKS):
                if walk.links[j] < number or walk.works[j] == parent:
                    break
                at = j + 1
            if at == walk.n or walk.works[at] != parent:
                assert walk.n < MAX_WORKS, "LicenseRegistry__TooManyAncestors"
                for k: uint256 in range(walk.n - at, bound=MAX_WORKS):
                    free: uint256 = walk.n - k
                    walk.works[free] = walk.works[free - 1]
                    walk.links[free] = walk.links[free - 1]
                    walk.paths[free] = walk.paths[free - 1]
                    walk.earned[free] = walk.earned[free - 1]
                walk.n += 1
                walk.works[at] = parent
                walk.links[at] = number
                walk.paths[at] = 0
                walk.earned[at] = 0
            share: uint256 = self.edges[work][parent][policy]
            walk.paths[at] += walk.paths[i]
            if policy == LAP:
                walk.earned[at] += walk.paths[i] * share
            else:
                walk.earned[at] += walk.earned[i] * share // HP
    return walk


@internal
@pure
def _name(policy: address, reason: String[24]) -> String[64]:
    """
    @dev The error's name as the policy's contract writes it.
    """
    return concat("RoyaltyPolicy", "LAP" if policy == LAP else "LRP", "__", reason)
