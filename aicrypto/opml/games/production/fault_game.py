"""The production dispute game: a tree of claims, a clock and a bond on each, resolved bottom up.

Anybody may attack or defend any claim, so many quarrels run at once. At the greatest depth a claim
speaks of one step, which the virtual machine executes (`step`). When a claim's clock has run out it
is resolved: it is countered if any child stands uncountered, and its bond goes to the *left-most*
such child's claimant, since a fault further left makes everything to its right meaningless and
nobody should earn by joining from the right. The root's fate is the game's.

Above `split_depth` claims are output roots of blocks; below, states of one block's execution trace,
whose first byte tells how the machine ended (0 valid, 1 invalid, 2 panic, 3 unfinished).

Who moves within `clock_extension` of the end gives its opponent at least that long to answer;
without the extension a last-second move wins by silence. Times are seconds, bonds wei; a claim is
32 bytes. A refused call raises a `FaultGameRefusal` and changes nothing.

Source: npm @eth-optimism/contracts-bedrock 0.17.3, FaultDisputeGame v1.2.0.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from aicrypto.commit.hashes import keccak256
from aicrypto.opml.games.production import positions, refusals

IN_PROGRESS, CHALLENGER_WINS, DEFENDER_WINS = "in_progress", "challenger_wins", "defender_wins"
VALID = 0  # status bytes of an execution trace's root
FAULTY = (1, 2)  # invalid, panic

# From a state's bytes to the next state's hash, its status in the first byte.
Machine = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Rules:
    """A game's fixed numbers; `bonds_wei[d]` is the bond of depth d."""

    max_depth: int
    split_depth: int
    max_clock_s: int
    clock_extension_s: int
    absolute_prestate: bytes
    bonds_wei: tuple[int, ...]


@dataclass(frozen=True)
class Claim:
    """One node of the tree: a state's hash, who vouches for it, and the mover's clock."""

    parent: int | None
    countered_by: str | None
    claimant: str
    bond_wei: int
    value: bytes
    position: int
    duration_s: int
    timestamp: int


@dataclass
class _Resolution:
    """How far the children of a claim have been looked at, and the left-most standing one."""

    seen: int = 0
    position: int | None = None
    counter: str | None = None
    begun: bool = False


@dataclass
class FaultGame:
    """One game.

    Attributes:
        claims: in order of creation, the root first.
        credits_wei: what resolved bonds have earned whom.
    """

    rules: Rules
    machine: Machine
    claims: list[Claim]
    status: str = IN_PROGRESS
    credits_wei: dict[str, int] = field(default_factory=dict)
    _resolved: set[int] = field(default_factory=set)
    _checkpoints: dict[int, _Resolution] = field(default_factory=dict)

    @classmethod
    def create(
        cls, rules: Rules, machine: Machine, root_claim: bytes, creator: str, now: int
    ) -> "FaultGame":
        """A game about `root_claim`, whose creator locks the first bond."""
        root = Claim(None, None, creator, rules.bonds_wei[0], root_claim, 1, 0, now)
        return cls(rules, machine, [root])

    @property
    def locked_wei(self) -> int:
        """Bonds of claims not resolved yet: with the credits, everything ever paid in."""
        standing = (c.bond_wei for i, c in enumerate(self.claims) if i not in self._resolved)
        return sum(standing)

    def duration(self, index: int, now: int) -> int:
        """Seconds that whoever answers a claim has used up, at most `max_clock_s`."""
        claim = self._claim(index)
        before = 0 if claim.parent is None else self.claims[claim.parent].duration_s
        return min(self.rules.max_clock_s, before + now - claim.timestamp)

    def move(
        self,
        parent: int,
        value: bytes,
        *,
        is_attack: bool,
        by: str,
        wei: int,
        now: int,
        disputed: bytes | None = None,
    ) -> int:
        """Index of a new claim against (or behind) the claim `parent`.

        Args:
            parent: index of the claim answered.
            value: the new claim.
            is_attack: whether it disagrees with the parent.
            by: the claimant.
            wei: its bond.
            now: time of the move.
            disputed: what the mover believes to stand at `parent`; refused if it does not.

        Raises:
            FaultGameRefusal: the first rule broken, by its class.
        """
        self._check_in_progress()
        answered = self._claim(parent)
        if disputed is not None and disputed != answered.value:
            raise refusals.InvalidDisputedClaimIndex(f"claim {parent} is not {disputed.hex()}")
        turn = positions.attack if is_attack else positions.defend
        position = turn(answered.position)
        depth = self._check_place(parent, position, value, is_attack)
        if wei != self.rules.bonds_wei[depth]:
            raise refusals.IncorrectBondAmount(f"sent {wei}, not {self.rules.bonds_wei[depth]}")
        duration = self._duration_after_move(parent, depth, now)
        if any((c.value, c.position, c.parent) == (value, position, parent) for c in self.claims):
            raise refusals.ClaimAlreadyExists(f"{value.hex()} at {position} under {parent}")
        self.claims.append(Claim(parent, None, by, wei, value, position, duration, now))
        return len(self.claims) - 1

    def step(self, index: int, *, is_attack: bool, state: bytes, by: str) -> None:
        """Counters a claim at the greatest depth by executing the one step it is about.

        Raises:
            FaultGameRefusal: the first rule broken, by its class.
        """
        self._check_in_progress()
        claim = self._claim(index)
        if positions.depth(claim.position) != self.rules.max_depth:
            raise refusals.InvalidParent(f"claim {index} is not at depth {self.rules.max_depth}")
        before, after, after_depth = self._step_ends(claim, is_attack)
        if keccak256(state)[1:] != before[1:]:
            raise refusals.InvalidPrestate(f"the state does not hash to {before.hex()}")
        is_valid = self.machine(state) == after
        same_side = (self.rules.max_depth - after_depth) % 2 == 0
        if is_valid == same_side:
            raise refusals.ValidStep(f"the step confirms claim {index}")
        if claim.countered_by is not None:
            raise refusals.DuplicateStep(f"claim {index} was countered by {claim.countered_by}")
        self.claims[index] = replace(claim, countered_by=by)

    def resolve_claim(self, index: int, n_children: int, now: int) -> None:
        """Looks at the next children of a claim; after the last one pays its bond.

        A first call with `n_children` 0 looks at all of them.

        Raises:
            FaultGameRefusal: the first rule broken, by its class.
        """
        self._check_in_progress()
        if self.duration(index, now) < self.rules.max_clock_s:
            raise refusals.ClockNotExpired(f"claim {index} may still be answered")
        if index in self._resolved:
            raise refusals.ClaimAlreadyResolved(f"claim {index} is resolved")
        children = [i for i, claim in enumerate(self.claims) if claim.parent == index]
        if not children and index:
            self._pay(index, self.claims[index].countered_by)
            return
        seen = self._look(index, children, n_children)
        self._checkpoints[index] = seen
        if seen.seen == len(children):
            self._pay(index, seen.counter)
            self.claims[index] = replace(self.claims[index], countered_by=seen.counter)

    def resolve(self) -> str:
        """The game's outcome, once the root is resolved.

        Raises:
            FaultGameRefusal: if the game is over, or the root is not resolved.
        """
        self._check_in_progress()
        if 0 not in self._resolved:
            raise refusals.OutOfOrderResolution("the root claim is not resolved")
        self.status = CHALLENGER_WINS if self.claims[0].countered_by else DEFENDER_WINS
        return self.status

    def _check_in_progress(self) -> None:
        if self.status != IN_PROGRESS:
            raise refusals.GameNotInProgress(f"the game's status is {self.status}")

    def _claim(self, index: int) -> Claim:
        if not 0 <= index < len(self.claims):
            raise refusals.NoSuchClaim(f"claim {index} of {len(self.claims)}")
        return self.claims[index]

    def _check_place(self, parent: int, position: int, value: bytes, is_attack: bool) -> int:
        """The depth of a new claim, if one of this kind may stand there."""
        depth, split = positions.depth(position), self.rules.split_depth
        if not is_attack and (parent == 0 or depth == split + 2):
            raise refusals.CannotDefendRootClaim(f"position {position} is behind a root")
        if depth > self.rules.max_depth:
            raise refusals.GameDepthExceeded(f"depth is {depth} of {self.rules.max_depth}")
        if depth == split + 1:
            self._check_trace_root(parent, value, is_attack)
        return depth

    def _check_trace_root(self, parent: int, value: bytes, is_attack: bool) -> None:
        """The root of an execution trace says how the machine ends, as its side must claim."""
        ancestor = positions.trace_ancestor(self.claims[parent].position + 1)
        depth = positions.depth(self._above(parent, ancestor).position)
        doubts = is_attack or depth % 2 == self.rules.split_depth % 2
        if value[0] not in (FAULTY if doubts else (VALID,)):
            raise refusals.UnexpectedRootClaim(f"status byte {value[0]} of {value.hex()}")

    def _duration_after_move(self, parent: int, depth: int, now: int) -> int:
        used, longest = self.duration(parent, now), self.rules.max_clock_s
        if used == longest:
            raise refusals.ClockTimeExceeded(f"claim {parent} could be answered for {longest} s")
        # One level above the split the next mover has to run a whole block: twice the time.
        doubled = 2 if depth == self.rules.split_depth - 1 else 1
        extension = self.rules.clock_extension_s
        return longest - doubled * extension if used > longest - extension else used

    def _above(self, index: int | None, position: int) -> Claim:
        """The claim at a position, among a claim and its ancestors."""
        while index is not None:
            claim = self._claim(index)
            if claim.position == position:
                return claim
            index = claim.parent
        raise refusals.NoSuchClaim(f"no claim at position {position} up to the root")

    def _step_ends(self, claim: Claim, is_attack: bool) -> tuple[bytes, bytes, int]:
        """State hashes before and after the disputed step, and the depth of the latter's claim."""
        rules, place = self.rules, claim.position
        if not is_attack:
            wanted = positions.trace_ancestor_bounded(place + 1, rules.split_depth)
            after = self._above(claim.parent, wanted)
            return claim.value, after.value, positions.depth(after.position)
        first_leaf = 1 << (rules.max_depth - rules.split_depth)
        if positions.index_at_depth(positions.attack(place)) % first_leaf == 0:
            return rules.absolute_prestate, claim.value, rules.max_depth
        wanted = positions.trace_ancestor_bounded(place - 1, rules.split_depth)
        return self._above(claim.parent, wanted).value, claim.value, rules.max_depth

    def _look(self, index: int, children: list[int], n_children: int) -> _Resolution:
        """The checkpoint of a claim after more of its children."""
        seen = replace(self._checkpoints.get(index, _Resolution()))
        if not seen.begun:
            seen.begun, n_children = True, n_children or len(children)
        for child in children[seen.seen : seen.seen + n_children]:
            if child not in self._resolved:
                raise refusals.OutOfOrderResolution(f"claim {child} is not resolved")
            claim, seen.seen = self.claims[child], seen.seen + 1
            further_left = seen.position is None or claim.position < seen.position
            if claim.countered_by is None and further_left:
                seen.position, seen.counter = claim.position, claim.claimant
        return seen

    def _pay(self, index: int, counter: str | None) -> None:
        """Pays a claim's bond to whoever countered it, or back."""
        self._resolved.add(index)
        claim = self.claims[index]
        payee = counter or claim.claimant
        self.credits_wei[payee] = self.credits_wei.get(payee, 0) + claim.bond_wei
