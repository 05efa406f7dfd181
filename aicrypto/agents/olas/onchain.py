"""Services on a chain: the registry's contract, multisigs of instances, staking.

What `bonding` and `staking` do as a model, `OlasServices`, `OlasSafe` and `OlasStaking` do with
money of the chain. A service acts through its multisig, when as many instances as its threshold
says have signed.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from aicrypto.agents.olas.liveness import Terms
from aicrypto.agents.olas.services import Slots
from aicrypto.evm import Account, Chain, Contract, Party
from aicrypto.evm.accounts import NOBODY
from aicrypto.evm.signing import sign_digest


@dataclass(frozen=True)
class ServiceChain:
    """The contracts.

    Attributes:
        chain: where they are.
        services: the registry (`OlasServices`).
        safe: code of the multisigs (`OlasSafe`).
    """

    chain: Chain
    services: Contract
    safe: Contract

    @classmethod
    def deploy(
        cls, chain: Chain, sender: Account, drainer: Party, mended: bool = False
    ) -> "ServiceChain":
        """New contracts; with `mended`, the registry without its two bugs."""
        safe = chain.deploy("OlasSafe", sender=sender)
        services = chain.deploy("OlasServices", drainer, safe, mended, sender=sender)
        return cls(chain, services, safe)

    def create(
        self, owner: Account, config_hash: bytes, slots: dict[int, Slots], threshold: int
    ) -> int:
        """Id of a new service with slots for these agent ids."""
        params = [(slots[i].n_slots, slots[i].bond) for i in sorted(slots)]
        given = (owner, config_hash, sorted(slots), params, threshold)
        service_id: int = self.services.create(*given, sender=owner)
        return service_id

    def multisig(self, service_id: int) -> Contract:
        """What commands a deployed service."""
        return self.chain.at("OlasSafe", self.services.getService(service_id)[1])

    def act(
        self,
        service_id: int,
        signers: Iterable[Account],
        target: Contract,
        data: bytes,
        wei: int = 0,
    ) -> bytes:
        """What a call returns that the service makes, with the signatures of these instances.

        Args:
            service_id: who calls.
            signers: instances that agree; one of them sends.
            target: who is called.
            data: calldata, from `contract.function.encode(...)`.
            wei: of the multisig, to go along.

        Raises:
            Reverted: if too few signed, or the call fails.
        """
        multisig = self.multisig(service_id)
        digest = multisig.digest(target, wei, data)
        ordered = sorted(signers, key=lambda signer: int(signer.address, 16))
        signatures = [sign_digest(digest, signer.private_key) for signer in ordered]
        returned: bytes = multisig.execute(target, wei, data, signatures, sender=ordered[0])
        return returned

    def staking(
        self,
        sender: Account,
        terms: Terms,
        ratio: int,
        ledger: Party = NOBODY,
        min_top_up: int = 0,
    ) -> Contract:
        """A new staking contract.

        Args:
            sender: who deploys it.
            terms: what it is made with.
            ratio: least activity per second, 18 decimals.
            ledger: counts paid deliveries; without it transactions count, as deployed.
            min_top_up: least deposit of rewards, wei; 0 as deployed.
        """
        checker = self.chain.deploy("OlasActivity", ratio, ledger, sender=sender)
        given = tuple(vars(terms).values())
        where = (self.services, checker)
        return self.chain.deploy("OlasStaking", *where, given, min_top_up, sender=sender)
