"""The oracle's contracts on a chain, deployed and joined.

    requester -> AIOracle -> ResultLibrary <- OpmlCourt (games) or ProofCourt (proofs), per model
                     |              ^
               callback, events     FinalResults on another chain, by storage proof

`Oracle` holds the two that always belong together. Times are seconds, money is wei.
"""

from dataclasses import astuple, dataclass
from typing import Any

from aicrypto.evm import Artifact, Chain, Contract, Party, compile_contract
from aicrypto.opml.games import Terms

NOBODY = "0x" + 40 * "0"
LIBRARY, ORACLE = "ResultLibrary", "AIOracle"
PROVEN_TOKEN, OPTIMISTIC_TOKEN = "ProvenAigc", "OptimisticAigc"
COURT, PROOF_COURT, GAME, ARBITER = "OpmlCourt", "ProofCourt", "DisputeGame", "OneStep"
BLUEPRINT = b"\xfe\x71\x00"  # ERC-5202: no code, a blueprint, version 0
DEPLOYER = bytes.fromhex("61") + b"%b" + bytes.fromhex("3d81600a3d39f3")  # returns what follows


@dataclass(frozen=True)
class Oracle:
    """An oracle and the library of its results.

    Attributes:
        owner: who registers models and servers, and appoints courts.
    """

    contract: Contract
    library: Contract
    owner: Party

    @property
    def chain(self) -> Chain:
        """Where it is."""
        return self.contract.chain

    def register(
        self,
        model: int,
        fee_wei: int = 0,
        receiver: Party = NOBODY,
        percentage: int = 0,
        hashes: tuple[bytes, bytes] = (bytes(32), bytes(32)),
        token: Party = NOBODY,
        is_unverifiable: bool = False,
    ) -> None:
        """Offer a model.

        Raises:
            Reverted: with the deployed oracle's reasons.
        """
        self.contract.uploadModel(
            *(model, *hashes, fee_wei, receiver, percentage, token, is_unverifiable),
            sender=self.owner,
        )

    def admit(self, server: Party) -> None:
        """Let somebody answer."""
        self.contract.setWhitelist(server, True, sender=self.owner)

    def appoint(self, model: int, court: Party) -> None:
        """Say, once, who decides about a model's results; Reverted the second time."""
        self.library.appoint(model, court, sender=self.owner)


def deploy_oracle(
    chain: Chain,
    owner: Party,
    window_s: int,
    admin: Party | None = None,
    contract: str | Artifact = ORACLE,
) -> Oracle:
    """A new oracle whose results may be doubted for `window_s`.

    `admin` is the financial admin, the owner if not given; `contract` another oracle only to see
    what its checks are good for.
    """
    library = chain.deploy(LIBRARY, window_s, sender=owner)
    oracle = chain.deploy(contract, library.address, admin or owner, sender=owner)
    library.connect(oracle, sender=owner)
    return Oracle(oracle, library, owner)


def deploy_court(chain: Chain, library: Contract, owner: Party, terms: Terms) -> Contract:
    """A court for models that are programs; `terms.s0` is ignored, every game has its own."""
    arbiter = chain.deploy(ARBITER, sender=owner)
    game = deploy_blueprint(chain, GAME, owner)
    return chain.deploy(COURT, library, game, arbiter, game_terms(terms), sender=owner)


def deploy_blueprint(chain: Chain, name: str, sender: Party) -> str:
    """Address of a contract's creation code, from which contracts make others (ERC-5202)."""
    code = BLUEPRINT + compile_contract(name).bytecode
    receipt = chain.send(None, sender=sender, data=DEPLOYER % len(code).to_bytes(2, "big") + code)
    return receipt.created or NOBODY


def deploy_optimistic_token(
    chain: Chain,
    owner: Party,
    model: int,
    window_s: int,
    is_enumerable: bool = False,
    reveal_blocks: int = 0,
    names: tuple[str, str] = ("Made by a model", "MADE"),
) -> tuple[Contract, Contract]:
    """An ERC-7007 token whose content may be doubted, and the library of its results."""
    library = chain.deploy(LIBRARY, window_s, sender=owner)
    token = chain.deploy(
        OPTIMISTIC_TOKEN, *names, is_enumerable, reveal_blocks, library, model, sender=owner
    )
    library.connect(token, sender=owner)
    return token, library


def deploy_proven_token(
    chain: Chain,
    owner: Party,
    verifier: Party,
    is_separated: bool = True,
    is_enumerable: bool = False,
    reveal_blocks: int = 0,
    names: tuple[str, str] = ("Made by a model", "MADE"),
) -> Contract:
    """An ERC-7007 token whose content is proven when it is minted."""
    settings = is_enumerable, reveal_blocks, verifier, is_separated
    return chain.deploy(PROVEN_TOKEN, *names, *settings, sender=owner)


def game_terms(terms: Terms) -> tuple[Any, ...]:
    """The terms as `DisputeGame` takes them: its fields are in the same order."""
    return astuple(terms)
