"""Whether a contract on a run's chain was made from the library's own code and known arguments."""

from aicrypto.evm import Artifact, Chain, compile_contract
from aicrypto.evm.abi import Interface


def creation(contract: str | Artifact, *arguments: object) -> bytes:
    """What a transaction that makes a contract carries: its code, the constructor's arguments."""
    made = compile_contract(contract) if isinstance(contract, str) else contract
    return made.bytecode + Interface(made.name, made.abi).constructor.encode_arguments(arguments)


def is_made(chain: Chain, address: str, contract: str | Artifact, *arguments: object) -> bool:
    """Whether the contract at the address was made so, by one transaction."""
    sent = [receipt.message.data for receipt in chain.receipts if receipt.created == address]
    return sent == [creation(contract, *arguments)]
