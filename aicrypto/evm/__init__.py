"""Ethereum in process: compile a contract, deploy it, call it, count its gas, replay its history.

`Chain` is the way in. Importing this room is quick: the compiler, the virtual machine and the
signature code are loaded by whoever first needs them.
"""

from aicrypto.evm.abi import Event
from aicrypto.evm.accounts import Account, Party, recover_signer
from aicrypto.evm.chain import ETHER, Chain, Receipt, Reverted
from aicrypto.evm.compiler import Artifact, compile_contract, compile_source, contract_names
from aicrypto.evm.contract import Contract
from aicrypto.evm.journal import Journal
from aicrypto.evm.machine import MAX_TRANSACTION_GAS, Log, State, calldata_floor_gas

__all__ = [
    "ETHER",
    "MAX_TRANSACTION_GAS",
    "Account",
    "Artifact",
    "Chain",
    "Contract",
    "Event",
    "Journal",
    "Log",
    "Party",
    "Receipt",
    "Reverted",
    "State",
    "calldata_floor_gas",
    "compile_contract",
    "compile_source",
    "contract_names",
    "recover_signer",
]
