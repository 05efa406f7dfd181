"""Licence terms a machine can read: the 17 fields of the Programmable IP License, and their hash.

A licensor picks values for the fields; the tuple's hash is its identity, so equal terms have one
number everywhere. Shares are integers with 10^8 = 100 %, fees in the smallest unit of `currency`,
`expiration` in seconds from the licence (0: never). Addresses are 0x-hex or, inside the engine,
the names of policies and tokens that `ADDRESSES` knows.

The template escapes `uri` as JSON would before it stores and hashes it. Whoever looks terms up by
the tuple that he registered hashes the unescaped one, and finds nothing if escaping changed it:
a wart of the deployed template, kept here because the hashes are its.
Source: storyprotocol/protocol-core-v1@1e80201 PILicenseTemplate.
"""

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from aicrypto.commit.hashes import keccak256
from aicrypto.evm.accounts import address_of
from aicrypto.evm.token_bound import InvalidArgument

LAP, LRP, WIP, USDC, BAD, BADPOL = "LAP", "LRP", "WIP", "USDC", "BAD", "BADPOL"
NOWHERE = "0x" + 40 * "0"
ADDRESSES = {  # equal on chains 1514 and 1315; the last three stand in for whatever is (un)listed
    LAP: "0xbe54fb168b3c982b7aae60db6cf75bd8447b390e",
    LRP: "0x9156e603c949481883b1d3355c6f1132d191fc41",
    WIP: "0x1514000000000000000000000000000000000000",
    USDC: f"0x{1:040x}",
    BAD: f"0x{2:040x}",
    BADPOL: f"0x{3:040x}",
}
NAMES = {address: name for name, address in ADDRESSES.items()}
ABI_TYPES = (
    *("bool", "address", "uint256", "uint256", "bool", "bool", "address", "bytes", "uint32"),
    *("uint256", "bool", "bool", "bool", "bool", "uint256", "address", "string"),
)
TUPLE = f"({','.join(ABI_TYPES)})"
ESCAPES = {
    '"': '\\"',
    "\\": "\\\\",
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\f": "\\f",
    "\r": "\\r",
}


@dataclass(frozen=True)
class Terms:
    """Terms in ABI order; a field not named is false, zero or empty.

    Attributes:
        royalty_policy: how derivatives' income is shared, "" for not at all.
        minting_fee: price of one licence.
        expiration_s: how long a derivative may be used.
        commercializer_checker: module that says who may use it commercially; `checker_data` is
            what it is told.
        rev_share: what a derivative owes of its income.
        derivatives_reciprocal: a derivative's derivatives come under the same terms.
        rev_ceiling, derivative_rev_ceiling: stored by the template, used by nobody so far.
    """

    transferable: bool = False
    royalty_policy: str = ""
    minting_fee: int = 0
    expiration_s: int = 0
    commercial_use: bool = False
    commercial_attribution: bool = False
    commercializer_checker: str = ""
    checker_data: bytes = b""
    rev_share: int = 0
    rev_ceiling: int = 0
    derivatives_allowed: bool = False
    derivatives_attribution: bool = False
    derivatives_approval: bool = False
    derivatives_reciprocal: bool = False
    derivative_rev_ceiling: int = 0
    currency: str = ""
    uri: str = ""

    def __post_init__(self) -> None:
        for field in fields(self):
            kind = type(field.default)  # every field has one
            if type(value := getattr(self, field.name)) is not kind:
                raise InvalidArgument(f"{field.name} is {value!r}, must be {kind.__name__}")

    def encoded(self) -> bytes:
        """The ABI encoding as it stands; `stored` is the form that the template hashes.

        Raises:
            InvalidArgument: if a value does not fit its type.
        """
        from eth_abi.abi import encode
        from eth_abi.exceptions import EncodingError

        values = [
            address_value(value) if kind == "address" else value
            for kind, value in zip(ABI_TYPES, self._values(), strict=True)
        ]
        try:
            return encode([TUPLE], [tuple(values)])
        except (EncodingError, UnicodeEncodeError) as error:
            raise InvalidArgument(f"terms: {error}") from None

    def _values(self) -> list[Any]:
        return [getattr(self, field.name) for field in fields(self)]

    @property
    def stored(self) -> "Terms":
        """The terms as the template keeps them: `uri` escaped."""
        return replace(self, uri=escaped(self.uri))

    def hash(self) -> bytes:
        """The identity of the terms: Keccak-256 of the stored form's encoding."""
        return keccak256(self.stored.encoded())

    def to_json(self) -> dict[str, Any]:
        """The terms under the template's names, bytes as 0x-hex: what agents send each other."""
        values = asdict(self) | {"checker_data": "0x" + self.checker_data.hex()}
        return {camel: values[name] for name, camel in zip(values, JSON_NAMES, strict=True)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Terms":
        """The terms of such an object; absent fields are false, zero or empty.

        Raises:
            InvalidArgument: for a field that terms do not have, or a value of another kind.
        """
        if unknown := set(data) - set(JSON_NAMES):
            raise InvalidArgument(f"terms have no field {sorted(unknown)[0]!r}")
        by_name = {name.name: camel for name, camel in zip(fields(cls), JSON_NAMES, strict=True)}
        values = {name: data[camel] for name, camel in by_name.items() if camel in data}
        if "checker_data" in values:
            values["checker_data"] = _hex_bytes(values["checker_data"])
        for name in ("royalty_policy", "currency", "commercializer_checker"):
            values[name] = _party(name, values.get(name))
        return cls(**values)


JSON_NAMES = (
    *("transferable", "royaltyPolicy", "defaultMintingFee", "expiration", "commercialUse"),
    *("commercialAttribution", "commercializerChecker", "commercializerCheckerData"),
    *("commercialRevShare", "commercialRevCeiling", "derivativesAllowed"),
    *("derivativesAttribution", "derivativesApproval", "derivativesReciprocal"),
    *("derivativeRevCeiling", "currency", "uri"),
)


def _hex_bytes(text: str) -> bytes:
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except (AttributeError, ValueError):
        raise InvalidArgument(f"checker data {text!r} is no 0x-hex") from None


def _party(name: str, value: Any) -> str:
    if not isinstance(value, str | None):
        raise InvalidArgument(f"{name} is {value!r}, must be str")
    return party_name(value)


def party_name(value: str | None) -> str:
    """A policy, token or module by its short name if it has one; "" for none or address zero.

    >>> party_name("0x9156e603C949481883B1d3355c6f1132D191fC41")
    'LRP'
    """
    text = value or ""
    if text.lower() == NOWHERE:
        return ""
    return NAMES.get(text.lower(), text)


def address_value(name: str) -> str:
    """Address behind a short name, a hex address itself, or zero for "".

    Raises:
        InvalidArgument: if the text is none of these.
    """
    try:
        return address_of(ADDRESSES.get(name, name or NOWHERE))
    except ValueError as error:
        raise InvalidArgument(str(error)) from None


def escaped(text: str) -> str:
    r"""The text with JSON's escapes for quotes, backslashes and control characters.

    >>> escaped('a"b\n')
    'a\\"b\\n'
    """
    codes = (ESCAPES.get(c, c if ord(c) >= 0x20 else f"\\u{ord(c):04x}") for c in text)
    return "".join(codes)
