"""Why a contract refuses, by the name that it gives the error.

The deployed contracts of this room answer with custom errors (`NotAuthorized`), with words
(`Invalid signer`), with no data at all (`revert`) or with a panic of the language (`Panic`). Which
of several is named depends on the order of the checks, so every module here keeps that order. A
refused operation changes nothing.
"""

REVERT = "revert"  # reverted without data
PANIC = "Panic"  # arithmetic, array or enum panic


class Refusal(ValueError):
    """An operation that a contract refuses.

    Attributes:
        name: the contract's name of the error.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def demand(condition: bool, name: str) -> None:
    """Refuses, by that name, unless the condition holds."""
    if not condition:
        raise Refusal(name)
