"""Why the protocol refuses an operation, by the names that its contracts give their errors.

A contract's error names the module that raises it, two underscores and the reason, such as
`LicensingModule__DisputedIpId`. Which of several reasons is named depends on the order of the
checks, so every module here keeps that order. A refused operation changes nothing.
"""


class Refusal(ValueError):
    """An operation that the protocol refuses.

    Attributes:
        name: the contract's name of the error.
    """

    def __init__(self, name: str, detail: str = "") -> None:
        super().__init__(f"{name}: {detail}" if detail else name)
        self.name = name


def demand(condition: bool, name: str, detail: str = "") -> None:
    """Refuses, by that name, unless the condition holds."""
    if not condition:
        raise Refusal(name, detail)
