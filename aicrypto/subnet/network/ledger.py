"""Who owns how many rao: every transfer is recorded, and not one rao is made or lost by the way.

Tokens are named: "tao", and "alpha/7" for subnet 7. Accounts are names, too. Only `mint` makes rao
and only `burn` destroys them, both are counted, and `is_conserved` compares.
"""

from collections import Counter

from aicrypto.subnet.refusals import NotEnoughBalanceToStake

TAO = "tao"


def alpha(netuid: int) -> str:
    """The name of a subnet's token."""
    return f"alpha/{netuid}"


class Ledger:
    """Balances by token and account, in rao."""

    def __init__(self) -> None:
        self._balances: dict[str, Counter[str]] = {}
        self.minted: Counter[str] = Counter()
        self.burned: Counter[str] = Counter()

    def balance(self, token: str, account: str) -> int:
        """What an account holds of a token."""
        return self._of(token)[account]

    def holders(self, token: str) -> dict[str, int]:
        """Everybody who holds some of a token."""
        return {account: rao for account, rao in self._of(token).items() if rao}

    def issued(self, token: str) -> int:
        """How much of a token there is: minted less burned."""
        return self.minted[token] - self.burned[token]

    def mint(self, token: str, account: str, rao: int) -> None:
        """Makes new rao; ValueError if negative."""
        _require(rao)
        self.minted[token] += rao
        self._of(token)[account] += rao

    def burn(self, token: str, account: str, rao: int) -> None:
        """Destroys rao of an account; errors as for `move`."""
        self._take(token, account, rao)
        self.burned[token] += rao

    def move(self, token: str, sender: str, receiver: str, rao: int) -> None:
        """Moves rao from one account to another.

        Raises:
            ValueError: if the amount is negative.
            NotEnoughBalanceToStake: if the sender has less.
        """
        self._take(token, sender, rao)
        self._of(token)[receiver] += rao

    def is_conserved(self) -> bool:
        """Whether the balances of every token add up to what was minted and not burned."""
        tokens = {*self._balances, *self.minted}
        positive = all(rao >= 0 for held in self._balances.values() for rao in held.values())
        return positive and all(
            sum(self._of(token).values()) == self.issued(token) for token in tokens
        )

    def _of(self, token: str) -> Counter[str]:
        if token not in self._balances:
            self._balances[token] = Counter()
        return self._balances[token]

    def _take(self, token: str, account: str, rao: int) -> None:
        _require(rao)
        held = self.balance(token, account)
        if held < rao:
            raise NotEnoughBalanceToStake(f"{account} has {held} rao of {token}, needs {rao}")
        self._of(token)[account] -= rao


def _require(rao: int) -> None:
    if rao < 0:
        raise ValueError(f"rao is {rao}, must be at least 0")
