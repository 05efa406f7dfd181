"""The connector: one job description, the cheapest way that fits, done and settled on the chain.

    table     every way, with its reason
    run       order with that way's wage and verifier, wait for nodes, judge, pay or slash

By proof the buyer checks what lies on the shelf. By sampling the work is done again with the
quoted chance. In the optimistic way somebody looks with the economy's chance; who finds a false
answer shows it, in a game on the chain where the room's work is a program, otherwise to the judge;
if nobody speaks, the coordinator pays after its week, whatever the answer was. A committee's
majority counts. So an outcome may be false: that is what risk and wages were computed for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from aicrypto.evm import Contract
from aicrypto.opml.games import Terms
from aicrypto.ritual.node import Output
from aicrypto.ritual.routing.hall import Hall, Post
from aicrypto.ritual.routing.panel import INTERVAL, sealed_answers, settle
from aicrypto.ritual.routing.rooms import Programs, Room, is_right
from aicrypto.ritual.routing.table import Job, Row, routing_table, taken
from aicrypto.ritual.routing.ways import Economy, Quote, Way
from aicrypto.ritual.subscriptions import PROOF_WINDOW_S
from aicrypto.ritual.verifiers import deploy_game_verifier, open_doubt, settle_doubt

GAME = Terms(bytes(32), window_s=43_200, clock_s=21_600, extension_s=600)  # fits into the week
SALT_BYTES = 32


@dataclass(frozen=True)
class Outcome:
    """What became of a job.

    Attributes:
        rows: the routing table.
        output: the answer that counts; None if there is none.
        earned_wei: by each node that was asked; negative for one that was slashed.
    """

    rows: tuple[Row, ...]
    quote: Quote
    post: Post
    output: bytes | None
    earned_wei: Mapping[str, int]


@dataclass
class Connector:
    """A hall's rooms, and the randomness of whoever looks at answers."""

    hall: Hall
    rooms: Mapping[str, Room]
    economy: Economy
    rng: Random

    def table(self, job: Job) -> list[Row]:
        """All ways for a job; ValueError if there is no such room."""
        efforts = {name: room.effort for name, room in self.rooms.items()}
        return routing_table(job, efforts, self.economy)

    def run(self, job: Job, names: Sequence[str]) -> Outcome:
        """What becomes of a job that the named members may do, the best first.

        Raises:
            ValueError: if there is no such room, or too few members are named.
            NoRoute: if no way fits.
        """
        rows = self.table(job)
        offer = taken(rows)
        if len(set(names)) < max(len(names), offer.n_nodes):
            raise ValueError(f"names are {names}, {offer.way} needs {offer.n_nodes}, each once")
        asked = list(names)[: offer.n_nodes]
        before = self.hall.purses_wei()
        by = {Way.COMMITTEE: self._by_committee, Way.OPTIMISTIC: self._optimistic}
        post, output = by.get(offer.way, self._by_check)(job, offer, asked)
        after = self.hall.purses_wei()
        earned = {name: after[name] - before[name] for name in asked}
        return Outcome(tuple(rows), offer, post, output, earned)

    def _by_check(self, job: Job, offer: Quote, names: Sequence[str]) -> tuple[Post, bytes | None]:
        """By proof, or by a second look with the offer's chance."""
        post = self.hall.post(job, offer.wage_wei, names, self.hall.verifier())
        output = self._deliver(post, names[0])
        if output is None:
            return post, None
        is_looked_at = offer.way is Way.PROOF or self.rng.random() < offer.chance
        is_valid = not is_looked_at or self._is_right(job, output)
        self._decide(post, names[0], is_valid)
        return post, output.data if is_valid else None

    def _optimistic(
        self, job: Job, offer: Quote, names: Sequence[str]
    ) -> tuple[Post, bytes | None]:
        room = self.rooms[job.room]
        post = self.hall.post(job, offer.wage_wei, names, self._referee(room))
        if isinstance(room, Programs):
            start = room.run(job.data).state(0).hash
            post.verifier.ask(post.number, start, sender=self.hall.judge)
        output = self._deliver(post, names[0])
        if output is None:
            return post, None
        is_watched = self.rng.random() < self.economy.watched
        if is_watched and not self._is_right(job, output):
            self._object(job, post, names[0])
            return post, None
        self.hall.market.chain.warp(PROOF_WINDOW_S)
        terms = post.number, INTERVAL, self.hall.courier(names[0]).account, True
        finalize = self.hall.market.coordinator.finalizeProofVerification
        finalize(*terms, sender=self.hall.courier(names[0]).account)
        return post, output.data

    def _by_committee(
        self, job: Job, offer: Quote, names: Sequence[str]
    ) -> tuple[Post, bytes | None]:
        seal_s = int(self.economy.seal_s)
        post = self.hall.post(job, offer.wage_wei, names, self.hall.verifier(), seal_s)
        couriers = [self.hall.courier(name) for name in names]
        sealed_answers(post, couriers, self.rng.randbytes(SALT_BYTES))
        return post, settle(post, self.hall.judge).winner

    def _referee(self, room: Room) -> Contract:
        """Whom a quarrel goes to: a contract where the work is a program, else the judge."""
        if not isinstance(room, Programs):
            return self.hall.verifier()
        return self.hall.hire(deploy_game_verifier(self.hall.market, self.hall.judge, GAME))

    def _object(self, job: Job, post: Post, name: str) -> None:
        room = self.rooms[job.room]
        if not isinstance(room, Programs):
            self._decide(post, name, False)
            return
        answer = post.number, INTERVAL, self.hall.courier(name).account
        watcher = self.hall.judge.name
        doubt = open_doubt(post.verifier, GAME, answer, room.run(job.data), watcher)
        settle_doubt(doubt, watcher, [])

    def _deliver(self, post: Post, name: str) -> Output | None:
        """What a member delivered, None if it did not."""
        delivery = self.hall.courier(name).serve(post.order)
        return delivery.output if delivery is not None and not delivery.error else None

    def _is_right(self, job: Job, output: Output) -> bool:
        return is_right(self.rooms[job.room], job.data, output, self.hall.shelf)

    def _decide(self, post: Post, name: str, is_valid: bool) -> None:
        verdict = post.number, INTERVAL, self.hall.courier(name).account, is_valid
        post.verifier.decide(*verdict, sender=self.hall.judge)
