"""A panel: several nodes answer one question, and the majority counts.

Answers must be sealed. Otherwise the first one is public, copies of it are as good as work, and
five answers say no more than one:

    compute, commit to (node, output, salt)  ->  wait until all have  ->  deliver with the salt

A copier has nothing to copy while it must commit. Nodes that gave another answer than most lose as
much as they would have earned.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from aicrypto.commit.hashes import keccak256
from aicrypto.evm import Account
from aicrypto.ritual.market import seal
from aicrypto.ritual.node import Courier, Delivery, Output, line_of, run_graph
from aicrypto.ritual.routing.hall import Post

INTERVAL = 1  # a request has one


@dataclass(frozen=True)
class Ballot:
    """What a panel said.

    Attributes:
        answers: by address of the node, in the order of delivery.
        winner: what more than half of the panel gave; None without such an answer.
    """

    answers: dict[str, bytes]
    winner: bytes | None

    @property
    def dissenters(self) -> list[str]:
        """Who gave something else than the winner."""
        if self.winner is None:
            return []
        return [node for node, answer in self.answers.items() if answer != self.winner]


def count(answers: dict[str, bytes], n_nodes: int) -> Ballot:
    """The ballot over the answers of a panel of so many; who is silent votes for nothing.

    >>> count({"a": b"1", "b": b"1", "c": b"2"}, 3).dissenters
    ['c']
    """
    best = Counter(answers.values()).most_common(1)
    is_won = bool(best) and 2 * best[0][1] > n_nodes
    return Ballot(answers, best[0][0] if is_won else None)


def open_answers(post: Post, couriers: Sequence[Courier]) -> list[Delivery]:
    """What each node delivered without seals, one after the other."""
    done = [courier.serve(post.order) for courier in couriers]
    return [delivery for delivery in done if delivery is not None]


def sealed_answers(post: Post, couriers: Sequence[Courier], seed: bytes = b"") -> list[Delivery]:
    """What each node delivered after all had committed; the seal's time passes.

    A node whose containers fail takes no part. A salt follows from `seed`, the order and the
    node's own key: what was shown in one round opens nothing in the next.
    """
    sealed: list[tuple[Courier, bytes, Output]] = []
    order = bytes.fromhex(post.consumer.address[2:]) + post.number.to_bytes(32, "big")
    for courier in couriers:
        owner = post.consumer.address
        data = post.order.read_input(owner, INTERVAL, courier.account.address)
        line = line_of(post.order.line)
        made = run_graph(line, courier.guardian.catalogue, data, courier.retries)[-1].output
        if made is None:
            continue
        salt = keccak256(seed, order, courier.account.private_key)
        commitment = seal(courier.account, made.data, salt)
        post.consumer.commit(post.number, INTERVAL, commitment, sender=courier.account)
        sealed.append((courier, data, Output(made.data, salt)))
    post.consumer.chain.warp(post.consumer.SEAL())
    return [courier.deliver(post.order, INTERVAL, data, output) for courier, data, output in sealed]


def settle(post: Post, judge: Account) -> Ballot:
    """The ballot over what was received, and everybody paid or slashed by it.

    Without a majority nobody is: the coordinator pays all after its week.
    """
    received = [event.arguments for event in post.consumer.events("Received")]
    n_nodes = post.order.subscription.redundancy
    ballot = count({one["node"]: one["output"] for one in received}, n_nodes)
    if ballot.winner is not None:
        for node, answer in ballot.answers.items():
            verdict = post.number, INTERVAL, node, answer == ballot.winner
            post.verifier.decide(*verdict, sender=judge)
    return ballot
