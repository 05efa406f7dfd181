"""The works behind an answer: whose they are, what they derive from, what each earns by royalty.

An answer derives from the model that gave it and from the pages that were asked about; the model
from a data set; the data set from pages. A page's owner is whoever owns the section of the site
that the page is in, which is its topic: a section is one work, the Merkle root of its pages'
records. So one link names them all, as the protocol allows 16 parents and a data set has at most 16
topics; a work for every page would need 256 ancestors and more.

All offer the same terms, "commercial remix": whoever earns with a work passes on a share to each of
its ancestors, once for every path (LAP). What nobody is due is the answer's own.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aicrypto import ip
from aicrypto.commit.hashes import sha256
from aicrypto.crawl import rows
from aicrypto.ip.royalty.payments import policy_pool
from aicrypto.pipeline.job import COORDINATOR
from aicrypto.pipeline.receipts import Facts, Json, demand, encode

SHARE = ip.HP // 20  # 5 % of what derivatives earn: 95 % with 16 sections, one of them asked
TERMS = ip.terms.commercial_remix(0, SHARE, ip.LAP, ip.WIP)
DATA, MODEL, ANSWER = "data set", "model", "answer"


@dataclass(frozen=True)
class Work:
    """A work to register.

    Attributes:
        key: name of the owner's account.
        media: Merkle root or digest of the content, 32 bytes.
        parents: names of the works that it derives from.
        created_at: unix seconds.
    """

    name: str
    key: str
    owner: str
    media: bytes
    parents: tuple[str, ...]
    created_at: int

    @property
    def content(self) -> bytes:
        """Hash of the public record, which names the owner and the media."""
        creators = (ip.Creator(self.key, self.owner, 100),)
        title = f"{self.name}, of one run of the pipeline"
        return ip.Metadata(title, "", self.created_at, creators, self.media).hash()


def section_name(topic: str) -> str:
    """Name of the work that a topic's pages are."""
    return f"pages on {topic}"


def owner_name(topic: str) -> str:
    """Name of the account that owns a topic's pages."""
    return f"owner of {topic}"


def sections(records: Iterable[Mapping[str, Any]]) -> dict[str, Json]:
    """The root over its records and their number, by topic in alphabetical order."""
    by_topic: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in records:
        by_topic[str(record["label"])].append(dict(record))
    return {
        topic: {
            "root": rows.Build(tuple(by_topic[topic])).root.hex(),
            "pages": len(by_topic[topic]),
        }
        for topic in sorted(by_topic)
    }


def family(facts: Facts, told: Json) -> list[Work]:
    """The works in the order of their registration, the answer last.

    `told` has the sections with their owners, the topic of the page that was asked, the
    coordinator, who owns data set and answer, and the time. The model is its miner's.
    """
    winner, data = facts["quantise"]["winner"], facts["dataset"]
    miner, coordinator = facts["train"]["miners"][winner], told["coordinator"]
    answer = encode({name: facts["prove"][name] for name in ("input", "label", "proof")})
    named, created = told["sections"], told["created_at"]
    pages = [
        Work(section_name(topic), owner_name(topic), one["owner"], _bytes(one["root"]), (), created)
        for topic, one in sorted(named.items())
    ]
    sources = tuple(work.name for work in pages)
    behind = (MODEL, section_name(told["asked"]))
    return [
        *pages,
        Work(DATA, COORDINATOR, coordinator, _bytes(data["root"]), sources, created),
        Work(MODEL, winner, miner, _bytes(facts["quantise"]["digest"]), (DATA,), created),
        Work(ANSWER, COORDINATOR, coordinator, sha256(answer), behind, created),
    ]


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text)


def earnings(works: Sequence[Work], wei: int) -> tuple[dict[str, int], int]:
    """What each work's account gets of a payment to the last one, and what rounding leaves.

    Computed by the protocol's engine, which shares no line with the contracts. Shares are rounded
    down one by one, the policy's pool is filled by their sum: the rest stays there, as deployed.
    """
    state, *_, answer = ip.State(), *works
    number = ip.register_terms(state, TERMS)
    for work in works:
        ip.register(state, work.name, work.owner)
        if work.parents:
            terms = [number] * len(work.parents)
            ip.derive(state, work.name, list(work.parents), terms, work.owner)
        else:
            ip.attach(state, work.name, number, work.owner)
    ip.pay(state, answer.name, ip.WIP, wei)
    for work in works[:-1]:
        ip.push(state, ip.LAP, answer.name, work.name, ip.WIP)
    earned = {work.name: ip.claim(state, work.name, work.name, ip.WIP) for work in works}
    dust = state.cash[policy_pool(ip.LAP), ip.WIP]
    demand(ip.conserved(state) and sum(earned.values()) + dust == wei, "wei were made or lost")
    return earned, dust
