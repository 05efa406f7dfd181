"""A deployed contract as a Python object: its functions are its attributes.

`registry.settle(job, payees, amounts, sender=alice)` sends a transaction and returns the decoded
answer; `registry.jobs(job)` asks a view, which changes nothing and needs no sender. Vyper writes a
function with default arguments as several of one name: the number of arguments decides which is
meant. `registry.function("f(uint256)")` reaches a function by signature, and any whose name a
Python attribute hides.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aicrypto.evm.abi import Event, Function, Interface
from aicrypto.evm.accounts import Party, address_of
from aicrypto.evm.machine import MAX_TRANSACTION_GAS, AccountState

if TYPE_CHECKING:
    from aicrypto.evm.chain import Chain


class Contract:
    """A contract at an address of a chain, seen through an interface."""

    def __init__(self, chain: "Chain", address: str, interface: Interface) -> None:
        self.chain = chain
        self.address = address
        self.interface = interface

    def function(self, name: str) -> "ContractFunction":
        """The function of that name or signature.

        Raises:
            ValueError: if there is none, with the signatures there are.
        """
        return ContractFunction(self, tuple(self.interface.find(name)))

    def events(self, name: str | None = None) -> list[Event]:
        """What the contract announced so far, oldest first; only events of that name, if given."""
        every = (event for event in self.chain.events() if event.address == self.address)
        return [event for event in every if name in (None, event.name)]

    def placed_at(self, address: Party) -> "Contract":
        """The same code at a chosen address as well, as a chain's first block places contracts.

        Immutable values come along, storage does not.

        Raises:
            ValueError: on a chain that records, as no transaction does this; or for no address.
        """
        chain, where = self.chain, address_of(address)
        if chain.record:
            raise ValueError("record is True: a journal cannot say that code was placed")
        code = chain.state.account(self.address).code
        chain._machine.put_account(where, AccountState(chain.balance(where), 1, code))
        return chain._bind(self.interface, where)

    def __getattr__(self, name: str) -> "ContractFunction":
        if name.startswith("__"):  # Python asks for its own protocols, not for a function
            raise AttributeError(name)
        try:
            return self.function(name)
        except ValueError as error:
            raise AttributeError(str(error)) from None

    def __dir__(self) -> Iterable[str]:
        return [*super().__dir__(), *self.interface.functions]

    def __repr__(self) -> str:
        return f"<{self.interface.name} at {self.address}>"


@dataclass(frozen=True)
class ContractFunction:
    """A function of a contract, ready to be called; several where the name is overloaded."""

    contract: Contract
    overloads: tuple[Function, ...]

    def encode(self, *arguments: Any) -> bytes:
        """Calldata for these arguments, for example to sign it.

        Raises:
            ValueError: naming function, argument, value and type, if one does not fit.
        """
        return self._select(len(arguments)).encode_call(arguments)

    def __call__(
        self,
        *arguments: Any,
        sender: Party | None = None,
        value: int = 0,
        gas: int = MAX_TRANSACTION_GAS,
        gas_price_wei: int = 0,
    ) -> Any:
        """What the function returns: None, one value, or a tuple.

        Raises:
            ValueError: if arguments, sender, value or gas do not fit; nothing has happened then.
            Reverted: if the contract fails.
        """
        function = self._select(len(arguments))
        data = function.encode_call(arguments)
        chain, address = self.contract.chain, self.contract.address
        if function.is_static:
            if value:
                raise ValueError(f"value is {value}, but {function.signature} is a view")
            return function.decode_output(chain.call(address, data, sender=sender, gas=gas))
        if sender is None:
            raise ValueError(f"sender is missing, {function.signature} is a transaction")
        settings = {"value": value, "gas": gas, "gas_price_wei": gas_price_wei}
        receipt = chain.send(address, sender=sender, data=data, **settings)
        return function.decode_output(receipt.output)

    def _select(self, n_arguments: int) -> Function:
        """The one overload that takes so many arguments."""
        fitting = [f for f in self.overloads if len(f.inputs) == n_arguments]
        if len(fitting) == 1:
            return fitting[0]
        signatures = ", ".join(f.signature for f in fitting or self.overloads)
        if fitting:
            raise ValueError(f"{n_arguments} arguments fit {signatures}: use function(signature)")
        raise ValueError(f"got {n_arguments} arguments for {signatures}")
