"""The five ready-made terms that the protocol's kit offers, with the texts they point to.

A lawyer's text stands behind each: `uri` names it. What a flavour does not say is false or zero.
Source: storyprotocol/protocol-core-v1@1e80201 PILFlavors; texts in piplabs/pil-document.
"""

from dataclasses import replace

from aicrypto.ip.terms.terms import Terms

TEXTS = "https://github.com/piplabs/pil-document/blob/"
DEFAULT = TEXTS + "ad67bb632a310d2557f8abcccd428e4c9c798db1/off-chain-terms/Default.json"
NCSR = TEXTS + "998c13e6ee1d04eb817aefd1fe16dfe8be3cd7a2/off-chain-terms/NCSR.json"
COMMERCIAL_USE = (
    TEXTS + "9a1f803fcf8101a8a78f1dcc929e6014e144ab56/off-chain-terms/CommercialUse.json"
)
COMMERCIAL_REMIX = (
    TEXTS + "ad67bb632a310d2557f8abcccd428e4c9c798db1/off-chain-terms/CommercialRemix.json"
)
CC_BY = TEXTS + "998c13e6ee1d04eb817aefd1fe16dfe8be3cd7a2/off-chain-terms/CC-BY.json"


def default() -> Terms:
    """Use as licensed, nothing more: no commerce, no derivatives."""
    return Terms(transferable=True, uri=DEFAULT)


def non_commercial_social_remixing() -> Terms:
    """Remix and share alike, not for money (number 1 on the networks).

    >>> non_commercial_social_remixing().hash().hex()[:8]
    '97f365a4'
    """
    return replace(
        default(),
        derivatives_allowed=True,
        derivatives_attribution=True,
        derivatives_reciprocal=True,
        uri=NCSR,
    )


def commercial_use(minting_fee: int, currency: str, royalty_policy: str) -> Terms:
    """Sell it as it is, with attribution, for a fee."""
    return replace(
        default(),
        royalty_policy=royalty_policy,
        minting_fee=minting_fee,
        commercial_use=True,
        commercial_attribution=True,
        currency=currency,
        uri=COMMERCIAL_USE,
    )


def commercial_remix(
    minting_fee: int, commercial_rev_share: int, royalty_policy: str, currency: str
) -> Terms:
    """Remix and sell; a share of what the remix earns comes back."""
    remixing = non_commercial_social_remixing()
    return replace(
        commercial_use(minting_fee, currency, royalty_policy),
        rev_share=commercial_rev_share,
        derivatives_allowed=remixing.derivatives_allowed,
        derivatives_attribution=remixing.derivatives_attribution,
        derivatives_reciprocal=remixing.derivatives_reciprocal,
        uri=COMMERCIAL_REMIX,
    )


def creative_commons_attribution(royalty_policy: str, currency: str) -> Terms:
    """Remix and sell for nothing, as long as the author is named."""
    return replace(commercial_remix(0, 0, royalty_policy, currency), uri=CC_BY)


FLAVOURS = {
    flavour.__name__: flavour
    for flavour in (
        default,
        non_commercial_social_remixing,
        commercial_use,
        commercial_remix,
        creative_commons_attribution,
    )
}
