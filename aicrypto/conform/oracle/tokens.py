"""Flows of ERC-7007 tokens of either variant through their contracts."""

from typing import Any

from aicrypto.commit.hashes import keccak256
from aicrypto.conform.encoding import unhex
from aicrypto.evm import Account, Chain, Contract, compile_source
from aicrypto.oracle import deploy_optimistic_token, deploy_proven_token

Action = dict[str, Any]

MODEL = 1
COURT, OWNER = "court", "owner"
# What the suite takes for a proof: the public inputs' hash.
VERIFIER = """
@external
@pure
def verifyProof(proof: Bytes[16384], publicInputs: Bytes[1024]) -> bool:
    return len(proof) == 32 and convert(slice(proof, 0, 32), bytes32) == keccak256(publicInputs)
"""


class TokenSession:
    """One case of `ora.erc7007_flow`."""

    def __init__(self, variant: str, window_s: int, start: int) -> None:
        self.chain = Chain(timestamp=start)
        owner = self.chain.account(OWNER)
        self.library: Contract | None = None
        if variant == "opml":
            self.token, self.library = deploy_optimistic_token(self.chain, owner, MODEL, window_s)
            self.library.appoint(MODEL, self.chain.account(COURT), sender=owner)
        else:
            verifier = self.chain.deploy(compile_source(VERIFIER, "HashVerifier"), sender=owner)
            self.token = deploy_proven_token(self.chain, owner, verifier, is_separated=False)
        self.prompts: list[bytes] = []
        self.names: dict[str, str] = {}

    def do(self, action: Action) -> Any:
        """The result of an action."""
        return getattr(self, f"_{action['act']}")(action, self.chain.account("caller"))

    def _mint(self, action: Action, by: Account) -> int:
        to = self.chain.account(action["to"])
        self.names[to.address] = action["to"]
        token = self.token.mint(
            *(to, *_content(action), action["uri"].encode(), _proof(action)), sender=by
        )
        self.prompts.append(unhex(action["prompt"]))
        return int(token)

    def _add(self, action: Action, by: Account) -> None:
        self.token.addAigcData(*(action["token_id"], *_content(action), _proof(action)), sender=by)

    def _verify(self, action: Action, by: Account) -> bool:
        return bool(self.token.verify(*_content(action), _proof(action)))

    def _update(self, action: Action, by: Account) -> None:
        self.token.update(*_content(action), sender=by)

    def _overturn(self, action: Action, by: Account) -> None:
        if self.library is None:
            raise ValueError("act is overturn, which is for the opml variant")
        number = action["request"]
        known = 1 <= number <= len(self.prompts)
        input_hash = keccak256(self.prompts[number - 1]) if known else bytes(32)
        output_hash = keccak256(unhex(action["aigc_data"]))
        court = self.chain.account(COURT)
        self.library.overturn(number, MODEL, input_hash, output_hash, sender=court)

    def _token_uri(self, action: Action, by: Account) -> str:
        return str(self.token.tokenURI(action["token_id"]))

    def _owner_of(self, action: Action, by: Account) -> str:
        return self.names[self.token.ownerOf(action["token_id"])]

    def _supports(self, action: Action, by: Account) -> bool:
        return bool(self.token.supportsInterface(unhex(action["interface_id"])))


def _content(action: Action) -> tuple[bytes, bytes]:
    return unhex(action["prompt"]), unhex(action["aigc_data"])


def _proof(action: Action) -> bytes:
    return unhex(action.get("proof", "0x"))
