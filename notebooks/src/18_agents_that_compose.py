# %% [markdown]
# # 18 · Agents that compose
# *You will let four operators agree though one lies, let agents hire and pay each other, split an app's earnings among three makers, and see through a bought reputation — 75 minutes and exercises, any CPU, needs lessons 02 and 15.*

# %% [markdown]
# ## Why
# An agent that one person runs is as honest as that person. So agents are put together. **Olas** lets several *operators* run one agent, a *service*, and act only together; **MyShell** builds agents of other people's parts, which want to be paid; in a *marketplace* agents hire agents they have never met, by reputation (the standard **ERC-8004**).
#
# Each joint can break. Of those who write reviews in ERC-8004's registry on Ethereum, one study counts **73.5 %** as coordinated (arXiv 2606.26028). Below, 17 invented reviews lift the score of a useless agent from 20 to 81, and it gets the job.

# %% [markdown]
# ## Outcomes
# You can
# 1. say how many liars and how many silent operators a threshold bears, and why two thirds;
# 2. let four processes, one of which lies, agree on an answer, and check what they signed;
# 3. hire an agent on a marketplace, and split what an app earns to the last unit;
# 4. say what a bought reputation costs, and whom to ask instead.

# %% tags=["setup"]
import random
from collections import Counter
from pathlib import Path

from eth_abi import encode

from aicrypto import conform
from aicrypto.agents import myshell, olas
from aicrypto.agents.agency import Agency
from aicrypto.agents.myshell import economy
from aicrypto.agents.services import consensus, fsm, mech
from aicrypto.agents.services.fsm import answering, certificates, settlement
from aicrypto.classroom import rejects
from aicrypto.commit.hashes import keccak256, sha256
from aicrypto.evm import Chain, Reverted
from aicrypto.evm.signing import sign_digest, signer_of
from aicrypto.viz import explore
from aicrypto.viz.agents import draw_reviews, draw_rounds, draw_thresholds

NAMES = ("ann", "ben", "cleo", "dan")  # the operators; Dan is the liar

# %% [markdown]
# ## Build
# ### How many must agree
# n operators look up a price, and even honest ones may see different ones. Each tells the others. To an operator a value counts as agreed if at least k, the **threshold**, have told it so, itself included.
#
# **Predict:** n = 4, and one lies. What goes wrong with k = 2, what with k = 4?
#
# <details><summary>Answer</summary>With 2: Ann sees 7 and Ben 8. Dan tells Ann 7 and Ben 8, and each of them has two for its own. With 4, Dan stops everything by saying nothing.</details>
#
# Two groups of k share at least 2k − n operators (k + k seats, n people). If that is more than there are liars, an honest one sits in both, and no two values can be agreed on. Olas takes k = (2n + 1)/3, rounded up (3 of 4, 5 of 7), so n − k operators may be bad:


# %%
def needed(n: int) -> int:
    return -(-(2 * n + 1) // 3)  # rounded up


for n in range(1, 100):
    assert 2 * needed(n) - n > n - needed(n), f"{n} operators: two groups of k share only bad ones"

# %% [markdown]
# **Figure 1.** Left of the dotted line fewer liars make two truths, right of it fewer silent ones stop the service. (Up to half, two truths need no liar.)

# %%
explore(draw_thresholds, operators=(1, 16))

# %% [markdown]
# ### One history
# Operators must also see the same messages *in the same order*. They put them into **blocks**. Whoever's turn it is proposes a block. All send a **prevote** for what they were shown; who sees k equal prevotes sends a **precommit**; k equal precommits **decide**. (This is Tendermint's algorithm, arXiv 1807.04938.)
#
# Dan proposes. He shows different blocks to different operators, and tells each of them, in both votes, what it wants to hear.


# %%
def agreed(votes: list, k: int):
    value, count = Counter(votes).most_common(1)[0]
    return value if count >= k else None


def decide(shown: dict[str, str], k: int) -> dict:
    """What each honest operator decides; `shown` is what Dan showed it."""
    prevotes = list(shown.values())
    precommits = {me: agreed([shown[me], *prevotes], k) for me in shown}  # Dan first: he wins ties
    return {me: agreed([shown[me], *precommits.values()], k) for me in shown}


shown = {"ann": "A", "ben": "B", "cleo": "B"}
assert decide(shown, 2) == {"ann": "A", "ben": "B", "cleo": "B"}, "Dan fails with 2"
assert decide(shown, 3) == {"ann": None, "ben": "B", "cleo": "B"}, "Ann decides"
for case in range(8):  # whatever Dan shows to whom
    decided = decide(dict(zip(NAMES[:3], format(case, "03b"))), 3).values()
    assert len(set(decided) - {None}) <= 1, f"two histories: {decided}"

# %% [markdown]
# Ann gets the three signed precommits for B from the others, which prove the decision. Left out here: if *nobody* decides, it is the next one's turn, and whoever precommitted stays *locked* on its block, until it sees k prevotes for another. `aicrypto/agents/services/consensus/replica.py` has it all.
#
# ### A machine of rounds
# Blocks feed the same program on every operator's machine. It goes through **rounds**. In each, every operator sends one value, its **payload**, until an **event** ends the round. DONE: a value was agreed on. NO_MAJORITY: none can be any more.


# %%
class MyRound:
    def __init__(self, names: tuple):
        self.names, self.sent = names, {}

    def deliver(self, sender: str, value: str) -> None:
        if sender not in self.names or sender in self.sent:
            raise fsm.TransactionNotValidError(f"{sender} is a stranger, or has sent already")
        self.sent[sender] = value

    def event(self) -> str | None:
        most = max(Counter(self.sent.values()).values(), default=0)
        missing = len(self.names) - len(self.sent)
        if most >= needed(len(self.names)):
            return "DONE"
        return "NO_MAJORITY" if most + missing < needed(len(self.names)) else None


# %% [markdown]
# The same as the library's, whatever arrives:

# %%
rng = random.Random(18)
for _ in range(300):
    names = tuple("abcdefghij"[: rng.randrange(1, 10)])
    ours, theirs = MyRound(names), fsm.Round("collect_same_until_threshold", fsm.Members(names))
    for sender, value in zip(rng.sample(names, len(names)), rng.choices("xxxy", k=9)):
        ours.deliver(sender, value)
        theirs.deliver(fsm.Payload(sender, (value,)))
        assert ours.event() == theirs.end_block(), f"{ours.sent}"
        for bad in (sender, "zoe"):  # a second time, a stranger
            rejects(ours.deliver, bad, "x", raises=fsm.TransactionNotValidError)
            rejects(theirs.deliver, fsm.Payload(bad, ("x",)), raises=fsm.TransactionNotValidError)

# %% [markdown]
# An **app** is an *automaton*, given by its *transition function*: round, event → round. Ours answers a question; then one operator, the **keeper**, sends the signed result. Another keeper takes over if he is late (TIMEOUT) or sends rubbish (NEGATIVE).

# %%
PLAN = {
    "Answer": {"DONE": "Keeper", "NO_MAJORITY": "Unanswered"},
    "Keeper": {"DONE": "Send"},
    "Send": {"DONE": "Check", "TIMEOUT": "Keeper"},
    "Check": {"DONE": "Finished", "NEGATIVE": "Keeper"},
}
state = "Answer"
for event in ["DONE", "DONE", "TIMEOUT", "DONE", "DONE", "NEGATIVE", "DONE", "DONE", "DONE"]:
    state = PLAN[state][event]
assert state == "Finished", "the third keeper did not end it"

# %% [markdown]
# Who is the keeper? The first after a shuffle; if he fails, the next in that order. Its seed must come from where nobody can choose it: here from a **beacon**, a public source of random numbers.


# %%
def keeper_of(names: tuple, seed: str, failed: int = 0) -> str:
    order = sorted(names)
    random.Random(int(seed, 16) / (2**256 - 1)).shuffle(order)  # as deployed: a float as seed
    return order[failed]


seeds = [sha256(bytes([i])).hex() for i in range(100)]
after = lambda s: fsm.select_keeper(NAMES, [], s, keeper_of(NAMES, s))  # []: nobody is excluded
assert all(keeper_of(NAMES, s) == fsm.select_keeper(NAMES, [], s) for s in seeds), "first keeper"
assert all(keeper_of(NAMES, s, failed=1) == after(s) for s in seeds), "the next keeper"

# %% [markdown]
# ### What they sign
# The operators share an **account**, a contract which does what k of them sign. A **certificate** is their signatures, in the order of the signers' addresses, so that nobody counts twice. What is signed, the **digest**, names chain, account, its running number (*nonce*), and the call: used once, for that alone.

# %%
chain = Chain()
maker, mallory, eve = map(chain.account, ("maker", "mallory", "eve"))
people = {name: chain.account(name) for name in NAMES}
owners = [account.address for account in people.values()]


def certify(digest: bytes, names: tuple) -> list[bytes]:
    signed = {people[name].address: sign_digest(digest, people[name].private_key) for name in names}
    return [signed[address] for address in sorted(signed)]


def is_certificate(digest: bytes, signatures: list, k: int) -> bool:
    signers = [signer_of(digest, one) or "" for one in signatures]  # "": no signature
    return len(signers) >= k and set(signers) <= set(owners) and signers == sorted(set(signers))


def open_account(k: int):
    account = chain.deploy("OlasSafe", sender=maker)
    account.setup(owners, k, sender=maker)
    return account


# %%
safe = open_account(needed(4))
digest = safe.digest(mallory, 0, b"")
good = certify(digest, ("ann", "ben", "cleo"))
assert is_certificate(digest, good, 3), "three of four are not enough"
for bad in ([good[0]] * 3, good[::-1], [*good, sign_digest(digest, mallory.private_key)]):
    rejects(is_certificate, digest, bad, 3, because="one three times, in disorder, a stranger")

# %% [markdown]
# ### Hire it
# On the marketplace an agent for hire is a **mech**. It names a price; whoever asks pays in advance. Until a deadline only the mech asked may deliver, then any other; the mech then loses a point of *karma*, and its rescuer wins one. Nobody checks *what* is delivered. Our service registers as a mech, at 500 wei. It acts through its account, so three operators sign.


# %%
def act(account, data: bytes, signatures: list, value: int = 0) -> None:
    account.execute(market, value, data, signatures, sender=maker)


market = chain.deploy("MechMarketplace", 100, 10, 1000, sender=maker)  # fee: 100 of 10,000
NATIVE = keccak256(b"FixedPriceNative")  # paid in the chain's own money
listing = market.register.encode(500, NATIVE, maker)
act(safe, listing, certify(safe.digest(market, 0, listing), ("ann", "ben", "dan")))

# %% [markdown]
# The heart of our contract, shortened; rules and their order are the deployed ones:
# ```
# def deliver(id, rate):
#     if known.deliverer != nobody or rate > known.rate: return False
#     if known.mech != msg.sender:
#         if block.timestamp <= known.deadline: return False
#         karma[known.mech] -= 1      # asked, and did not come
#     karma[msg.sender] += 1
#     balances[msg.sender] += rate; balances[known.requester] += known.rate - rate
# ```
# One call may bring several deliveries, a *batch*.
#
# A request's **id** binds mech, requester, task, price and the requester's running number, and by EIP-712 (lesson 17) the *domain*: on which chain and marketplace it counts. Who asks often may sign ids instead; then the mech delivers and cashes in one call. The task is a file's hash, as in lesson 02 (the file lies in IPFS, a store that names files by hash).


# %%
def hashed(kinds: str, *values) -> bytes:
    return keccak256(encode(kinds.split(), values))


def request_id(mech_, requester, data: bytes, price: int, number: int) -> bytes:
    kind = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    version = hashed("string", "1.1.0")  # of an ABI string, as deployed; EIP-712: of 5 bytes
    name = keccak256(kind.encode()), keccak256(b"MechMarketplace"), version
    domain = hashed("bytes32 " * 3 + "uint256 address", *name, chain.chain_id, market.address)
    who = market.address, mech_.address, requester.address
    terms = keccak256(data), price, NATIVE, number
    content = hashed("address address address bytes32 uint256 bytes32 uint256", *who, *terms)
    return keccak256(b"\x19\x01", domain, content)


# %% [markdown]
# Eve's agent needs the prime factors of 1001. She pays 500 wei, and gives the mech 100 seconds.

# %%
task = {"prompt": "1001", "tool": "factor", "nonce": "1"}
data = olas.content_digest(mech.task_document(**task))
asked = market.request(data, 500, NATIVE, safe, 100, sender=eve, value=500)
assert asked == request_id(safe, eve, data, 500, 0), "the contract has another id"

# %% [markdown]
# ### Four processes, one liar
# Now each operator is a *process*, which talks to the others over sockets. Dan's every payload is "a lie", he votes for different blocks to different operators, and he forges payloads of others. After the answer (round 0) the operators agree on a seed: the hash of the beacon's number and the round's, 1. We search a beacon that makes Dan the first keeper, too.

# %%
seed_of = lambda beacon: sha256(beacon, (1).to_bytes(8, "big")).hex()
beacon = next(bytes([i]) for i in range(256) if keeper_of(NAMES, seed_of(bytes([i]))) == "dan")

# %% [markdown]
# **Predict:** what does he achieve?
#
# <details><summary>Answer</summary>Delay. His answer is one of four. As the keeper he sends "a lie", which is no certificate: three say NEGATIVE, and the next keeper sends the right one.</details>
#
# All operators know the task, the beacon, each other's addresses and the call that they are to sign; each has a key of its own, and runs `operate`.

# %%
call = {"chain": chain.chain_id, "account": safe.address, "nonce": safe.nonce()}
call |= {"marketplace": market.address, "request": asked.hex(), "rate": 500}
shared = {"task": task, "beacon": beacon.hex(), "signers": dict(zip(NAMES, owners)), "call": call}
jobs = {n: {"names": NAMES, "data": shared, "key": a.private_key.hex()} for n, a in people.items()}
outcomes = consensus.run_service(f"{answering.__name__}:operate", jobs, {"dan": "lying"})

# %% [markdown]
# **Figure 2.** The way through the rounds. At the first red mark three find that Dan's certificate is none; at the second, that none was sent before. (The deployed plan has a round for each, ours has `Check`.) Then the next keeper sends a good one.

# %%
result = outcomes["ann"]
assert {o.digest for o in outcomes.values()} == {result.digest}, "their states differ"
assert result.state == settlement.FINISHED and result.data["answer"] == "7 11 13", "a lie won"
way = [event for _, event in result.history]  # without a liar: six times DONE
assert len(way) == 10 and way.count("NEGATIVE") == 2, "Dan's certificate was not refused"
draw_rounds(result.history, f"A lying keeper costs {len(way) - 6} more rounds, and nothing else")

# %% [markdown]
# Anybody may bring the certificate to the chain. It is good for this delivery only, and once.

# %%
signatures = certificates.take_apart(bytes.fromhex(result.data["final"]))
deliver = lambda text: act(safe, answering.delivery(result.data, text), signatures)
rejects(deliver, "a lie", raises=Reverted, because="another answer was signed")
deliver("7 11 13")
print(f"{chain.gas_used:,} gas for a first delivery, signed by three of four")
rejects(deliver, "7 11 13", raises=Reverted, because="the account's running number is the next")
market.processPayment(safe, sender=maker)
assert market.getRequestStatus(asked) == 3 and chain.balance(safe) == 495, "not 500 less 1 %"

# %% [markdown]
# Agents hire *each other*: Eve's own agent counts words for 300 wei, and the service asks it. Here three operators sign by hand what the four processes would. Eve's agent is content with 250, so the service gets 50 back.

# %%
market.register(300, NATIVE, eve, sender=eve)
terms = olas.content_digest(mech.task_document("7 11 13", "words", "2")), 300, NATIVE, eve, 100
order = market.request.encode(*terms)
act(safe, order, certify(safe.digest(market, 300, order), NAMES[:3]), value=300)
asked = request_id(eve, safe, terms[0], 300, 0)
assert market.deliverMarketplace([asked], [250], [b"3"], sender=eve) == (True,), "refused"
market.processPayment(eve, sender=eve)
held = market.mapRequesterBalances(safe) + chain.balance(safe) + market.collectedFees()
assert held + 250 - 3 == 500, "a wei of Eve's is missing (250 to her, less a fee of 3)"

# %% [markdown]
# ### An app of three makers' parts
# In **MyShell** an app is an automaton, too: states, whose *tasks* call parts by name. Anybody publishes parts. What their makers get is not published, so this **policy is ours**: each part has a rate in hundredths of a percent (*basis points*) of what a use costs, and the app's creator gets the rest.


# %%
def split(points: int, used: tuple, rates: dict[str, int]) -> dict[str, int]:
    shares = {f"maker of {part}": points * rates[part] // 10_000 for part in used}
    return {**shares, "creator": points - sum(shares.values())}


programs = {
    "Factor": lambda given: {"out": answering.factor(given["n"])},
    "Count": lambda given: {"out": len(given["text"].split())},
    "Judge": lambda given: {"out": given["n"] == 1},
}
parts = {name: myshell.Part(name, f"maker of {name}", run) for name, run in programs.items()}
step = lambda part, **inputs: {"type": "task", "widget_class_name": part, "inputs": inputs}

# %%
tasks = {
    "factors": step("Factor", n="{{number}}"),
    "many": step("Count", text="{{factors.out}}"),
    "verdict": step("Judge", n="{{many.out}}"),
}

# %% [markdown]
# `{{many.out}}` is replaced by what the task `many` has put out. `IM` and `CHAT` are ShellAgent's names for the user's message, as an input and as an event; `render` is what the user sees. The first state asks, the second runs the tasks:

# %%
inputs = {"number": {"type": "text", "source": "IM", "user_input": True}}
said, after = {"text": "{{factors.out}}, prime: {{verdict.out}}"}, {"CHAT": "answer"}
answer = {"inputs": inputs, "blocks": tasks, "render": said, "transitions": after}
states = {"hello": {"render": {"text": "a number?"}, "transitions": after}, "answer": answer}
document = {"type": "automata", "initial": "hello", "blocks": states}
rates = {"Factor": 1500, "Count": 500, "Judge": 333}
app = economy.publish(document, parts, economy.Policy("creator", rates))
run = app.use("eve", 1001)  # points
run.take(run.session.start())
turn = run.take(run.session.say("97"))
assert turn.render["text"] == "97, prime: True", "97 is not shown as prime"

# %% [markdown]
# **Predict:** 1001 points, rates of 15 %, 5 % and 3.33 %. Who gets the fractions?
#
# <details><summary>Answer</summary>The creator: the makers' shares are rounded down to 150, 50 and 33, and 768 are left.</details>

# %%
shares = app.settle(run)
assert shares == split(1001, turn.used, rates) and sum(shares.values()) == 1001, "points lost"
print(shares)

# %% [markdown]
# ## Check yourself
# 1. Seven operators. What is the threshold, and how many may be bad? <details><summary>Answer</summary>5, and 2.</details>
# 2. Two of four operators are silent. What is the answer? <details><summary>Answer</summary>There is none, as three are needed. A wrong one would be worse.</details>
# 3. A thief copies Ann's, Ben's and Cleo's signatures from a transaction. What can he do? <details><summary>Answer</summary>Nothing new: they are for one call, with one running number, by one account. At most he carries out that very call.</details>
# 4. Why must the id of a request name the mech? <details><summary>Answer</summary>If a signed id named no mech, any other could cash it first.</details>
# 5. A mech asks for more than its price. What happens? <details><summary>Answer</summary>The delivery does not count (<code>False</code>), and the rest of its batch goes on.</details>

# %% [markdown]
# ## See
# **Figure 3.** Mallory's agent deserves 20 of 100, and is hired above the dotted line. Move the number of honest reviews: against many, invented ones do less. If only payers are asked, they do nothing (green), until they pay as well (dashed, on the red line): *Break it* shows for how little.

# %%
explore(draw_reviews, honest=(1, 40))

# %% [markdown]
# ## Break it
# ### Two truths
# An account needs only 2 of 4 signatures. As in `decide(shown, 2)` Dan lets Ann and Ben decide on different blocks: by hers Mallory's first purse is to be paid, by his the second. Each signs what it has decided, with the account's next running number, and Dan signs both.


# %%
def rob(account) -> int:
    chain.mint(account, 1000)
    for purse, honest in (("purse-1", "ann"), ("purse-2", "ben")):
        payee = chain.account(purse, funds_wei=0)
        signed = certify(account.digest(payee, 500, b""), (honest, "dan"))
        account.execute(payee, 500, b"", signed, sender=mallory)
    return 1000 - chain.balance(account)


print(f"Mallory gets {rob(open_account(2))} of 1,000 wei; no honest operator signed twice")
rejects(rob, open_account(3), raises=Reverted, because="a second honest signature is missing")

# %% [markdown]
# ### A keeper for ever
# Suppose Dan may propose the seed for the shuffle. A keeper sees a transaction before others do and can hold it back, so the place is worth money.

# %%
tries = (sha256(i.to_bytes(4, "big")).hex() for i in range(1000))
chosen = [seed for seed in tries if keeper_of(NAMES, seed) == "dan"]
fair = sum(keeper_of(NAMES, seed) == "dan" for seed in seeds)
assert len(chosen) >= 100 and fair < 50, "he has too few seeds, or the beacon is his"
print(f"{len(chosen)} of 1,000 seeds suit Dan, enough for 100 rounds; of the beacon's 100, {fair}")

# %% [markdown]
# In the deployed app the seed is agreed on in a round of its own (that the operators take it from a beacon is ours). So with the four processes: Dan's seed was one of four.

# %%
assert result.data["randomness"] == seed_of(beacon), "Dan chose the seed"

# %% [markdown]
# ### A bought reputation
# Mallory's agent answers "42" to everything. Five clients have paid it and say 20 of 100. Eve's program hires the best-reviewed of two agents; the other has 80. In ERC-8004 whoever asks names the reviewers to be believed. Eve names *all* that there are.

# %%
agency = Agency.deploy(chain, maker)
reviews, agent = agency.reputation, agency.register(mallory)[0]
score = lambda clients: reviews.getSummary(agent, clients, "", "")[1]  # count, average, decimals
market.register(500, NATIVE, mallory, sender=mallory)


def hire_mallory(client, wei: int = 500) -> None:
    asked = market.request(data, wei, NATIVE, mallory, 100, sender=client, value=wei)
    market.deliverMarketplace([asked], [wei], [b"42"], sender=mallory)


for i in range(5):
    hire_mallory(client := chain.account(f"client-{i}"))
    reviews.giveFeedback(agent, 20, 0, "", "", sender=client)
assert score(reviews.getClients(agent)) == 20 < 80, "Eve hires the other one"

# %% [markdown]
# **Predict:** how many invented clients that say 100 lift 20 above 80? <details><summary>Answer</summary>100 + 100f over 5 + f is at least 81 from f = 17 on.</details>

# %%
for i in range(17):
    reviews.giveFeedback(agent, 100, 0, "", "", sender=chain.account(f"fake-{i}"))
assert score(reviews.getClients(agent)) == (5 * 20 + 17 * 100) // (5 + 17) == 81, "not hired"
hire_mallory(eve)
print("Mallory earns 500 wei for", market.events("Deliver")[-1].arguments["data"])

# %% [markdown]
# Cure: believe only who has paid. The marketplace knows them.

# %%
sales = lambda: [event.arguments for event in market.events("Deliver")]
payers = lambda: list({s["requester"] for s in sales() if s["mech"] == mallory.address})
assert score(payers()) == 20, "inventions count"

# %% [markdown]
# Each once, because the deployed registry counts a client named *twice* twice. One invented client who pays once is enough if Mallory supplies the list, and *she* sets the price, now 1 wei:

# %%
market.register(1, NATIVE, mallory, sender=mallory)
hire_mallory(friend := chain.account("fake-0"), wei=1)
supplied = [*payers(), *[friend.address] * 20]
assert score(supplied) == 84 > 80, "20 times the same friend did not help"
assert score(list(dict.fromkeys(supplied))) == 33, "each once, and still hired"

# %% [markdown]
# And if all 17 pay? Their money comes back to Mallory, less our marketplace's one percent. At 500 wei a job that would be 85 wei in all; at 1 wei it is 1, the sum's fee rounded up:

# %%
for i in range(1, 17):
    hire_mallory(chain.account(f"fake-{i}"), wei=1)
assert score(payers()) == 81 > 80, "not hired again"
print("81 again, for", mech.split_payment(17, 100)[1], "wei")

# %% [markdown]
# So let a review weigh what its client has *lost* (exercise 3). The five honest ones have lost 25 wei, so Mallory must lose 26, whatever price she sets: more than 1, but less than 85. If honest clients have lost little, scores stay cheap.

# %% [markdown]
# ## Real system
# `olas.fsm` was computed by Open Autonomy's own round classes, the other `olas.*` by the contracts of marketplace, registries, staking and tokenomics (with some stand-ins; only the marketplace is in this lesson), `erc8004.reputation` by ERC-8004's contracts, `myshell.automata` by ShellAgent.

# %% tags=["nbval-check-output"]
olas_names = ["fsm", "mech", "units", "registry", "staking", "tokenomics"]
for name in (*(f"olas.{n}" for n in olas_names), "myshell.automata", "erc8004.reputation"):
    report = conform.run(conform.load(Path(f"../tests/vectors/{name}.json")))
    assert report.ok, f"{name}: {report.failures[:1]}"
    print(report)
plan = fsm.write_specification(settlement.SETTLEMENT).encode()
assert sha256(plan).hex()[:16] == "ca45d5ed7857125e", "another plan than open-autonomy@0579e30e"

# %% [markdown]
# The last line is about the *settlement app*, the 13 rounds in which Olas services send a transaction: our plan is byte for byte the `fsm_specification.yaml` of `transaction_settlement_abci`. Gas is measured by `python -m aicrypto bench agents`.
#
# | |here |deployed |
# |-|-|-|
# |agreement on blocks |Tendermint's algorithm, `replica.py` |not run here |
# |signature in the round that collects them |checked where it arrives |the round class takes any value |
# |timeout of a round |30 s |30 s |
# |account of the operators |`OlasSafe.vy`, the idea only |a Safe, the usual shared account; read, not run |
# |mech |any address that registers |a contract; a stand-in in the suite |
# |source of the seed |a beacon's number, hashed with the round's |a round Randomness |
# |a usual delivery by one mech, by three of four operators |91,000 gas, 128,000 |not measured |
# |a client named twice |counts twice in the contract, once in `paid_clients` |counts twice |
# |creator's royalties |our policy |not published |

# %% [markdown]
# ## Exercises
# Replace `raise NotImplementedError`, run the checks. Worked notebooks: `./course solutions`.
#
# ### ★ A vote (10 min)
# n operators vote True, False or None (abstain); `votes` has those that have arrived. Write `outcome(votes, n)`: DONE, NEGATIVE or NONE if a threshold of (2n + 1)/3, rounded up, says True, False or None; NO_MAJORITY if none of the three can reach it any more; otherwise `None`.
#
# <details><summary>Hint</summary>Only the most frequent vote matters: can the missing ones lift it to the threshold?</details>


# %% exercise="ex18_1"
def outcome(votes: list, n: int) -> str | None:
    """The event of a voting round. About 7 lines."""
    ### BEGIN SOLUTION
    k = -(-(2 * n + 1) // 3)
    names = {True: "DONE", False: "NEGATIVE", None: "NONE"}
    for vote, name in names.items():
        if votes.count(vote) >= k:
            return name
    most = max((votes.count(vote) for vote in names), default=0)
    return "NO_MAJORITY" if most + n - len(votes) < k else None
    ### END SOLUTION


# %% test="ex18_1_votes" points=2
cases = {(True,) * 3: "DONE", (None,) * 3: "NONE", (False, None, False, False): "NEGATIVE"}
for votes, meant in {**cases, (True, False): None, (True, False, None): "NO_MAJORITY"}.items():
    got = outcome(list(votes), 4)
    assert type(got) is type(meant) and got == meant, f"{votes} of four: {meant}"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(181)
for _ in range(300):
    _n = _rng.randrange(1, 12)
    _names = tuple(map(str, range(_n)))
    _round, _votes = fsm.Round("voting", fsm.Members(_names)), []
    for _name in _names:
        _votes.append(_rng.choice([True, True, True, False, None]))
        _round.deliver(fsm.Payload(_name, (_votes[-1],)))
        _got, _want = outcome(list(_votes), _n), _round.end_block()
        assert type(_got) is type(_want) and _got == _want, f"{_votes} of {_n}: as the library"
### END HIDDEN TESTS

# %% [markdown]
# ### ★★ A plan without traps (30 min)
# In a plan every round may have a way out, and yet some lead in a circle for ever. Write `traps(plan, finals)`: the rounds, sorted, from which no final round can be reached, whatever happens. `plan` maps rounds to their transitions, {event: next round}. A round that is only a target has no way out: a trap, unless it is final. Final rounds are no traps.
#
# <details><summary>Hint 1</summary>Turn the question round: from which rounds can a final one be reached? Start with the finals.</details>
# <details><summary>Hint 2</summary>Add every round with a transition into the set, until nothing changes.</details>


# %% exercise="ex18_2"
def traps(plan: dict, finals: set) -> list[str]:
    """Rounds that never end. About 8 lines."""
    ### BEGIN SOLUTION
    saved, before = set(finals), None
    while saved != before:
        before = set(saved)
        saved |= {state for state, ways in plan.items() if saved & set(ways.values())}
    targets = {target for ways in plan.values() for target in ways.values()}
    return sorted((set(plan) | targets) - saved)
    ### END SOLUTION


# %% test="ex18_2_traps" points=3
plan = {"A": {"x": "B", "y": "End"}, "B": {"x": "C"}, "C": {"y": "B"}, "D": {"x": "E"}}
got = traps(plan, {"End"})
assert type(got) is list and got == list("BCDE"), "B and C go round for ever; E is only a target"
plan["C"]["z"] = "A"
assert traps(plan, {"End"}) == ["D", "E"], "C has a way back to A, and A an end"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(182)
for _ in range(150):
    _n = _rng.randrange(2, 9)
    _all = [f"R{i}" for i in range(_n)]
    _some = _rng.sample(_all, _rng.randrange(1, _n + 1))
    _plan = {_s: {_e: _rng.choice(_all) for _e in "abc"[: _rng.randrange(4)]} for _s in _some}
    _finals = set(_rng.sample(_all, _rng.randrange(1, 3)))
    _bad = []
    for _state in sorted({t for ways in _plan.values() for t in ways.values()} | set(_plan)):
        _seen, _todo = {_state}, [_state]
        while _todo:
            _here = _todo.pop()
            _next = set(_plan.get(_here, {}).values()) - _seen
            _seen |= _next
            _todo += _next
        _bad += [] if _seen & _finals else [_state]
    _got = traps(dict(_plan), set(_finals))
    assert type(_got) is list and _got == _bad, "random plans"
_real = settlement.SETTLEMENT
assert traps(_real.transitions, set(_real.finals)) == [], "the deployed plan has none"
### END HIDDEN TESTS

# %% [markdown]
# ### ★★★ Reviews that cost (open)
# `reviews` maps clients to scores, `lost` maps clients to wei that they have lost for good (fees; missing: 0). Write
#
# * `worth(reviews, lost)`: the **weighted median**, the smallest score such that clients who said that or less hold at least half of all that the reviewers have lost; `None` if they have lost nothing;
# * `price(reviews, lost, wanted)`: the fewest wei that Mallory must lose with *one* review more, of score `wanted`, so that the worth is at least `wanted`.
#
# So a score costs about as much as the honest clients have lost together. (Open end: what does it cost to *keep up* a score, if old reviews fade?)
#
# <details><summary>Hint 1</summary>Sort by score and add up weights until twice the sum reaches the total. Stay with integers.</details>
# <details><summary>Hint 2</summary>The worth is at least <code>wanted</code> just if those who said less hold less than half. Her wei count in the total only.</details>


# %% exercise="ex18_3"
def worth(reviews: dict, lost: dict) -> int | None:
    """The score that half of the money supports. About 6 lines."""
    ### BEGIN SOLUTION
    pairs = sorted((score, lost.get(client, 0)) for client, score in reviews.items())
    total, seen = sum(weight for _, weight in pairs), 0
    if total == 0:
        return None
    sums = ((score, seen := seen + weight) for score, weight in pairs)
    return next(score for score, so_far in sums if 2 * so_far >= total)
    ### END SOLUTION


def price(reviews: dict, lost: dict, wanted: int) -> int:
    """What lifting the worth to `wanted` costs. About 3 lines."""
    ### BEGIN SOLUTION
    total = sum(lost.get(client, 0) for client in reviews)
    below = sum(lost.get(client, 0) for client, score in reviews.items() if score < wanted)
    return max(0, 2 * below - total + 1)
    ### END SOLUTION


# %% test="ex18_3_worth" points=2
honest, fakes = {"a": 20, "b": 25, "c": 15}, {f"fake-{i}": 100 for i in range(50)}
paid = dict.fromkeys(honest, 5)
got = worth({**honest, **fakes}, paid)
assert type(got) is int and got == 20, "who has lost nothing says nothing"
assert worth({**honest, **fakes}, {**paid, "fake-1": 14}) == 25, "14 wei are less than 15"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(183)
for _ in range(200):
    _who = [f"c{i}" for i in range(_rng.randrange(1, 9))]
    _said = {c: _rng.randrange(101) for c in _who}
    _gone = {c: _rng.choice([0, 1, 2, 5, 9]) for c in [*_who, "else"] if _rng.random() < 0.8}
    _row = sorted(s for c, s in _said.items() for _ in range(_gone.get(c, 0)))
    _want = _row[(len(_row) - 1) // 2] if _row else None
    _got = worth(dict(_said), dict(_gone))
    assert type(_got) is type(_want) and _got == _want, "the median of all wei"
### END HIDDEN TESTS

# %% test="ex18_3_price" points=2
got = price(dict.fromkeys("abcde", 20), dict.fromkeys("abcde", 5), 81)
assert type(got) is int and got == 26, "a wei more than the five have lost"
assert price({"a": 20, "b": 25, "c": 15}, dict.fromkeys("abc", 5), 25) == 6, "b says 25 already"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(184)
for _ in range(100):
    _who = [f"c{i}" for i in range(_rng.randrange(6))]
    _said = {c: _rng.randrange(101) for c in _who}
    _gone, _wanted = {c: _rng.choice([0, 1, 2, 5]) for c in _who}, _rng.randrange(101)
    _cost = 0
    while True:
        _all = [(s, _gone[c]) for c, s in _said.items()] + [(_wanted, _cost)]
        _row = sorted(s for s, w in _all for _ in range(w))
        if _row and _row[(len(_row) - 1) // 2] >= _wanted:
            break
        _cost += 1
    _got = price(dict(_said), dict(_gone), _wanted)
    assert type(_got) is int and _got == _cost, "by trying all prices"
### END HIDDEN TESTS

# %% [markdown]
# ## Summary
# Three numbers to remember: **(2n + 1)/3**, rounded up, operators make one truth and still an answer; **196,110 gas** deliver a first answer that three of four have signed; **17 invented reviews** turn 20 into 81 for nothing, or for 1 wei where only payers are asked.
#
# What composes is what can be checked at the joint: a certificate, an id, a sum that is conserved, a payment. Lesson 19 joins the mechanisms of all lessons into one pipeline.

# %% [markdown]
# ## Further reading
# * Buchman, Kwon, Milosevic, *The latest gossip on BFT consensus*, arXiv 1807.04938: algorithm 1, beside `replica.py`.
# * valory-xyz/open-autonomy, `abstract_round_abci/base.py`: the round classes; `transaction_settlement_abci`: 13 rounds.
# * valory-xyz/ai-registry-mech, `MechMarketplace.sol`: `deliver` in full, beside `MechMarketplace.vy`.
# * erc-8004/erc-8004-contracts, issue 91: reviews that can be bought, and the study cited in *Why*.
