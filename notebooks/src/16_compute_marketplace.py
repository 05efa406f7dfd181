# %% [markdown]
# # 16 · A compute marketplace
# *Post a job that any machine may take, let nodes compete without lying, buy as much trust as hangs on the answer, replay work that nobody does twice — 75 minutes and exercises, any CPU, needs lessons 02, 14 and 15.*

# %% [markdown]
# ## Why
# Lesson 15's oracle knows its models and servers. Often a contract wants *some* computation from *somebody*: a page read, a query answered, a model trained. Ritual's **Infernet** is a market for that. A **consumer** (a contract) orders, a **node** (any machine) delivers, a **verifier** (another contract) may judge, the **coordinator** (the market's contract) keeps the orders and moves the money. To request one answer costs 142,000 gas in these contracts' gas report; a node whose answer is judged may wait 604,800 seconds, a week, for its money. Beside it Ritual has designed **Resonance**, which matches jobs to nodes, and a chain for slow work.
#
# A market pays for *an* answer, and without rules it goes to whoever lies fastest. We build the money, the auction, the price of trust, and a chain for slow work, and rob each of them: the wallet, the market maker, the committee, the block.

# %% [markdown]
# ## Outcomes
# You can
# 1. bill an answer to the last wei, and say who holds the money when;
# 2. match jobs to nodes so that no node gains by a lie about its costs;
# 3. choose between proof, committee, sampling and objection by the value that hangs on an answer, and test whether a model was tuned on your data;
# 4. replay slow work without repeating it, and say what replay cannot see.

# %% tags=["setup"]
from collections import Counter
from itertools import product
from math import ceil, comb
from pathlib import Path
from random import Random

from aicrypto import conform, ritual
from aicrypto.classroom import rejects
from aicrypto.commit.hashes import keccak256
from aicrypto.evm import ETHER, Chain, Reverted
from aicrypto.ritual import NOBODY, Offer, routing
from aicrypto.ritual import chain as slow
from aicrypto.ritual.node import Container, Known, Output
from aicrypto.sql import Table
from aicrypto.sql.types import BIGINT
from aicrypto.viz import explore
from aicrypto.viz.market import draw_bids, draw_calls, draw_ways

FEE = 511  # of 10,000, on each side; as in the tests of Ritual's contracts

# %% [markdown]
# ## Build
# ### Where the money is
# An order names a *price* for each answer. At delivery the protocol takes a fee on each side: 2 × 5.11 % in the tests of Ritual's contracts, but its owner may change it. Without a verifier the rest goes to the node at once. With one, nothing moves yet: the rest is **locked** in the consumer's wallet, and *the whole price* in the node's own. Then both locks open. Valid: the node gets the rest. Invalid: the consumer gets what the node had locked. (A verifier may take a fee too; ours does not.)


# %%
def move(money: Counter, source: str, target: str, amount: int) -> None:
    if money[source] < amount:
        raise ValueError(f"{source} has too little")
    money[source] -= amount
    money[target] += amount


# %%
def deliver(money: Counter, price: int, is_judged: bool) -> None:
    fee = price * 2 * FEE // 10_000
    move(money, "buyer", "protocol", fee)
    move(money, "buyer", "buyer's lock" if is_judged else "node", price - fee)
    if is_judged:
        move(money, "node", "node's lock", price)


def decide(money: Counter, price: int, is_valid: bool) -> None:
    winner = "node" if is_valid else "buyer"
    move(money, "buyer's lock", winner, money["buyer's lock"])
    move(money, "node's lock", winner, price)


# %% [markdown]
# **Predict:** the price is 1 ETH. What does an honest node earn, and what does a liar lose?
#
# <details><summary>Answer</summary>0.8978 ETH, and a whole ETH. The buyer of a lie even gains: he paid fees of 0.1022, and receives 1.</details>

# %%
earned = {}
for case, is_valid in {"at once": None, "valid": True, "invalid": False}.items():
    money = Counter(buyer=2 * ETHER, node=2 * ETHER)
    deliver(money, ETHER, is_valid is not None)
    if is_valid is not None:
        decide(money, ETHER, is_valid)
    assert money.total() == 4 * ETHER, "no wei made or lost"
    earned[case] = money["node"] - 2 * ETHER
assert earned["at once"] == earned["valid"] == ETHER * 8978 // 10_000, "net of both fees"
assert earned["invalid"] == -ETHER, "the whole price"

# %% [markdown]
# ### The same on a chain
# A node runs **containers**: programs, here Python functions from bytes to bytes. An order names them by a hash, its *input* lies in the consumer's contract. (The contracts call it a *subscription*, for it may recur: time is cut into *intervals*, *frequency* says how many, *redundancy* how many nodes answer in each. Ours are for interval 1 alone.)
#
# In our `Hall` every member is a node with a purse that stands surety; its **courier** is its software at the market. `post` writes an order, with a consumer and a wallet (the *payer*) of its own. A verifier says what a *judge* decides.


# %%
def open_hall(*members: tuple, **terms) -> routing.Hall:
    chain = Chain(timestamp=1_700_000_000)
    owner, buyer, judge = map(chain.account, ("owner", "buyer", "judge"))
    market = ritual.deploy_market(chain, owner, FEE, **terms)
    hall = routing.Hall(market, buyer, judge)
    for name, *containers in members:
        hall.join(name, containers, 10 * ETHER)
    return hall


# %%
reverse = Container("reverse", lambda data: Output(data[::-1]), proves=True)
liar = Container("reverse", lambda data: Output(b"whatever"), proves=True)
hall = open_hall(("ada", reverse), ("mallory", liar))
job = routing.Job("reverse", b"stressed", value_wei=0, budget_wei=ETHER, deadline_s=60)
before = hall.purses_wei()
for name, is_valid in {"ada": True, "mallory": False}.items():
    post = hall.post(job, ETHER, [name], hall.verifier())
    delivery = hall.courier(name).serve(post.order)  # reads, computes, delivers
    assert (delivery.output.data == b"desserts") == is_valid, "one of them is lazy"
    post.verifier.decide(post.number, 1, hall.courier(name).account, is_valid, sender=hall.judge)
gain = {name: wei - before[name] for name, wei in hall.purses_wei().items()}
assert gain == {"ada": earned["valid"], "mallory": earned["invalid"]}, "our books, to the wei"

# %% [markdown]
# ### Nodes compete
# Each job has a *value* for its user, each node a *setup* cost if it works at all, a cost for each job, and a *capacity*. **Surplus** is the value of jobs done less all costs, and the best assignment has the most. In *Resonance* the values are encrypted, and **brokers** compete to find that assignment. We try every one.


# %%
def surplus(choice: tuple, values: dict, offers: dict) -> int:
    total = 0  # choice: for each job a node, or None
    for name in set(choice) - {None}:
        offer, mine = offers[name], [j for j, node in zip(values, choice) if node == name]
        if len(mine) > offer.capacity:
            return 0  # it cannot do so many
        total += sum(values[job] - offer.cost[job] for job in mine) - offer.setup
    return total


# %%
def best(values: dict, offers: dict) -> int:
    return max(surplus(c, values, offers) for c in product([None, *offers], repeat=len(values)))


# %% [markdown]
# What should a node be paid? If it is paid what it *claims*, it claims more than its cost. Instead (our choice, after Vickrey; Resonance's rule is in none of our sources) everybody keeps his **contribution**: the surplus, less what it would be without him.
#
# **Predict:** one job is worth 100. Node A costs 30, node B 60. What is A paid, and what does the user pay?
#
# <details><summary>Answer</summary>With both 70, without A 40: A keeps 30, so it is paid 60: what B would have cost. Without the user there is nothing, so he keeps all 70 and pays 30. The missing 30 comes from whoever runs the market, the *market maker*: truth has a price.</details>


# %%
def contributions(values: dict, offers: dict) -> tuple[dict, dict]:
    less = lambda everybody, one: {k: v for k, v in everybody.items() if k != one}
    whole = best(values, offers)
    users = {job: whole - best(less(values, job), offers) for job in values}
    return users, {name: whole - best(values, less(offers, name)) for name in offers}


two = {"A": Offer(0, 1, {"job": 30}), "B": Offer(0, 1, {"job": 60})}
assert contributions({"job": 100}, two) == ({"job": 70}, {"A": 30, "B": 0}), "as by hand"

# %% [markdown]
# Whatever A claims, it is paid 60 as long as it is taken; and the library agrees. But two friends can rob the market maker: B, who gets nothing anyway, claims 99, and A is paid 99.

# %%
for claim in range(101):
    users, nodes = contributions({"job": 100}, two | {"A": Offer(0, 1, {"job": claim})})
    assert nodes["A"] == max(0, 60 - claim), "claim and contribution together: 60"
friends = two | {"B": Offer(0, 1, {"job": 99})}
assert contributions({"job": 100}, friends)[1] == {"A": 69, "B": 0}, "not 30: they share 39"
rng = Random(16)
values = {f"job {i}": rng.randint(10, 60) for i in range(4)}
cost_of = lambda: {job: rng.randint(5, 40) for job in values}
offers = {name: Offer(rng.randint(0, 15), 2, cost_of()) for name in "ABC"}
found = ritual.prices(values, offers)
assert contributions(values, offers) == (found.user_utility, found.node_profit), "both alike"

# %% [markdown]
# **Figure 1.** What A keeps, over what it claims. Move its true *cost*, and the *rival*'s.

# %%
explore(draw_bids, cost=(5, 95, 5), rival=(5, 95, 5))

# %% [markdown]
# ### What trust costs
# **Value at risk** is what a false answer would bring whoever gives it. Four ways to trust an answer:
#
# |way |how |false if |
# |-|-|-|
# |proof |checked by the buyer, or by a contract at once |never |
# |optimistic |counts after a week, unless somebody objects and a referee agrees (lessons 13, 14) |nobody looks |
# |sampling |done again with some chance |not drawn, or the second node is corrupt |
# |committee |n nodes answer, the majority counts |most are corrupt |
#
# Optimistic and sampling *buy* honesty. Let a liar be caught with chance c. Caught, he loses his pay and his lock, the whole price; else he gains the value at risk; in any case he saves what the *work* costs. So the truth is worth more if the wage w (with fees f) satisfies
#
# c·((1 − f)·w + w) ≥ (1 − c)·value + work.
#
# **Predict:** 1 ETH at risk, and somebody looks with 99 %. What wage keeps a node honest, if work is cheap? And with 90 %?
#
# <details><summary>Answer</summary>About 0.01/(0.99 × 1.9) = 0.0053 ETH. With 90 % already 0.1/(0.9 × 1.9) = 0.059 ETH: the wage grows with the chance to get away.</details>


# %%
def honest_wage(value: int, work: int, caught: float) -> int:
    return ceil(((1 - caught) * value + work) / (caught * (2 - 2 * FEE / 10_000)))


# Chance that more than half of n nodes, drawn at random, are corrupt.
def majority_chance(n: int, bad: float) -> float:
    return sum(comb(n, k) * bad**k * (1 - bad) ** (n - k) for k in range(n // 2 + 1, n + 1))


economy, effort = routing.Economy(), routing.Effort(work_s=1)
for value, caught in product((0, ETHER, 50 * ETHER), (0.5, 0.9, 0.99)):
    ours = honest_wage(value, economy.second_wei, caught)
    assert ours == routing.honest_wage(effort, economy, value, caught), "the library's wage"
wages = [honest_wage(v * ETHER, 0, c) / ETHER for v, c in ((1, 0.99), (1, 0.9), (10, 0.9))]
assert [round(wage, 3) for wage in wages] == [0.005, 0.059, 0.585], "as predicted"

# %% [markdown]
# A false majority costs the value at risk; so the best committee has the least *wages plus value × chance of a false majority*.
#
# **Predict:** one node in ten is corrupt. From 1 ETH at risk to 1,000 ETH, how many more nodes?
#
# <details><summary>Answer</summary>Twelve, from 7 to 19: each two more divide the chance by about three, and 1,000 is about 3⁶.</details>

# %%
for value in (ETHER, 30 * ETHER, 1000 * ETHER):
    offer = routing.quote(routing.Way.COMMITTEE, effort, economy, value)
    total = lambda n, v=value, w=offer.wage_wei: n * w + v * majority_chance(n, 0.1)
    assert min(range(3, 42, 2), key=total) == offer.n_nodes, "the library's committee"
    print(f"{value // ETHER:5} ETH: {offer.n_nodes:2} nodes, {offer.total_wei / ETHER:.3f} ETH")

# %% [markdown]
# A wage grows in proportion to the value, a committee with the value's *logarithm*. A proof costs the same for any value, but often many times the work.
#
# **Figure 2.** Work of one second for 0.001 ETH; one node in ten is corrupt; an optimistic answer is looked at with 99 %. The gray band is the cheapest. Move *proving* (how many times the work a proof takes); untick *patient* for a job that cannot wait a week.

# %%
explore(draw_ways, proving=(5, 100, 5), patient=True)

# %% [markdown]
# **Predict:** work that nobody can prove, one hour of patience, 10 ETH at risk. Which way is left?
#
# <details><summary>Answer</summary>The committee. A second node sees a lie with 90 %, so sampling would need a wage of (0.1 × 10)/(0.9 × 1.9) = 0.59 ETH.</details>
#
# The **connector** lists all ways for a job, each with the reason why it was taken or not. Rooms of this library stand behind it: pages (lesson 06), SQL proofs (07), training runs with a referee (11), proven networks (12), programs with a dispute game (14). One description orders from any of them. A proof is too long for a transaction: it lies on a *shelf*, where anybody gets it by its hash, and the hash goes on chain.

# %%
sales = Table.of(shop=(BIGINT, [1, 2, 5, 5]), eur=(BIGINT, [10, 20, 30, 40]))
rooms = {room.name: room for room in (routing.Queries({"sales": sales}), routing.Runs())}
hall = open_hall()  # without members yet
honest = [routing.container_of(room, hall.shelf) for room in rooms.values()]
lie = lambda data: Output(b"42", hall.shelf.put(b"trust me"))
for i in range(9):
    hall.join(f"good{i}", honest, 10 * ETHER)
    hall.join(f"bad{i}", [Container(name, lie, proves=True) for name in rooms], 10 * ETHER)

# %%
connector = routing.Connector(hall, rooms, economy, Random(16))
query = routing.Job("sql", b"SELECT eur FROM sales WHERE shop = 5", 5 * ETHER, ETHER, 3600)
run = routing.Job("training", b'{"seed": 16, "steps": 4}', 10 * ETHER, ETHER, 3600)
tables = {order.room: connector.table(order) for order in (query, run)}
for name, table in tables.items():
    print(name, *(f"  {row.way:10} {row.reason}" for row in table), sep="\n")
assert (tables["sql"][0].way, tables["training"][0].way) == ("proof", "committee")

# %% [markdown]
# So a small query is cheap to prove. Now both are done, on the chain. The query is judged by its proof, the training run by the majority of sealed answers (how they are sealed: see *Break it*); liars lose their locks.

# %%
right = {order.room: rooms[order.room].work(order.data).data for order in (query, run)}
assert connector.run(query, ["good0"]).output == right["sql"], "proven, and paid"
fooled = connector.run(query, ["bad0"])
assert fooled.output is None and fooled.earned_wei["bad0"] == -fooled.quote.wage_wei, "slashed"
n = routing.taken(tables["training"]).n_nodes
mixed = [f"bad{i}" for i in range(n // 2)] + [f"good{i}" for i in range(n // 2 + 1)]
voted = connector.run(run, mixed)
assert voted.output == right["training"] and voted.earned_wei["bad0"] < 0, "outvoted, slashed"

# %% [markdown]
# ### A chain for slow work
# A block cannot wait for a training run, and a sampled text comes out another way each time. Ritual's chain makes such a call **asynchronous**: a block *commits* to it; an *executor* computes; a later block *includes* the output as recorded; at last *settlement* pays the fees. If no output comes within `ttl` blocks, the call expires, unpaid. (Which block is exactly the last is our model: an output is included one block after it came, and settled after that.)


# %%
NEXT, TTL = {"": "commit", "commit": "include", "include": "settle"}, 3


def apply(state: dict, kind: str, call: str, output: str = "") -> None:
    last, text, block = state.get(call, ("", "", 0))
    age = state["block"] - block
    if NEXT.get(last) != kind or age < 1 or (kind == "include" and age > TTL + 1):
        raise ValueError(f"{kind} cannot follow {last or 'nothing'} after {age} blocks")
    state[call] = kind, output or text, state["block"]
    if kind == "settle":
        state["user"] -= 1
        state["executor"] += 1


# %%
def propose(state: dict, *transactions: tuple) -> tuple:
    state["block"] += 1
    for transaction in transactions:
        apply(state, *transaction)
    return transactions, keccak256(repr(sorted(state.items())).encode())


late = {"block": 6, "song": ("commit", "", 1)}
rejects(apply, late, "settle", "song", raises=ValueError, because="there is no output")
rejects(apply, late, "include", "song", "la la", raises=ValueError, because="it has expired")


# %% [markdown]
# A block holds transactions, and the **root** of the state after them. Whoever replays it *executes nothing*: it takes recorded outputs and compares roots.


# %%
GENESIS = {"block": 0, "user": 10, "executor": 0}


def replay(blocks: list) -> bool:
    state = dict(GENESIS)
    return all(propose(state, *done) == (done, root) for done, root in blocks)


# %%
poet, state = Random(16), dict(GENESIS)
compose = lambda: " ".join(poet.sample(["moon", "sea", "chain", "stone", "light"], 3))
poem = compose()
first = propose(state, ("commit", "poem"))
second = propose(state, ("include", "poem", poem), ("commit", "song"))
third = propose(state, ("settle", "poem"))
assert compose() != poem and replay([first, second, third]), "another poem, and yet it replays"

# %% [markdown]
# **Predict:** somebody changes a recorded output. The *executor* records nonsense to begin with. Which of the two does replay notice?
#
# <details><summary>Answer</summary>The first: the root is another. The second is as good a record as any. Ritual's executors run in trusted hardware, whose maker vouches for them; replay sees nothing. So a proof must travel beside the output, and be checked.</details>

# %%
changed = (("include", "poem", "buy my coin"), second[0][1]), second[1]
rejects(replay, [first, changed, third], because="another output, another root")

# %% [markdown]
# The library's chain has real roots (lesson 15's tree) and a place for the check. An executor lies about a square, and replay alone believes him:

# %%
fresh = lambda: slow.State({"alice": 100}, slow.Fees(executor=10, commitment=10, inclusion=10))
ours = slow.AsyncChain(fresh(), "executor")
call = ours.submit(slow.Call("alice", nonce=0, precompile="square", data=bytes([7]), ttl=3))
ours.propose("v1")
ours.fulfil(call, bytes([48]))
ours.propose("v2"), ours.propose("v3")
check = lambda call, output, proof: output[0] == call.data[0] ** 2
assert slow.replay(fresh(), ours.blocks) == ours.state.root, "without a check: fine"
rejects(slow.replay, fresh(), ours.blocks, check, raises=slow.BadBlock, because="48 is not 7²")

# %% [markdown]
# **Figure 3.** Four calls, each with a ttl of three blocks: the poem is computed at once, the song in its last block, the film a block too late, the novel never. Move *until* through the blocks.

# %%
explore(draw_calls, until=(3, 8))

# %% [markdown]
# ## Check yourself
# 1. Why does a node's lock equal the price, though it earns less? <details><summary>Answer</summary>It must hurt more than the work costs; the buyer also gets back what he paid in fees.</details>
# 2. A verifier never speaks. Who has the money after a week? <details><summary>Answer</summary>The node, whatever it delivered. Silence is consent: an optimistic answer needs somebody who looks.</details>
# 3. The market's owner wants no deficit. Can he pay nodes their claims instead? <details><summary>Answer</summary>Yes, and nodes will claim up to what their rivals cost (Figure 1).</details>
# 4. Which way is cheapest in Figure 2 for 100 ETH, without patience? And which still work if half of all nodes are corrupt? <details><summary>Answer</summary>Proof, from 8 ETH on. Proof; and optimistic, if one honest watcher looks. Committees and second looks fail.</details>
# 5. A consumer may sign an order off the chain (EIP-712, lesson 17), with a **nonce**, so that it counts once. Shown a known nonce, the coordinator takes the *old* order, whatever else it is shown. What must a node do before it works? <details><summary>Answer</summary>Compare the two orders. Ours does.</details>
# 6. A replayed block has the right root. What may still be false? <details><summary>Answer</summary>The output as recorded. Only a proof, checked, sees that.</details>

# %% [markdown]
# ## Break it
# ### Locked money, spent
# In Infernet's wallets (infernet-sdk, commit b183dc3) a payment looks at no lock. A buyer orders from Ada; her pay is locked in his wallet until the judge has spoken. Meanwhile he orders *anything*, unjudged, from the same wallet, and a friend "delivers" it.


# %%
def raid(is_safe: bool) -> dict:
    hall = open_hall(("ada", reverse), ("friend", reverse), is_safe=is_safe)
    (ada, friend), market, buyer = map(hall.courier, hall.members), hall.market, hall.buyer
    post = hall.post(job, ETHER, ["ada"], hall.verifier())
    ada.serve(post.order)  # her answer is public, her pay locked
    rest, other = market.chain.balance(post.payer), market.consumer(buyer)
    post.payer.approve(other, NOBODY, rest, sender=buyer)
    terms = "reverse", b"", 1, NOBODY, rest, post.payer, NOBODY  # nobody judges: paid at once
    number = other.requestCompute(*terms, sender=buyer)
    assert friend.serve(Known(market, number, ("reverse",))) is None, "our node sees the lock"
    market.coordinator.deliverCompute(number, 1, b"", b"", b"", friend.purse, sender=friend.account)
    valid = post.number, 1, ada.account, True
    rejects(post.verifier.decide, *valid, sender=hall.judge, raises=Reverted, because="no pay left")
    free = lambda courier: courier.purse.unlockedBalance(NOBODY) / ETHER - 10
    return {"ada": round(free(ada), 4), "friend": round(free(friend), 4)}


# %%
robbed = raid(is_safe=False)
print("can spend more or less than before, in ETH:", robbed)
assert robbed == {"ada": -1, "friend": 0.806}, "her own lock is stuck, her pay is his"
rejects(raid, is_safe=True, raises=Reverted, because="locked money pays nobody")

# %% [markdown]
# Ada was right; but the judge's word reverts until somebody fills the wallet again. Our wallets with `is_safe` refuse the second payment, and our node serves no order whose money is locked.

# %% [markdown]
# ### Copied answers
# A committee whose answers are open invites copying. So answers are **sealed**: each node commits to hash(node, hash(answer), salt), and delivers when the time to commit is over.


# %%
who, salt = hall.courier("good0").account, bytes(32)
mine = keccak256(bytes(12), bytes.fromhex(who.address[2:]), keccak256(b"desserts"), salt)
assert mine == ritual.seal(who, b"desserts", salt), "the address is inside: useless to a copier"

# %% [markdown]
# Five nodes: one lies, three work, and one copies the newest answer that the chain shows.


# %%
def panel(is_sealed: bool) -> dict:
    def copy(data: bytes) -> Output:
        seen = [event for event in hall.market.chain.events() if event.name == "Received"]
        return Output(seen[-1].arguments["output"] if seen else b"?")

    copier = Container("reverse", copy, proves=True)
    work = {"liar": liar} | dict.fromkeys("abc", reverse) | {"copier": copier}
    hall = open_hall(*work.items())
    post = hall.post(job, ETHER, [*work], hall.verifier(), 60 if is_sealed else None)
    couriers = [hall.courier(name) for name in work]
    ask = routing.sealed_answers if is_sealed else routing.open_answers
    ask(post, couriers)
    assert routing.settle(post, hall.judge).winner == b"desserts", "three of five are honest"
    return {name: round(wei / ETHER - 10, 4) for name, wei in hall.purses_wei().items()}


# %%
opened, sealed = panel(False), panel(True)
print("open:  ", opened, "\nsealed:", sealed)
assert opened["copier"] == opened["a"] > 0, "a copy is paid like work"
assert sealed["copier"] == sealed["liar"] == -1, "nothing to copy, and slashed"

# %% [markdown]
# Worse than the copier's pay: had it stood behind the liar, his lie would have had two votes.

# %% [markdown]
# ## Real system
# Three suites come from Ritual's own contracts, compiled and run: *errors*, *billing* (action by action) and *eip712*; ours must do the same. *schedule* and *async* are our model of the chain's rules, after its explorer's notes. *resonance* (surplus, contributions) and *vtune* (exercise ★★) are exact counts of our own.

# %% tags=["nbval-check-output"]
for name in ["errors", "billing", "eip712", "schedule", "async", "resonance", "vtune"]:
    report = conform.run(conform.load(Path(f"../tests/vectors/ritual.{name}.json")))
    assert report.ok, f"{name}: {report.failures[:1]}"
    print(report)

# %% [markdown]
# Gas and seconds by `python -m aicrypto bench ritual`.
#
# | |here |Ritual's (code or papers) |
# |-|-|-|
# |request one answer |249,000 gas (with its input; Vyper packs no fields) |142,000 |
# |deliver, paid at once |165,000 gas |– |
# |deliver to a verifier, and its word |295,000 + 86,000 gas |– |
# |payment spends locked money |yes; `is_safe=True` refuses |yes |
# |node looks at locks, compares signed orders |yes |no (infernet-node@02e75fa) |
# |a node refuses a web request with |405 |405 (its documentation: 400) |
# |matching of 1,000 jobs and 100 nodes |under a second, 95 % of a bound |Resonance: by brokers who compete |

# %% [markdown]
# ## Exercises
# Replace `raise NotImplementedError`, run the checks. Worked notebooks: `./course solutions`.
#
# ### ★ May this node answer? (10 min)
# Write `refusal_of(sub, now, interval, n_answers, has_answered)`: the name with which the coordinator refuses a delivery, or `""`; `sub` is the order as it is stored, a `ritual.Subscription`. In this order: `SubscriptionNotFound` (`sub` is None); `SubscriptionNotActive` (before `sub.active_at`); `IntervalMismatch` (the running interval is 1 if `sub.period_s` is 0, else 1 + whole periods since `active_at`); `SubscriptionCompleted` (`interval` over `sub.frequency`); `IntervalCompleted` (`sub.redundancy` answers are there); `NodeRespondedAlready`.
#
# <details><summary>Hint</summary>Six <code>if</code>s that return; floor division counts whole periods.</details>


# %% exercise="ex16_1"
def refusal_of(sub, now: int, interval: int, n_answers: int, has_answered: bool) -> str:
    """The refusal's name, or "". About 14 lines."""
    ### BEGIN SOLUTION
    if sub is None:
        return "SubscriptionNotFound"
    if now < sub.active_at:
        return "SubscriptionNotActive"
    running = 1 + (now - sub.active_at) // sub.period_s if sub.period_s else 1
    if interval != running:
        return "IntervalMismatch"
    if interval > sub.frequency:
        return "SubscriptionCompleted"
    if n_answers == sub.redundancy:
        return "IntervalCompleted"
    return "NodeRespondedAlready" if has_answered else ""
    ### END SOLUTION


# %% test="ex16_1_time" points=2
sub = ritual.Subscription("0x01", 1000, 60, 3, 2, bytes(32))
cases = {(999, 1): "SubscriptionNotActive", (1059, 1): "", (1060, 1): "IntervalMismatch"}
cases |= {(1060, 2): "", (1000, 0): "IntervalMismatch", (1180, 4): "SubscriptionCompleted"}
for (now, interval), want in cases.items():
    got = refusal_of(sub, now, interval, 0, False)
    assert type(got) is str and got == want, f"at {now}, interval {interval}"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(161)
for _ in range(12):
    _chain = Chain(timestamp=1_700_000_000)
    _a, _n = _chain.account("a"), [_chain.account(f"n{i}") for i in range(3)]
    _market = ritual.deploy_market(_chain, _a, 0)
    _consumer = _market.consumer(_a)
    _period, _most = _rng.choice([0, 30, 60]), _rng.randrange(3)
    _id = _consumer.subscribe(
        *("c", _rng.randrange(1, 4), _period, _most, False, NOBODY, 0, NOBODY, NOBODY), sender=_a
    )
    _sub, _seen = _market.subscription(_id), {}
    for _ in range(8):
        _chain.warp(_rng.choice([0, 0, 29, 30, 31, 60]))
        _now = max(0, _chain.timestamp - _sub.active_at)
        _right = 1 + (_now // _period if _period else 0)
        _interval, _node = _rng.choice([_right, _right, _right, _right + 1, 0]), _rng.choice(_n)
        _done = _seen.setdefault(_interval, set())
        _got = refusal_of(_sub, _chain.timestamp, _interval, len(_done), _node in _done)
        try:
            _market.coordinator.deliverCompute(_id, _interval, b"", b"", b"", _a, sender=_node)
            _want = ""
            _done.add(_node)
        except Reverted as _reverted:
            _want = ritual.refusal(_reverted)
        assert type(_got) is str and _got == _want, "as the contract says"
### END HIDDEN TESTS

# %% test="ex16_1_nodes" points=1
once = ritual.Subscription("0x01", 1000, 0, 1, 1, bytes(32))
cases = {(None, 0, False): "SubscriptionNotFound", (once, 0, False): ""}
cases |= {(once, 1, True): "IntervalCompleted", (sub, 1, True): "NodeRespondedAlready"}
for (order, n_answers, has_answered), want in cases.items():
    got = refusal_of(order, 1001, 1, n_answers, has_answered)
    assert type(got) is str and got == want, "full comes before twice"

# %% [markdown]
# ### ★★ Was it tuned on my data? (30 min)
# You sell a data set for fine-tuning (**vTune**). Among its samples you have planted questions with random answers. A model that never saw them answers question i as planted with chance p_i, independently; yours did so k times. Write `p_value(chances, k)`, the chance of *at least* k by luck, and `threshold(chances, alpha)`, the smallest k whose p-value is at most alpha, or None. p-values down to 1e-40 must be right to 1e-9 of themselves: never subtract from 1.
#
# <details><summary>Hint 1</summary>Keep a list: the chance of exactly j hits among the questions so far. One more question moves each entry's share p to j + 1.</details>
# <details><summary>Hint 2</summary>The sum of entries k, k + 1, … is the p-value; for k = 0 it is 1.</details>


# %% exercise="ex16_2"
def p_value(chances: list, k: int) -> float:
    """Chance of at least k hits. About 7 lines."""
    ### BEGIN SOLUTION
    exactly = [1.0]
    for p in chances:
        stay, move = [c * (1 - p) for c in exactly] + [0.0], [0.0] + [c * p for c in exactly]
        exactly = [s + m for s, m in zip(stay, move)]
    return sum(exactly[k:]) if k else 1.0
    ### END SOLUTION


def threshold(chances: list, alpha: float):
    """Fewest hits that convict, or None. About 2 lines."""
    ### BEGIN SOLUTION
    return next((k for k in range(len(chances) + 1) if p_value(chances, k) <= alpha), None)
    ### END SOLUTION


# %% test="ex16_2_p" points=2
assert p_value([0.5, 0.5], 1) == 0.75 and p_value([0.3], 0) == 1.0, "by hand"
assert abs(p_value([1e-4] * 10, 10) / 1e-40 - 1) < 1e-9, "as in vTune's paper"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(162)
for _ in range(60):
    _chances = [_rng.choice([0.0, 1.0, _rng.random(), 1e-5]) for _ in range(_rng.randrange(1, 14))]
    _k = _rng.randrange(len(_chances) + 1)
    _got, _want = p_value(_chances, _k), ritual.judge(_chances, _k, 0.01).p_value
    assert isinstance(_got, float) and abs(_got - _want) <= 1e-9 * _want, "as the library"
### END HIDDEN TESTS

# %% test="ex16_2_threshold" points=1
assert threshold([0.01] * 10, 1e-6) == 5 and threshold([0.5] * 3, 0.01) is None, "or never"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(163)
for _ in range(40):
    _chances, _alpha = (
        [_rng.random() for _ in range(_rng.randrange(1, 10))],
        10 ** -_rng.uniform(0, 6),
    )
    _got = threshold(_chances, _alpha)
    assert type(_got) in (int, type(None)), "a number, or None"
    assert _got == ritual.judge(_chances, 0, _alpha).threshold, "as the library"
### END HIDDEN TESTS

# %% [markdown]
# ### ★★★ Beat the market maker (open)
# For many jobs nobody tries all assignments. `ritual.greedy` takes the best pairs first, and then sends nodes home whose jobs do not pay their setup: with high setup costs it loses much. Write `match(values, offers)`, a dict of node by job (undone jobs are missing), with at least a tenth more surplus in sum over markets of 40 jobs and 8 nodes. (Open end: a fifth; 1,000 jobs.)
#
# <details><summary>Hint 1</summary>If you know <i>which</i> nodes work, best pairs first is good. So search over sets of nodes.</details>
# <details><summary>Hint 2</summary>Start with the nodes in <code>ritual.greedy(…).node_of</code>. Add or remove one; keep what helps most, until nothing does. <code>ritual.surplus_of</code> counts.</details>


# %% exercise="ex16_3"
def match(values: dict, offers: dict) -> dict:
    """Node by job. About 20 lines."""

    ### BEGIN SOLUTION
    margins = ((c - values[j], j, n) for n, o in offers.items() for j, c in o.cost.items())
    pairs = sorted(pair for pair in margins if pair[0] < 0)

    def fill(working: set) -> dict:
        node_of, room = {}, {name: offers[name].capacity for name in working}
        for _, job, name in pairs:
            if job not in node_of and room.get(name, 0) > 0:
                node_of[job] = name
                room[name] -= 1
        return node_of

    surplus = lambda node_of: ritual.surplus_of(node_of, values, offers)
    best = dict(ritual.greedy(values, offers).node_of)
    while True:
        working = set(best.values())
        top = max((fill(working ^ {name}) for name in offers), key=surplus)
        if surplus(top) <= surplus(best):
            return best
        best = top
    ### END SOLUTION


# %% test="ex16_3_match" points=3
def some_market(rng: Random) -> tuple[dict, dict]:
    values = {f"job {i}": rng.randint(20, 120) for i in range(40)}
    cost = lambda: {job: rng.randint(10, 80) for job in values}
    names = [f"node {i}" for i in range(8)]
    return values, {name: Offer(rng.randint(50, 400), rng.randint(5, 15), cost()) for name in names}


ours = theirs = 0
for seed in range(10):
    values, offers = some_market(Random(seed))
    found = match(values, offers)
    assert type(found) is dict and set(found) <= set(values), "node by job"
    ours += ritual.surplus_of(found, values, offers)  # raises if a node cannot do its jobs
    theirs += ritual.greedy(values, offers).surplus
assert 10 * ours >= 11 * theirs, "a tenth more than the greedy one"
### BEGIN HIDDEN TESTS
_ours = _theirs = 0
for _seed in range(1600, 1620):
    _values, _offers = some_market(Random(_seed))
    _found = match(_values, _offers)
    assert type(_found) is dict and set(_found) <= set(_values), "node by job"
    _ours += ritual.surplus_of(_found, _values, _offers)
    _theirs += ritual.greedy(_values, _offers).surplus
assert 10 * _ours >= 11 * _theirs, "on unseen markets as well"
### END HIDDEN TESTS

# %% [markdown]
# ## Summary
# Three numbers to remember: a verifier has **604,800 seconds**, then silence pays the node; a liar is **1.90 times the price** worse off than an honest node, by pay and lock; so with 99 % of answers looked at, honesty costs **half a percent** of the value at risk.
#
# Small values: wages. Larger ones: a sealed committee. The largest, and whatever is cheap to prove: a proof. And look at the locks before you work. Next, in lesson 17 an agent earns and pays, and is itself for sale.

# %% [markdown]
# ## Further reading
# * ritual-net/infernet-sdk, `src/Coordinator.sol` and `EIP712Coordinator.sol`, beside `RitualCoordinator.vy`.
# * Ritual's documentation, *Resonance*: values, costs, brokers.
# * ritual-net/infernet-node, `src/server/api.md`: the node's web side.
# * *vTune*, arXiv 2411.06611, section 4: the test of exercise ★★.
# * W. Vickrey, *Counterspeculation, Auctions, and Competitive Sealed Tenders* (1961): why truth pays.
