"""`python -m aicrypto.crawl router|node|validator ...`: the data network's programs."""

import argparse
import asyncio
import sys
from collections.abc import Coroutine, Sequence
from pathlib import Path

from aicrypto.crawl.network import programs
from aicrypto.crawl.network.files import load_seed
from aicrypto.crawl.network.programs import Tls
from aicrypto.crawl.network.validator import Terms
from aicrypto.crawl.pages import Limits
from aicrypto.crawl.players.cheats import CHEATS


def parser() -> argparse.ArgumentParser:
    """The options of the three programs."""
    top = argparse.ArgumentParser(prog="python -m aicrypto.crawl", description=__doc__)
    roles = top.add_subparsers(dest="role", required=True)
    router = roles.add_parser("router", help="the hub that nodes and validators connect to")
    router.add_argument("--host", default="127.0.0.1", help="address to listen on")
    router.add_argument("--port", type=int, default=0, help="port to listen on; 0 takes a free one")
    router.add_argument("--places", type=Path, help="JSON file {browser id: {ip, geo}}")
    router.add_argument("--certificate", type=Path, help="PEM file: serve wss:// instead of ws://")
    router.add_argument("--private-key", type=Path, help="PEM file of the certificate's key")
    node = roles.add_parser("node", help="fetches pages for the network, and is paid for it")
    node.add_argument("--allow-loopback", action="store_true", help="may ask this machine itself")
    node.add_argument("--plays", choices=sorted(CHEATS), help="cheat like this, for class")
    validator = roles.add_parser("validator", help="crawls a site through the network")
    validator.add_argument("site", help="address of the page to begin with")
    validator.add_argument("folder", type=Path, help="where archive, receipts and head go")
    validator.add_argument("--copies", type=int, default=3, help="nodes that fetch each page")
    validator.add_argument("--max-pages", type=int, default=1000)
    for client in (node, validator):
        client.add_argument("--router", action="append", required=True, help="ws:// or wss://")
        client.add_argument("--authorities", type=Path, help="PEM file of trusted certificates")
    for program in (router, node, validator):
        program.add_argument("--key", type=Path, required=True, help="key file, made if missing")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 in the end, 1 if a file or an address could not be used."""
    options = parser().parse_args(arguments)
    try:
        asyncio.run(_program(options))
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _program(options: argparse.Namespace) -> Coroutine[None, None, None]:
    seed = load_seed(options.key)
    if options.role == "router":
        tls = Tls(options.certificate, options.private_key)
        where = (options.host, options.port)
        return programs.run_router(seed, *where, _say, tls=tls, places=options.places)
    tls = Tls(authorities=options.authorities)
    if options.role == "node":
        behaviour = CHEATS[options.plays]() if options.plays else None
        limits = Limits(allow_loopback=options.allow_loopback)
        receipts = options.key.with_suffix(".receipts.jsonl")
        return programs.run_node(
            seed, options.router, receipts, _say, tls=tls, limits=limits, behaviour=behaviour
        )
    terms = Terms(copies=options.copies, min_votes=options.copies // 2 + 1)
    job = (options.site, options.folder)
    return programs.run_validator(
        seed, options.router, *job, _say, tls=tls, terms=terms, max_pages=options.max_pages
    )


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
