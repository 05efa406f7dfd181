"""Pages: addresses in one spelling, robots.txt, politeness, bounded answers, an archive on disk."""

from aicrypto.crawl.pages.archive import Archive, Entry, Link
from aicrypto.crawl.pages.cleaning import Cleaned, Unreadable, clean, decode, links_of
from aicrypto.crawl.pages.crawling import Policy, crawl, topic_of
from aicrypto.crawl.pages.fetching import (
    Fetch,
    Fetched,
    Limits,
    NotFetched,
    PrivateAddress,
    Refused,
    TooLarge,
    TooSlow,
    WrongEncoding,
    check_address,
    direct,
    receive,
    unpack,
)
from aicrypto.crawl.pages.politeness import Clock, Pauses, Request, Turns, WallClock, schedule
from aicrypto.crawl.pages.robots import Robots, decide, rules_after
from aicrypto.crawl.pages.url import BadUrl, NotHttp, UserInfo, normalise, path_of, site_of
from aicrypto.crawl.pages.warc import Response
from aicrypto.crawl.pages.warc import record as warc_record

__all__ = [
    "Archive",
    "BadUrl",
    "Cleaned",
    "Clock",
    "Entry",
    "Fetch",
    "Fetched",
    "Limits",
    "Link",
    "NotFetched",
    "NotHttp",
    "Pauses",
    "Policy",
    "PrivateAddress",
    "Refused",
    "Request",
    "Response",
    "Robots",
    "TooLarge",
    "TooSlow",
    "Turns",
    "Unreadable",
    "UserInfo",
    "WallClock",
    "WrongEncoding",
    "check_address",
    "clean",
    "crawl",
    "decide",
    "decode",
    "direct",
    "links_of",
    "normalise",
    "path_of",
    "receive",
    "rules_after",
    "schedule",
    "site_of",
    "topic_of",
    "unpack",
    "warc_record",
]
