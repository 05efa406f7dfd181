"""Programmable licence terms: fields and hash, ready-made ones, examination, the text behind."""

from aicrypto.ip.terms import flavours, off_chain
from aicrypto.ip.terms.flavours import (
    FLAVOURS,
    commercial_remix,
    commercial_use,
    creative_commons_attribution,
    default,
    non_commercial_social_remixing,
)
from aicrypto.ip.terms.off_chain import OffChain, Use, describe, objections, with_text
from aicrypto.ip.terms.terms import LAP, LRP, USDC, WIP, Terms, escaped
from aicrypto.ip.terms.validation import Source, are_compatible, check_terms, may_derive

__all__ = [
    "FLAVOURS",
    "LAP",
    "LRP",
    "USDC",
    "WIP",
    "OffChain",
    "Source",
    "Terms",
    "Use",
    "are_compatible",
    "check_terms",
    "commercial_remix",
    "commercial_use",
    "creative_commons_attribution",
    "default",
    "describe",
    "escaped",
    "flavours",
    "may_derive",
    "non_commercial_social_remixing",
    "objections",
    "off_chain",
    "with_text",
]
