"""Accounts of NFTs: what an address costs, what each act costs in gas, what a paid request takes.

Gas of the deployed registry is that of its byte code, executed in an EVM and without what every
transaction costs (21,000 and its calldata); of its second call also with the account's address
touched before in the same transaction. Ours are measured alike. The other gas figures are of whole
transactions.
"""

from collections.abc import Iterator
from itertools import count

from aicrypto.agents.agency import Agency
from aicrypto.agents.payments import Authorization, ChainToken, Domain, Facilitator, Paywall, Token
from aicrypto.agents.payments.web import buy, serve
from aicrypto.bench import Record, best_seconds
from aicrypto.evm import ETHER, Account, Chain, compile_contract
from aicrypto.evm.machine import TRANSACTION_GAS
from aicrypto.evm.token_bound import NO_SALT, TokenBound

DEPLOYED_CREATE_GAS, DEPLOYED_AGAIN_GAS = 72_721, 839
ZERO_BYTE_GAS, BYTE_GAS = 4, 16  # of calldata
N_ADDRESSES, N_REQUESTS = 500, 10
PRICE, START = 400, 1_750_000_000


def addresses() -> Iterator[Record]:
    """`agents.account_address_us`: one address from the NFT's description, nothing kept.

    The peer is the registry's own answer, in process.
    """
    agency = Agency.deploy(chain := Chain(), chain.account("alice"))
    collection, code = agency.identities.address, agency.implementation.address

    def ours() -> None:
        """By hashing."""
        for number in range(N_ADDRESSES):
            TokenBound(code, chain.chain_id, collection, number).address(agency.registry)

    def asked() -> None:
        """By a static call."""
        for number in range(N_ADDRESSES):
            agency.registry.account(code, NO_SALT, chain.chain_id, collection, number)

    ours_us, asked_us = (1e6 / N_ADDRESSES * best_seconds(run) for run in (ours, asked))
    yield Record("agents.account_address_us", ours_us, "µs", "asking the registry", asked_us)


def creation() -> Iterator[Record]:
    """`agents.create_account_gas`, `agents.create_again_gas`: beside the deployed registry's."""
    from pyrevm import EVM

    agency = Agency.deploy(chain := Chain(), alice := chain.account("alice"))
    bound = agency.bound(0)
    given = bound.implementation, NO_SALT, chain.chain_id, bound.token_contract, 0
    calldata = agency.registry.createAccount.encode(*given)
    data_gas = sum(BYTE_GAS if byte else ZERO_BYTE_GAS for byte in calldata)
    machine = EVM()  # one endless transaction: what was touched stays warm
    machine.set_balance(alice.address, ETHER)
    registry = machine.deploy(alice.address, compile_contract("AccountRegistry").bytecode)
    used = []
    for _ in range(2):
        machine.message_call(alice.address, registry, calldata)
        result = machine.result
        if result is None:
            raise RuntimeError("pyrevm reports no result after a message")
        used.append(result.gas_used - TRANSACTION_GAS - data_gas)
    peer = "the deployed registry"
    yield Record("agents.create_account_gas", used[0], "gas", peer, DEPLOYED_CREATE_GAS)
    yield Record("agents.create_again_gas", used[1], "gas", peer, DEPLOYED_AGAIN_GAS)


def acts() -> Iterator[Record]:
    """Gas of an agent's life: birth, a call, a payment, a review, offer and sale."""
    chain = Chain()
    alice, bob = chain.account("alice"), chain.account("bob")
    agency = Agency.deploy(chain, alice)
    agent, account = agency.register(alice, "ipfs://file")
    yield Record("agents.birth_gas", sum(r.gas_used for r in chain.receipts[-2:]), "gas")
    chain.mint(account, ETHER)
    account.execute(bob, 1, b"", 0, sender=alice)
    yield Record("agents.execute_gas", chain.gas_used, "gas")
    token = ChainToken(chain.deploy("PaymentToken", "USDC", 10 * PRICE, sender=alice), bob)
    token.contract.transfer(account, PRICE, sender=alice)
    _pay(token, account.address, alice, bob)
    yield Record("agents.payment_gas", chain.gas_used, "gas")
    agency.reputation.giveFeedback(agent, 90, 0, "quality", "", sender=bob)
    yield Record("agents.feedback_gas", chain.gas_used, "gas")
    agency.offer(alice, agent, ETHER)
    yield Record("agents.offer_gas", sum(r.gas_used for r in chain.receipts[-2:]), "gas")
    agency.buy(bob, agent, ETHER, agency.offer_hash(agent))
    yield Record("agents.sale_gas", chain.gas_used, "gas")


def requests() -> Iterator[Record]:
    """`agents.paid_request_ms`: 402, signature, settlement, 200 over HTTP on loopback.

    The peer is the same server's 402 alone: what the payment adds is the rest.
    """
    payer, payee = (Chain().account(name) for name in ("alice", "bob"))
    nonces = (n.to_bytes(32, "big") for n in count())
    domain = Domain("USDC", "2", 84532, "0x" + 40 * "3")
    facilitator = Facilitator({domain.token: Token(domain, {payer.address: 10**9})})
    offer = {
        "scheme": "exact",
        "network": "eip155:84532",
        "amount": str(PRICE),
        "asset": domain.token,
        "payTo": payee.address,
        "maxTimeoutSeconds": 60,
        "extra": {"name": domain.name, "version": domain.version},
    }
    with serve(Paywall(offer, facilitator, bytes.upper), lambda: START) as url:
        paid_s = best_seconds(lambda: _ask(url, payer, payer.private_key, nonces), 3)
        refused_s = best_seconds(lambda: _ask(url, payer, None, nonces), 3)
    paid_ms, refused_ms = (1e3 / N_REQUESTS * seconds for seconds in (paid_s, refused_s))
    yield Record("agents.paid_request_ms", paid_ms, "ms", "a 402 alone", refused_ms)


def _ask(url: str, payer: Account, key: bytes | None, nonces: Iterator[bytes]) -> None:
    """Some requests, paid where there is a key."""
    import httpx

    for _ in range(N_REQUESTS):
        if key is None:
            with httpx.Client(trust_env=False) as client:
                status = client.post(url, content=b"work").status_code
        else:
            given = (payer.address, key, START, next(nonces), PRICE)
            status = buy(url, b"work", *given).status
        if status != (402 if key is None else 200):
            raise RuntimeError(f"the server answers {status}")


def _pay(token: ChainToken, payer: str, owner: Account, payee: Account) -> None:
    """One payment of an account's, signed by its owner."""
    now = token.contract.chain.timestamp
    paid = Authorization(payer, payee.address, PRICE, now - 1, now + 60, bytes(32))
    token.settle(now, paid, token.domain.sign(paid, owner.private_key), {})
