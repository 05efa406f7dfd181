"""Benchmarks: what things cost here, beside what they cost elsewhere, in one run on one machine.

A benchmark is a function without arguments that yields `Record`s. Absolute times belong to a
machine; what travels is the ratio to a peer measured in the same run. `python -m aicrypto bench
--save` stores the records with the machine's description in `data/bench/`, and the tables of README
are generated from there, never typed.
"""

import importlib
import json
import os
import platform
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path

# Name -> module of this folder and function in it. A name's first part is its room.
BENCHES = {
    "agents.acts": "agents.accounts:acts",
    "agents.addresses": "agents.accounts:addresses",
    "agents.creation": "agents.accounts:creation",
    "agents.handover": "agents.minds:handover",
    "agents.hiring_gas": "agents.services:gas",
    "agents.olas": "agents.olas:engines",
    "agents.olas_gas": "agents.olas:gas",
    "agents.requests": "agents.accounts:requests",
    "agents.rounds": "agents.services:rounds",
    "agents.routed": "agents.minds:routing",
    "agents.routing_time": "agents.minds:speed",
    "bls.sign": "foundations.bls:signing",
    "bls.threshold": "foundations.bls:threshold_combination",
    "bls.verify": "foundations.bls:verification",
    "commit.hash": "foundations.commit:hashing",
    "commit.merkle": "foundations.commit:merkle_tree",
    "commit.pedersen": "foundations.commit:pedersen_vector",
    "commit.poseidon": "foundations.commit:poseidon_pair",
    "crawl.memory": "crawl.data:memory",
    "crawl.minhash": "crawl.data:near_duplicates",
    "crawl.network": "crawl.network:overhead",
    "crawl.receipts": "crawl.network:receipts",
    "evm.call": "evm:call",
    "evm.compile": "evm:compilation",
    "field.compile": "foundations.field:compilation",
    "field.fft": "foundations.field:fft",
    "field.mul": "foundations.field:products",
    "field.warmup": "foundations.field:warmup",
    "groth16.gas": "snark.figures:gas",
    "groth16.prove": "snark.figures:proving",
    "groth16.verify": "snark.figures:verification",
    "hyperkzg.verify": "foundations.kzg:multilinear_verification",
    "ip.gas": "ip.figures:contract_gas",
    "ip.histories": "ip.figures:histories",
    "ip.payments": "ip.figures:payments",
    "ip.shares": "ip.figures:shares",
    "kzg.blob": "foundations.kzg:blob",
    "kzg.commit": "foundations.kzg:commitment",
    "kzg.open": "foundations.kzg:opening",
    "kzg.verify": "foundations.kzg:verification",
    "models.smollm2": "models.smollm2:decoding",
    "models.smollm2_vs_transformers": "models.smollm2:comparison",
    "msm.g1": "foundations.curves:multi_scalar",
    "oml_attack.table": "models.oml:attack_table",
    "oml.detect": "models.oml:detection",
    "oml.embed": "models.oml:embedding",
    "opml.commitment": "opml_machine:commitments",
    "opml.dispute": "opml:dispute",
    "opml.gas": "opml_machine:gas",
    "opml.multiphase": "opml:multiphase",
    "opml.multiphase_7b": "opml:seven_billion",
    "opml.size": "opml:size",
    "opml.steps": "opml_machine:steps",
    "oracle.answers": "oracle.seconds:answers",
    "oracle.disputes": "oracle.gas:disputes",
    "oracle.mint": "oracle.gas:mint",
    "oracle.painted": "oracle.seconds:painted",
    "oracle.proven": "oracle.seconds:proven",
    "oracle.requests": "oracle.gas:requests",
    "oracle.storage": "oracle.gas:storage_proof",
    "oracle.tree": "oracle.seconds:tree",
    "pairing.check": "foundations.curves:pairing_check",
    "pipeline.s": "pipeline:stages",
    "pipeline.scale": "pipeline:growth",
    "plonk.gas": "snark.figures:plonk_gas",
    "plonk.prove": "snark.figures:plonk_proving",
    "proof.logup": "foundations.proof:fraction_sum",
    "proof.sumcheck": "foundations.proof:product_sum",
    "ritual.gas": "ritual.market:gas",
    "ritual.jobs": "ritual.market:jobs",
    "ritual.matching": "ritual.matching:matching",
    "ritual.rooms": "ritual.rooms:services",
    "ritual.schedule": "ritual.market:schedule",
    "sql.filter": "sql_fast:filtering",
    "sql.group_by": "sql_fast:grouping",
    "sql.growth": "sql_fast:growth",
    "subnet.batch": "subnet:batch",
    "subnet.epoch": "subnet:exact_epoch",
    "sql.exact": "sql_exact:proving",
    "sql.gas": "sql_exact:contract",
    "tensor.commit": "foundations.tensor:commitment",
    "tensor.opening": "foundations.tensor:opening",
    "training.bytes_ratio": "training.communication:bytes_and_losses",
    "training.compression": "training.communication:compression",
    "training.ranks": "training.communication:ranks",
    "training.refereed": "training.referee:refereed",
    "zkml.gas": "zkml.gas:contract",
    "zkml.hidden": "zkml.claims:hidden_models",
    "zkml.hour": "zkml.claims:hours",
    "zkml.masked_sumcheck": "zkml.claims:masked_sums",
    "zkml.memory": "zkml.inference:memory",
    "zkml.overhead": "zkml.inference:overhead",
    "zkml.overhead_private": "zkml.inference:private_overhead",
    "zkml.sizes": "zkml.inference:sizes",
    "zkml.verify": "zkml.inference:verification",
    "zkml.vs_ezkl": "zkml.ezkl:comparison",
}


@dataclass(frozen=True)
class Record:
    """One measured figure.

    Attributes:
        name: what was measured, for instance `field.extmul.ns`.
        value: the figure, in `unit`.
        peer: what it was compared with, in words; `peer_value` is its figure in the same unit.
        device: "cpu" or "cuda"; `threads` is how many CPU threads both sides had.
    """

    name: str
    value: float
    unit: str
    peer: str | None = None
    peer_value: float | None = None
    device: str = "cpu"
    threads: int = 1

    @property
    def ratio(self) -> float | None:
        """Our figure divided by the peer's."""
        return self.value / self.peer_value if self.peer_value else None

    def __str__(self) -> str:
        figure = f"{self.name:32} {self.value:12,.4g} {self.unit:6}"
        if self.peer_value is None or self.ratio is None:
            return figure
        beside = f"{self.ratio:.3g}× {self.peer} ({self.peer_value:,.4g} {self.unit})"
        return f"{figure} {beside}, {self.device}, {self.threads} thread(s)"

    def to_json(self) -> str:
        """The record as one JSON object on one line."""
        return json.dumps({**asdict(self), "ratio": self.ratio})


def best_seconds(run: Callable[[], object], repeats: int = 7) -> float:
    """Shortest wall time of several runs (the least disturbed one), after a run not counted."""
    run()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def one_thread() -> AbstractContextManager[None]:
    """Torch on one thread inside the block, as before after it."""
    from aicrypto import models  # heavy, and benchmarks without tensors do without

    return models.one_thread()


def select(names: Iterable[str]) -> list[str]:
    """The benchmarks that the names mean (exact ones, or all below a name); no name means all.

    Raises:
        ValueError: for a name that means none, with the names there are.
    """
    wanted = list(names)
    for name in wanted:
        if not any(_means(name, bench) for bench in BENCHES):
            raise ValueError(f"unknown benchmark {name!r}; there are: {', '.join(sorted(BENCHES))}")
    return [b for b in sorted(BENCHES) if not wanted or any(_means(name, b) for name in wanted)]


def run(name: str) -> Iterator[Record]:
    """The records of one benchmark."""
    module, function = BENCHES[name].split(":")
    yield from getattr(importlib.import_module(f"{__name__}.{module}"), function)()


def machine() -> dict[str, str | int]:
    """What a reader must know of the machine to read a time."""
    return {
        "processor": _processor_name(),
        "cores": os.cpu_count() or 1,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def save(records: Iterable[Record], folder: Path) -> list[Path]:
    """Files written: one per room, records beside machine and date of the last measurement.

    Records not measured again stay if this is the machine that measured them, else they go.
    """
    rooms: dict[str, list[Record]] = {}
    for record in records:
        rooms.setdefault(record.name.split(".")[0], []).append(record)
    return [_save_room(folder / f"{room}.json", new) for room, new in rooms.items()]


def _save_room(path: Path, new: list[Record]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    stored = json.loads(path.read_text()) if path.exists() else {}
    old = stored["records"] if stored.get("machine") == machine() else []
    merged = {record["name"]: record for record in old}
    merged |= {record.name: json.loads(record.to_json()) for record in new}
    content = {
        "machine": machine(),
        "date": time.strftime("%Y-%m-%d"),
        "records": [merged[name] for name in sorted(merged)],
    }
    unfinished = path.with_suffix(".tmp")
    unfinished.write_text(json.dumps(content, indent=1) + "\n")
    unfinished.replace(path)
    return path


def _means(name: str, bench: str) -> bool:
    return bench == name or bench.startswith(f"{name}.")


def _processor_name() -> str:
    """The processor's model, where the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown"
