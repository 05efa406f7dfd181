"""Router, nodes and validator as processes of their own, over TLS; kill -9 and continue."""

import asyncio
import datetime
import ipaddress
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from aicrypto.crawl.ledger import Ledger
from aicrypto.crawl.metering import Receipt
from aicrypto.crawl.network.files import ReceiptFile, load_places, load_receipts, load_seed
from aicrypto.crawl.network.programs import Tls, browser_id
from aicrypto.crawl.pages import Archive, Limits, Policy, WallClock, crawl, direct, site_of
from aicrypto.crawl.players import unwitnessed
from aicrypto.crawl.rows import canonical
from aicrypto.crawl.signing import TreeHead
from tests.crawl_web import N_PAGES, serve


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1, and its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "router")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    files = folder / "router.pem", folder / "router.key"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, *plain))
    return files


@contextmanager
def program(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    """A running program, ended with the block."""
    command = [sys.executable, "-m", "aicrypto.crawl", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        try:
            yield running
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(20)


def test_processes_over_tls_and_a_crawl_that_is_continued(tmp_path):
    pem, key = certificate(tmp_path)
    router = ("router", "--key", tmp_path / "r", "--certificate", pem, "--private-key", key)
    places = tmp_path / "places.json"
    seeds = [load_seed(tmp_path / f"n{i}") for i in range(3)]
    ids = [browser_id(seed) for seed in seeds]
    places.write_text(json.dumps({b: {"ip": f"10.0.{i}.1"} for i, b in enumerate(ids)}))
    folder = tmp_path / "crawl"
    with serve() as site, program(*router, "--places", places) as hub:
        url = hub.stdout.readline().split()[-1]
        assert url.startswith("wss://127.0.0.1:")
        connect = ("--router", url, "--authorities", pem)
        nodes = [
            program("node", *connect, "--key", tmp_path / f"n{i}", "--allow-loopback", *plays)
            for i, plays in enumerate([(), (), ("--plays", "poisoner")])
        ]
        with nodes[0] as first, nodes[1] as second, nodes[2] as cheat:
            for node in (first, second, cheat):
                assert node.stdout.readline().startswith("node ")
            command = ("validator", *connect, "--key", tmp_path / "v", f"{site}/", folder)
            with program(*command) as validator:
                assert validator.stdout.readline() == "5 pages so far\n"
                validator.kill()  # as the power would
            with program(*command) as validator:
                said = validator.stdout.read()
                assert validator.wait(60) == 0
            first.send_signal(signal.SIGTERM)
            assert "receipts for" in first.stdout.read()
        plain = asyncio.run(plain_crawl(f"{site}/", tmp_path / "plain"))
    assert f"{N_PAGES + 1} pages, root" in said
    with Archive(folder) as archive:
        assert [(s["session"], s["body_sha256"]) for s in archive.sessions()] == plain
    check_folder(folder)


async def plain_crawl(start, folder):
    """Sessions and hashes of the same crawl, not killed and without the network."""
    async with httpx.AsyncClient(trust_env=False) as client:
        fetch = direct(client, Limits(allow_loopback=True), WallClock())
        with Archive(folder) as archive:
            await crawl([start], fetch, archive, Policy(frozenset([site_of(start)])))
            return [(s["session"], s["body_sha256"]) for s in archive.sessions()]


def check_folder(folder):
    """Head, archive and receipts belong together; the poisoner has no receipt."""
    with Archive(folder) as archive:
        sessions = list(archive.sessions())
    given = json.loads((folder / "head.json").read_text())
    hexes = [bytes.fromhex(given[name]) for name in ("root", "validator", "signature")]
    head = TreeHead(given["size"], given["timestamp"], *hexes)
    assert head.is_signed()
    assert head.root == Ledger(canonical("session", record) for record in sessions).root()
    assert head.size == N_PAGES + 1
    lines = (folder / "receipts.jsonl").read_text().splitlines()
    receipts = [
        (bytes.fromhex(r["receipt"]), {p: bytes.fromhex(s) for p, s in r["signatures"].items()})
        for r in map(json.loads, lines)
    ]
    assert unwitnessed(sessions, receipts) == []
    assert len({Receipt.from_bytes(data).node for data, _ in receipts}) == 2


def test_a_router_without_the_right_certificate_is_not_believed(tmp_path):
    pem, key = certificate(tmp_path)
    with program(
        "router", "--key", tmp_path / "r", "--certificate", pem, "--private-key", key
    ) as hub:
        url = hub.stdout.readline().split()[-1]
        done = subprocess.run(
            [sys.executable, "-m", "aicrypto.crawl", "validator", "--router", url, "--key",
             str(tmp_path / "v"), "http://127.0.0.1:1/", str(tmp_path / "out")],
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
    assert done.returncode == 1
    assert "certificate verify failed" in done.stderr
    assert "Traceback" not in done.stderr


def test_key_files(tmp_path):
    seed = load_seed(tmp_path / "key")
    assert load_seed(tmp_path / "key") == seed
    assert (tmp_path / "key").stat().st_mode & 0o77 == 0
    (tmp_path / "bad").write_text("abc")
    with pytest.raises(ValueError, match="64 hex digits"):
        load_seed(tmp_path / "bad")


def test_places_files(tmp_path):
    assert load_places(None) == {}
    path = tmp_path / "places.json"
    for bad in ("[]", "{", '{"a": {"ipp": ""}}', '{"a": 3}'):
        path.write_text(bad)
        with pytest.raises(ValueError, match="places file"):
            load_places(path)


def test_receipt_files_survive_an_interruption(tmp_path):
    path = tmp_path / "receipts.jsonl"
    assert load_receipts(path) == []
    signed = b"receipt", {"node": b"signature"}
    book = ReceiptFile(path)
    book(*signed)
    book.close()
    path.write_text(path.read_text() + '{"receipt": "ab')
    assert load_receipts(path) == [signed]
    book = ReceiptFile(path)
    book(*signed)
    book.close()
    assert load_receipts(path) == [signed, signed]
    for damaged in ("x\n", "3\n", "{}\n"):
        path.write_text(damaged)
        with pytest.raises(ValueError, match="receipts file"):
            load_receipts(path)


def test_tls_is_optional(tmp_path):
    assert Tls().server() is None
    assert Tls().client("ws://a") is None
    with pytest.raises(OSError, match=r"."):
        Tls(tmp_path / "none.pem").server()
