# %% [markdown]
# # 17 · An agent you can own
# *Raise an agent that has money, a memory and customers, let it pay and be paid by signature, sell it with all it has, and rob whoever trusts the wrong word — 75 minutes and exercises, any CPU, needs lessons 02 and 15.*

# %% [markdown]
# ## Why
# An **agent** is a program that acts for somebody. It cannot own anything: whoever has its keys has its money. Future Primitive's **ERC-6551** gives every NFT (lesson 15: a numbered token, here of a contract that we call its *collection*) an account *without a key*, which obeys whoever owns the NFT. That takes 72,721 gas, once. So make the agent an NFT: it earns and pays from its own account, and whoever buys it buys money, memory, customers and reputation with it.
#
# Unless the seller takes the money out one block before. Below, that leaves Alice with 11 ETH and Bob with an agent that has nothing. It needs no forgery, only a market that looks at the wrong thing.

# %% [markdown]
# ## Outcomes
# You can
# 1. compute the address of any NFT's account before it exists;
# 2. say who may act for an account, and how it signs without a key;
# 3. pay at a web address by signature (x402), and say what a stolen payment is worth;
# 4. sell an agent so that nobody is robbed, and say what goes along and what dies.

# %% tags=["setup"]
from pathlib import Path

import httpx
from eth_abi import encode

from aicrypto import conform
from aicrypto.agents import brain, payments
from aicrypto.agents.agency import Agency
from aicrypto.agents.memory import Memory
from aicrypto.agents.payments.web import serve
from aicrypto.classroom import rejects
from aicrypto.commit.hashes import keccak256, sha256
from aicrypto.commit.untrusted import parse_json
from aicrypto.evm import Chain, Reverted, compile_source
from aicrypto.evm.compiler import CONTRACTS
from aicrypto.evm.signing import sign_digest
from aicrypto.viz import explore
from aicrypto.viz.agents import draw_address, draw_circle, draw_powers

ETH, CENT = 10**18, 10_000  # wei; millionths of a dollar
REGISTRY = "0x000000006551c19487814612e58fe06813775758"  # on every chain
PROXY_START, PROXY_END = "363d3d373d3d3d363d73", "5af43d82803e903d91602b57fd5bf3"

# %% [markdown]
# ## Build
# ### An address without a key
# All accounts run one **program**, a contract. The account itself is a **proxy**: 45 bytes of code that hand every call on to the program at the address in their middle. Behind it stand four words of 32 bytes that name the NFT: salt (to have several accounts), chain, collection, number. 173 bytes, and no owner among them.
#
# Who creates it? A **registry**, by the instruction **CREATE2**. It puts a contract where a hash says: of the creator's address, the salt, and the code that makes the contract (10 bytes that return the rest, then the 173).


# %%
word = lambda number: number.to_bytes(32, "big")


def account_code(program: str, chain_id: int, collection: str, number: int, salt=bytes(32)):
    proxy = bytes.fromhex(PROXY_START + program[2:] + PROXY_END)
    return proxy + salt + word(chain_id) + word(int(collection, 16)) + word(number)


def create2(creator: str, salt: bytes, code_hash: bytes) -> str:
    return "0x" + keccak256(b"\xff" + bytes.fromhex(creator[2:]) + salt + code_hash)[12:].hex()


def account_address(*nft, salt=bytes(32)) -> str:
    creation = bytes.fromhex("3d60ad80600a3d3981f3") + account_code(*nft, salt=salt)
    return create2(REGISTRY, salt, keccak256(creation))


# %% [markdown]
# Bored Ape 0 on Ethereum (chain 1), with Future Primitive's program Tokenbound V3:

# %%
V3 = "0x55266d75d1a14e4572138116af39863ed6596e7f"
APES = "0xbc4ca0eda7647a8ab7c2061c2e118a18a936f13d"
ape = account_address(V3, 1, APES, 0)
assert ape == "0x4c0bd3dd48783d5389d9ed472de2b2d93db0e2a4", "its account, to the last digit"

# %% [markdown]
# **Predict:** the ape is sold. What of its account's address changes?
#
# <details><summary>Answer</summary>Nothing: the owner is not in it. That is why the money goes along.</details>
#
# **Figure 1.** What differs from ape 0's account is orange. One changed byte of code moves the address altogether.

# %%
explore(draw_address, number=(0, 300))

# %% [markdown]
# ### Paid before it is born
# On our chain the same registry stands at the same address: our contract, with the deployed one's interface. `Agency` deploys what else an agent needs. Its `identities` is a registry of agents as **ERC-8004** describes it: a collection in which every agent is an NFT, with a registration file, metadata and a *wallet* where it wants to be paid.
#
# **Predict:** can Dana send money to an agent's account before the agent exists?
#
# <details><summary>Answer</summary>Yes. An address is only a number, and she can compute it. The code comes later, exactly there.</details>

# %%
chain = Chain(timestamp=1_750_000_000)
alice, bob, carol, dana = map(chain.account, ("alice", "bob", "carol", "dana"))
registry = chain.deploy("AccountRegistry", sender=alice).placed_at(REGISTRY)
agency = Agency.deploy(chain, alice, registry=registry)
agents = agency.identities
nft = agency.implementation.address, chain.chain_id, agents.address, 0
chain.transfer(dana, account_address(*nft), 5 * ETH)  # nobody is there yet
scout, account = agency.register(alice, "ipfs://scout.json")  # a number, and its account
assert (scout, account.address) == (0, account_address(*nft)), "the first agent"
assert chain.state.account(account.address).code == account_code(*nft), "byte for byte"
assert chain.balance(account) == 5 * ETH, "paid before it was born"

# %% [markdown]
# ### Who may act
# The account asks the NFT for its owner at *every* call. The owner may also **permit** others. And it keeps a number, its **state**, that changes with all it is told: the new state is the hash of the old one and the call's bytes.


# %%
class MyAccount:
    def __init__(self, owner_of):
        self.owner_of, self.state, self.permitted = owner_of, 0, set()

    def may_act(self, who: str) -> bool:
        return who == self.owner_of() or (self.owner_of(), who) in self.permitted

    def told(self, who: str, call: bytes) -> None:
        if not self.may_act(who):
            raise ValueError("NotAuthorized")
        packed = encode(["uint256", "bytes"], [self.state, call])
        self.state = int.from_bytes(keccak256(packed), "big")


# %%
mine = MyAccount(lambda: agents.ownerOf(scout))
payment = (dana, ETH, b"", 0)  # to whom, wei, data, kind of call (0: a plain one)
account.execute(*payment, sender=alice)
mine.told(alice.address, account.execute.encode(*payment))
assert mine.state == account.state() != 0, "the contract's state"
rejects(account.execute, *payment, sender=carol, raises=Reverted, because="not hers")
account.setPermissions([carol], [True], sender=alice)
mine.permitted.add((alice.address, carol.address))
account.execute(*payment, sender=carol)
assert mine.may_act(carol.address) and chain.balance(account) == 3 * ETH

# %% [markdown]
# How does an account *sign*, without a key? **ERC-1271**: whoever doubts a signature asks the account `isValidSignature`. It recovers who signed, and says yes if that person may act *now*.
#
# **Predict:** Alice signs a note in Scout's name, then sells Scout. What is the note worth?
#
# <details><summary>Answer</summary>Nothing. The signature is as good as before, but the account no longer stands by it. Nobody had to revoke anything.</details>


# %%
def signs(who) -> bool:
    note = keccak256(b"Scout owes Dana a favour")
    return any(account.isValidSignature(note, sign_digest(note, who.private_key)))


assert signs(alice) and signs(carol) and not signs(bob), "the owner, and whom she permits"

# %% [markdown]
# ### A brain and a memory
# Scout answers questions about prices. Its **brain** chooses a *tool* and puts what the tool says into words. Here both are rules, and every record says so; where their weights are installed, small language models do it (`brain.brain_here`; lesson 18).
#
# Its **memory** is a list of such records. Alice keeps them where she likes; on the chain stands one hash, the **head**: of the head before, and the new record. (`aicrypto.agents.memory` also encrypts them for the owner, and again for the next one.)

# %%
prices = {"TAO": 412, "ETH": 3050}
known = {"coin": "string"}, ("what does it cost",), r"(?P<coin>\b[A-Z]{3}\b)"
price = brain.Tool("price", "say what a coin costs", lambda coin: prices[coin], *known)
mind = brain.Brain(brain.Router((price,), brain.HashedWords()), brain.RuleVoice())
act = mind.act("What does TAO cost?")
assert brain.check(mind, act), "anybody with this brain gets the same record"
print(act.said.text, "--", act.voice)


# %%
def head_of(acts: list) -> bytes:
    head = bytes(32)
    for act in acts:
        head = sha256(b"aicrypto.memory.v1", head, sha256(act.to_bytes()))
    return head


acts = [act, mind.act("What does ETH cost?")]
memory, swapped = Memory(tuple(acts)), Memory(tuple(acts[::-1]))
assert head_of(acts) == memory.head, "the library's"
agents.setMetadata(scout, "memory", memory.head, sender=alice)
rejects(Memory.from_bytes, swapped.to_bytes(), memory.head, raises=ValueError, because="swapped")

# %% [markdown]
# ### Pay at a door
# Dana sells fresh prices, for 10 cents a look. HTTP reserves a status for that: **402 Payment Required**. In **x402** the refusal names the price in a header (base64 of JSON), and the client comes back with a signed payment. Amounts are text, in the smallest unit.

# %%
usdc = chain.deploy("PaymentToken", "USDC", 10**6 * CENT, sender=bob)  # all dollars are Bob's
usdc.transfer(account, 1000 * CENT, sender=bob)


def terms_of(payee: str) -> dict:
    terms = {"scheme": "exact", "network": f"eip155:{chain.chain_id}", "amount": str(10 * CENT)}
    terms |= {"asset": usdc.address, "payTo": payee, "maxTimeoutSeconds": 60}
    return terms | {"extra": {"name": "USDC", "version": "2"}}


# %% [markdown]
# A **facilitator** carries the signature to the token's contract and pays the gas. It can neither change the payment nor keep it.

# %% tags=["nbval-check-output"]
token = payments.ChainToken(usdc, dana)  # she carries
facilitator = payments.Facilitator({usdc.address: token}, {account.address: "by its owner"})
fresh = b'{"TAO": 420, "ETH": 3100}'
door = payments.Paywall(terms_of(dana.address), facilitator, lambda body: fresh)
web, clock = httpx.Client(trust_env=False), lambda: chain.timestamp
with serve(door, clock) as url:
    reply = web.post(url)
assert reply.status_code == 402, "first the price"
asked = payments.decode_header(reply.headers["PAYMENT-REQUIRED"])
print(*asked["accepts"][0].items(), sep="\n")

# %% [markdown]
# What is signed? By **EIP-712**, a hash of the payment *and* of where it counts: token, chain. A struct's hash begins with the hash of its type, written as text. The payment says who pays whom how much, valid between which two seconds, and a **nonce**, 32 bytes that this payer never used.


# %%
DOMAIN = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
TRANSFER = "TransferWithAuthorization(address from,address to,uint256 value,"
TRANSFER += "uint256 validAfter,uint256 validBefore,bytes32 nonce)"


def hash_struct(kind: str, values: list) -> bytes:
    types = [field.split()[0] for field in kind[kind.index("(") + 1 : -1].split(",")]
    values = [keccak256(v.encode()) if t == "string" else v for t, v in zip(types, values)]
    types = ["bytes32" if t == "string" else t for t in types]
    return keccak256(encode(["bytes32", *types], [keccak256(kind.encode()), *values]))


def digest_of(terms: dict, paid: list) -> bytes:
    number = int(terms["network"].split(":")[1])
    place = [terms["extra"]["name"], terms["extra"]["version"], number, terms["asset"]]
    return keccak256(b"\x19\x01" + hash_struct(DOMAIN, place) + hash_struct(TRANSFER, paid))


# %%
def pay(asked: dict, payer, key: bytes, nonce: bytes) -> dict:
    terms, now = asked["accepts"][0], chain.timestamp
    paid = [payer.address, terms["payTo"], int(terms["amount"]), now - 1, now + 60, nonce]
    signature = sign_digest(digest_of(terms, paid), key)
    names = ["from", "to", "value", "validAfter", "validBefore"]
    written = {n: str(v) for n, v in zip(names, paid)} | {"nonce": "0x" + nonce.hex()}
    payload = {"signature": "0x" + signature.hex(), "authorization": written}
    letter = {"x402Version": 2, "resource": asked["resource"], "accepted": terms}
    return {"PAYMENT-SIGNATURE": payments.encode_header(letter | {"payload": payload})}


header = pay(asked, account, alice.private_key, bytes(32))
known = account.address, alice.private_key, chain.timestamp, bytes(32)
assert header == payments.pay(asked, *known), "the library's, bit for bit"

# %% [markdown]
# **Predict:** Mallory reads the header on its way. What can he buy with it?
#
# <details><summary>Answer</summary>If he is faster, one look at Dana's prices, at Scout's cost: the payment names Dana, so no other seller takes it. Once it is settled, nothing: the token keeps the nonce.</details>

# %%
with serve(door, clock) as url:
    reply, replay = (web.post(url, headers=header) for _ in range(2))
assert (reply.status_code, replay.status_code) == (200, 402), "the second time, it is refused"
assert usdc.balanceOf(dana) == 10 * CENT, "paid by Scout's account, once"
why = payments.decode_header(replay.headers["PAYMENT-REQUIRED"])["error"]
assert why == "invalid_exact_evm_nonce_already_used", "and the reason"
prices.update(parse_json(reply.content))  # Scout knows more now

# %% [markdown]
# ### Earn, and be reviewed
# Scout's own door costs 10 cents, too, and pays the *account*, not Alice. ERC-8004's reputation registry takes reviews from anybody but the agent's own people.

# %%
work = lambda body: mind.act(body.decode()).said.text.encode()
shop = payments.Paywall(terms_of(account.address), facilitator, work)


def ask(client, nonce: bytes) -> str:
    with serve(shop, clock) as url:
        price = payments.decode_header(web.post(url).headers["PAYMENT-REQUIRED"])
        paid = pay(price, client, client.private_key, nonce)
        return web.post(url, content=b"What does TAO cost?", headers=paid).text


assert ask(bob, bytes(32)) == "price answers: 420", "Bob is a customer"
agency.reputation.giveFeedback(scout, 95, 0, "quality", "", sender=bob)
rejects(agency.reputation.giveFeedback, scout, 100, 0, "", "", sender=alice, raises=Reverted)

# %% [markdown]
# ### The sale
# Alice offers Scout for 6 ETH. The market writes down the account's state, its balances (of a token too, if the offer names one), and the head of the memory. `buy` fails if *any* of it is worse. And Bob's payment names the **hash of the offer he has seen**, so that nobody puts another in its place.
#
# **Predict:** which of these go along with Scout, and which die? ETH · dollars · memory · reviews · Alice's commands · Carol's permission · Alice's signature · the wallet in the registry, Alice's until now.


# %%
def belongings() -> tuple:
    money = chain.balance(account) / ETH, usdc.balanceOf(account) / (100 * CENT)
    reviews = agency.reputation.getSummary(scout, [bob.address], "", "")  # count, mean, decimals
    return *money, agents.getMetadata(scout, "memory").hex()[:8], reviews


def powers() -> dict:
    acts = {f"{p.name} acts": any(account.isValidSigner(p, b"")) for p in (alice, bob, carol)}
    signed = {f"{p.name} signs": signs(p) for p in (alice, bob)}
    return acts | signed | {"a wallet": int(agents.getAgentWallet(scout), 16) > 0}


# %% tags=["nbval-check-output"]
held, could = belongings(), powers()
agency.offer(alice, scout, 6 * ETH, usdc)
seen = agency.offer_hash(scout)
assert head_of(acts) == agents.getMetadata(scout, "memory"), "Bob compares what he is handed"
agency.buy(bob, scout, 6 * ETH, seen)
assert belongings() == held, "all that Scout had, it has"
for name, can in powers().items():
    print(f"{name:12} {could[name]!s:5} -> {can}")
print("ETH, dollars, memory, reviews:", *held)
assert [n for n, can in powers().items() if can] == ["bob acts", "bob signs"], "Bob, and only Bob"

# %% [markdown]
# <details><summary>Answer</summary>What it <i>has</i> goes along, the first four. What people <i>may do</i> dies, the last four; the wallet too, as customers must not pay the seller.</details>
#
# Scout's door pays the account. So it earns on, for Bob:

# %%
before = usdc.balanceOf(account)
assert ask(dana, bytes(32)) == "price answers: 420", "the next customer"
assert usdc.balanceOf(account) == before + 10 * CENT, "pays Bob's agent"
assert mine.may_act(bob.address) and not mine.may_act(alice.address), "ours asks the NFT, too"
rejects(account.execute, *payment, sender=alice, raises=Reverted, because="sold")

# %% [markdown]
# ## Check yourself
# 1. Same NFT, another salt. What changes? <details><summary>Answer</summary>The address: it is a second account of the same NFT. A buyer must know all of them, as a market that looks at one does not promise the others.</details>
# 2. `isValidSigner(0x0)` says yes for an account whose NFT is on another chain. Why is that a trap? <details><summary>Answer</summary>The owner is unknown here, so "nobody" is equal to it. Whoever takes the zero address for a person has let everybody in.</details>
# 3. A payment is signed for `eip155:84532`, a test network, with the same token address. Does it pay on Ethereum? <details><summary>Answer</summary>No: the chain is in the signed hash, so another signer is recovered.</details>
# 4. Why must Dana compare what the client `accepted` with her own price? <details><summary>Answer</summary>A facilitator compares only scheme and network of it. Otherwise the client would write the price.</details>

# %% [markdown]
# ## See
# **Predict:** permissions are kept *by owner*, in `MyAccount` as in the deployed accounts. Alice permits Carol, sells Scout, and buys it back. What may Carol do?
#
# <details><summary>Answer</summary>Act. The entry under Alice's name is still there.</details>
#
# **Figure 2.** Alice sells at hour `sold`, and buys back `away` hours later (0: never). *for good* is a better rule; below.

# %%
explore(draw_powers, sold=(1, 20), away=(0, 16), for_good=False)

# %% [markdown]
# ## Break it
# ### Emptied before the sale
# The heart of `AgentMarket.vy`, shortened:
# ```
# def buy(collection, tokenId, seen):
#     assert keccak256(abi_encode(offered)) == seen, "another offer"
#     assert msg.value == offered.price, "not the price"
#     assert Account(offered.account).state() == offered.state, "account has acted"
#     assert offered.account.balance >= offered.balance, "account holds less"
# ```
# A careless market compares with 0 in the last two lines. Alice watches for Bob's payment, and lets the account pay *her* first.


# %%
def weaken(contract: str, *lines) -> object:
    text = (CONTRACTS / f"{contract}.vy").read_text()
    for old, new in lines:
        assert text.count(old) == 1, "the line that we change"
        text = text.replace(old, new)
    return compile_source(text)


careless = weaken("AgentMarket", ("== offered.state,", ">= 0,"), (">= offered.balance,", ">= 0,"))


# %%
def emptied(market) -> tuple:
    new = Agency.deploy(chain, alice, market=market, registry=registry)
    agent, purse = new.register(alice)
    chain.transfer(dana, purse, 5 * ETH)
    new.offer(alice, agent, 6 * ETH)
    seen = new.offer_hash(agent)
    purse.execute(alice, 5 * ETH, b"", 0, sender=alice)  # a block before Bob's payment
    return new, (bob, agent, 6 * ETH, seen)


# %% [markdown]
# **Predict:** the account held 5 ETH, the price is 6. What has Alice in hand afterwards, by selling as offered, and by emptying first?
#
# <details><summary>Answer</summary>6 ETH, or 11. Bob's agent has nothing.</details>

# %%
before = chain.balance(alice)
new, terms = emptied(careless)
new.buy(*terms)
purse = new.open_account(0, bob)
print(f"Alice gains {(chain.balance(alice) - before) // ETH} ETH, Bob {chain.balance(purse)}")
assert chain.balance(alice) - before == 11 * ETH and purse.owner() == bob.address, "robbed"
new, terms = emptied("AgentMarket")
rejects(new.buy, *terms, raises=Reverted, because="account has acted")
new.offer(alice, 0, 6 * ETH)  # and again, empty
rejects(new.buy, *terms, raises=Reverted, because="another offer")

# %% [markdown]
# With the state in the offer the robbery is a sale that does not happen. (Where a market cannot do that, the seller can `lock` the account past the sale: it refuses to act for *anybody*. And the state does not tell all: exercise ★★★.)
#
# ### A permission that comes back
# So Alice buys Scout back a year later and has forgotten Carol. The account has not.


# %%
by_owner = "keccak256(abi_encode(path, above))", "convert(above, bytes32)"  # as deployed


def returned(program) -> object:
    new = Agency.deploy(chain, alice, account=program, registry=registry)
    agent, purse = new.register(alice)
    purse.setPermissions([carol], [True], sender=alice)
    new.identities.transferFrom(alice, bob, agent, sender=alice)
    rejects(purse.execute, carol, 0, b"", 0, sender=carol, raises=Reverted, because="sold")
    new.identities.transferFrom(bob, alice, agent, sender=bob)
    chain.transfer(alice, purse, 3 * ETH)
    return purse


before, theft = chain.balance(carol), (carol, 3 * ETH, b"", 0)
returned(weaken("AgentAccount", by_owner)).execute(*theft, sender=carol)
print("Carol gains", (chain.balance(carol) - before) / ETH, "ETH")
rejects(returned("AgentAccount").execute, *theft, sender=carol, raises=Reverted, because="dead")

# %% [markdown]
# Our account keeps permissions under a hash of the owner *and of how often the token has changed hands*, for every token above it. (It needs a collection that counts; with others it does as deployed.)
#
# ### A circle
# An agent's account may own agents. Alice gives Second to First's account, and still commands both. Then First to Second's account.
#
# **Predict:** who commands them now?
#
# <details><summary>Answer</summary>Nobody, ever. Each account asks its NFT's owner, and that is the other account.</details>

# %%
(first, one), (second, two) = agency.register(alice), agency.register(alice)
chain.transfer(alice, two, 4 * ETH)
agency.give(alice, second, one)
two.execute(alice, ETH, b"", 0, sender=alice)  # she owns what owns it
safe = agents.safeTransferFrom
rejects(safe, alice, two, first, sender=alice, raises=Reverted, because="the receiver looks up")
rejects(agency.give, alice, first, two, raises=ValueError, because="this one looks before")
agents.transferFrom(alice, two, first, sender=alice)  # the plain transfer asks nobody
rejects(two.execute, alice, ETH, b"", 0, sender=alice, raises=Reverted, because="nobody's")
print(chain.balance(two) / ETH, "ETH that nobody will ever move")

# %% [markdown]
# **Figure 3.** Three agents, each given to the next one's account. An arrow leads from the owner to what is owned.

# %%
explore(draw_circle, gifts=(0, 3))

# %% [markdown]
# ## Real system
# The registry's own address comes from CREATE2, too: from a factory that is on every chain, a salt searched for its zeros, and code of this hash:

# %%
salt = bytes.fromhex("0000000000000000000000000000000000000000fd8eb4e1dca713016c518e31")
code = bytes.fromhex("feeadc206aa128c940cfed856f55c2b49b21803ba09bb22c2a88fa13a0cc540d")
assert create2("0x4e59b44847b379578588920ca78fbf26c0b4956c", salt, code) == REGISTRY, "here"

# %% [markdown]
# `erc6551.account` was made by executing the deployed registry's byte code; `erc6551.behaviour` follows two reference accounts and Tokenbound V3 call by call; `x402.authorization` holds the specification's example and the facilitator's reasons in order; `erc8004.*` are histories of the three registries.

# %% tags=["nbval-check-output"]
names = "erc6551.account erc6551.behaviour eip712.digest x402.authorization"
for name in f"{names} erc8004.identity erc8004.reputation erc8004.validation".split():
    report = conform.run(conform.load(Path(f"../tests/vectors/{name}.json")))
    assert report.ok, f"{name}: {report.failures[:1]}"
    print(report)

# %% [markdown]
# Gas without the 21,000 and calldata of every transaction (`python -m aicrypto bench agents`); the rest are differences in kind.
#
# | |here |deployed |
# |-|-|-|
# |create an account |73,527 gas |72,721 |
# |ask again, it exists |1,512 gas |839 |
# |permission after a sale-back |dead |alive |
# |safe transfer into a circle |refused, 16 levels up |V3: refused for its own NFT only |
# |plain transfer into a circle |locks both |locks both |
# |a sale with the account's state |the market's rule |advice of the standard |

# %% [markdown]
# ## Exercises
# Replace `raise NotImplementedError`, run the checks. Worked notebooks: `./course solutions`.
#
# ### ★ Whose account is it? (10 min)
# Somebody shows you an account's code. Write `read_code(code)`: (program, chain id, collection, number), addresses as "0x" and 40 small digits. Raise `ValueError` unless there are 173 bytes, the proxy's two pieces are in their places (bytes 0 to 9 and 30 to 44), and the collection's word begins with 12 zero bytes.
#
# <details><summary>Hint</summary>The words for chain, collection and number begin at bytes 77, 109 and 141.</details>


# %% exercise="ex17_1"
def read_code(code: bytes) -> tuple:
    """(program, chain id, collection, number). About 5 lines."""
    ### BEGIN SOLUTION
    proxy = code[:10].hex(), code[30:45].hex(), code[109:121]
    if len(code) != 173 or proxy != (PROXY_START, PROXY_END, bytes(12)):
        raise ValueError("no account's code")
    number = lambda at: int.from_bytes(code[at : at + 32], "big")
    return "0x" + code[10:30].hex(), number(77), "0x" + code[121:141].hex(), number(141)
    ### END SOLUTION


# %% test="ex17_1_reads" points=2
shown = PROXY_START + 20 * "ab" + PROXY_END + 32 * "00" + f"{5:064x}{0xCD:064x}{2**200:064x}"
got = read_code(bytes.fromhex(shown))
assert type(got) is tuple, "a tuple"
assert got == ("0x" + 20 * "ab", 5, "0x" + 38 * "0" + "cd", 2**200), "program, chain, collection"
### BEGIN HIDDEN TESTS
import random as _random

from aicrypto.evm import token_bound as _token_bound

_rng = _random.Random(171)
for _ in range(50):
    _a, _b = (f"0x{_rng.getrandbits(160):040x}" for _ in range(2))
    _made = _token_bound.TokenBound(_a, _rng.getrandbits(64), _b, _rng.getrandbits(256))
    _got = read_code(_made.deployed_code)
    assert type(_got) is tuple and type(_got[1]) is int and type(_got[3]) is int
    assert _got == (_made.implementation, _made.chain_id, _made.token_contract, _made.token_id)
### END HIDDEN TESTS

# %% test="ex17_1_refuses" points=1
good = bytes.fromhex(PROXY_START + 20 * "ab" + PROXY_END + 128 * "00")
assert type(read_code(good)) is tuple, "zeros will do"
for bad in (good[1:], good + b"\0", b"\1" + good[1:], good[:30] + b"\0" + good[31:], b""):
    rejects(read_code, bad, raises=ValueError, because="no account's code")
### BEGIN HIDDEN TESTS
for _i in (0, 9, 30, 44, 109, 120):
    _bad = good[:_i] + bytes([good[_i] ^ 1]) + good[_i + 1 :]
    rejects(read_code, _bad, raises=ValueError, because=f"byte {_i}")
for _i in (10, 29, 45, 76, 77, 121, 172):
    read_code(good[:_i] + b"\7" + good[_i + 1 :])
### END HIDDEN TESTS

# %% [markdown]
# ### ★★ Look before you give (30 min)
# `owners` maps each NFT's number to its owner's address, `accounts` the address of each account to its NFT's number. Write `closes_circle(owners, accounts, to, number)`: whether an account would own itself in the end if NFT `number` went to the address `to`. True also if `to` hangs on a circle that exists already. Accounts may be of NFTs that nobody minted.
#
# <details><summary>Hint 1</summary>Walk up: from <code>to</code> to the owner of its NFT, and so on, until somebody is no account.</details>
# <details><summary>Hint 2</summary>Remember where you have been: a walk that comes by twice never ends.</details>


# %% exercise="ex17_2"
def closes_circle(owners: dict, accounts: dict, to: str, number: int) -> bool:
    """Whether the gift would lock accounts for ever. About 8 lines."""
    ### BEGIN SOLUTION
    seen = set()
    while to in accounts and to not in seen:
        seen.add(to)
        if accounts[to] == number:
            return True
        to = owners.get(accounts[to])
    return to in seen
    ### END SOLUTION


# %% test="ex17_2_circle" points=3
owners, accounts = {1: "alice", 2: "a1", 3: "a2", 4: "a5", 5: "a4"}, {f"a{n}": n for n in range(7)}
given = {("a1", 1): True, ("a3", 1): True, ("a1", 4): False, ("bob", 1): False, ("a6", 1): False}
for (to, number), locks in (given | {("a4", 1): True}).items():
    got = closes_circle(owners, accounts, to, number)
    assert type(got) is bool and got == locks, f"NFT {number} to {to}"
### BEGIN HIDDEN TESTS
import random as _random

from aicrypto.agents import ownable as _ownable

_rng = _random.Random(172)
for _ in range(60):
    _world = _ownable.World(1, 0, "0x" + 40 * "a", {"v3": "0x" + 40 * "3"})
    _made = [_world.create_account("v3", _world.bind("v3", n, 1, bytes(32))) for n in range(7)]
    _all = {address: number for number, address in enumerate(_made)}
    for _n in range(6):
        _world.owners[_n] = _rng.choice([*_made, "0x" + 40 * "b", "0x" + 40 * "c"])
    _to, _n = _rng.choice(_made), _rng.randrange(6)
    _got = closes_circle(dict(_world.owners), _all, _to, _n)
    assert type(_got) is bool and _got == _ownable.closes_cycle(_world, _to, _n), "as the library"
### END HIDDEN TESTS

# %% [markdown]
# ### ★★★ Rob the right market (open)
# The market compares state and ETH, but this offer names no token. Write `rob(account, usdc, alice)`, which Alice runs between offer and purchase: all dollars of the account end up hers, and `account.state()` stays as it is. `usdc` is the contract of this lesson. (Open end: the offer can name *one* token. Which rule protects a buyer from every token, also from those he never heard of?)
#
# <details><summary>Hint 1</summary>Which payment of the account's left its state alone in this lesson?</details>
# <details><summary>Hint 2</summary><code>payments.Authorization(payer, payee, value, after, before, nonce)</code>; <code>payments.ChainToken(usdc, alice)</code> has <code>domain.sign(authorization, key)</code> and <code>settle(now, authorization, signature, {})</code>; the time is <code>usdc.chain.timestamp</code>.</details>


# %% exercise="ex17_3"
def rob(account, usdc, alice) -> None:
    """All dollars of the account to Alice, without an act of it. About 6 lines."""
    ### BEGIN SOLUTION
    now, token = usdc.chain.timestamp, payments.ChainToken(usdc, alice)
    ends = account.address, alice.address
    paid = payments.Authorization(*ends, usdc.balanceOf(account), now - 1, now + 60, bytes(32))
    token.settle(now, paid, token.domain.sign(paid, alice.private_key), {})
    ### END SOLUTION


# %% test="ex17_3_robs" points=3
stage = Chain()
alice, bob, carol = map(stage.account, ("alice", "bob", "carol"))
agency = Agency.deploy(stage, alice)
usdc = stage.deploy("PaymentToken", "USDC", 10**9, sender=carol)
agent, account = agency.register(alice)
usdc.transfer(account, 500 * CENT, sender=carol)
agency.offer(alice, agent, ETH)
rob(account, usdc, alice)
assert (usdc.balanceOf(alice), account.state()) == (500 * CENT, 0), "hers, and no word of it"
agency.buy(bob, agent, ETH, agency.offer_hash(agent))
assert account.owner() == bob.address, "sold, and empty"
### BEGIN HIDDEN TESTS
for _cents in (1, 777):
    _agent, _account = agency.register(alice)
    _token = stage.deploy("PaymentToken", f"USD{_cents}", 10**9, sender=carol)
    _token.transfer(_account, _cents, sender=carol)
    agency.offer(alice, _agent, ETH, _token)
    _seen = agency.offer_hash(_agent)
    rob(_account, _token, alice)
    assert _token.balanceOf(alice) == _cents and _account.state() == 0, "any token of this kind"
    rejects(agency.buy, bob, _agent, ETH, _seen, raises=Reverted, because="a promised token")
### END HIDDEN TESTS

# %% [markdown]
# ## Summary
# Three numbers to remember: an account is **173 bytes** of code, and none of them names its owner; creating it takes **72,721 gas**; a market that looks at the price alone leaves the seller with **11 ETH** and the buyer with none.
#
# What an account *has* goes along with the NFT; what people *may do* is asked anew at every call. A sale is safe when the buyer names what he has seen. Next, lesson 18 lets such agents work together.

# %% [markdown]
# ## Further reading
# * ERC-6551, *Non-fungible Token Bound Accounts*: "Fraud Prevention" and "Ownership Cycles". Beside `AgentMarket.vy`.
# * tokenbound/contracts, `AccountV3.sol` with `Permissioned.sol` and `Lockable.sol`: the deployed rules.
# * coinbase/x402, the exact scheme on EVM chains; ERC-3009 for what is signed.
# * ERC-8004, *Trustless Agents*: identity, reputation, validation.
# * erc6551/reference, issues 8 and 15: circles, and why no receiver can rule them out.
