"""How peers are paid: the Gauntlet's weights go through Yuma Consensus, as in any subnet.

A finished federation is a contest for `subnet.work.play`: in each epoch the validators write the
payroll of one window as their weights, and the chain pays rao for them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from aicrypto.training.federation.windows import Federation
from aicrypto.training.gauntlet import Payroll, payroll


@dataclass(frozen=True)
class TrainingContest:
    """A federation's peers in a subnet. `cheater` is the one whose earnings are to be watched."""

    federation: Federation
    cheater: str
    rules: Payroll = field(default_factory=Payroll)

    @property
    def miners(self) -> tuple[str, ...]:
        """The peers, in the order of their places."""
        return tuple(sorted(peer.name for peer in self.federation.peers))

    def score(self, validator: int, epoch: int) -> Mapping[str, float]:
        """The payroll after the window of that number, the burned part left out.

        Every validator measures the same; after the last window, the last one counts.
        """
        records = self.federation.records
        scores = records[min(epoch, len(records) - 1)].scores
        places = {name: place for place, name in enumerate(self.miners)}
        finals = {places[name]: peer.final for name, peer in scores.items()}
        weights = payroll(finals, len(places) + 1, replace(self.rules, burn_uid=len(places)))
        return {name: weights[place] for name, place in places.items()}
