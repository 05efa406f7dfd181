# %% [markdown]
# # 14 · The bisection game
# *Referee a quarrel about eight steps, find one false instruction among two million, add clocks and bonds, carry the game through a neural network, win with lies where a rule is missing — 75 minutes and exercises, any CPU, needs lessons 02 and 13.*

# %% [markdown]
# ## Why
# Lesson 12 proves every answer, and pays for it every time. ORA's *opML* proves none: an answer counts unless somebody objects in time, an **optimistic** claim. ORA's documents name a model of 7 billion weights (26 GB) on a PC without GPU, and a digit classifier's dispute within 2 minutes.
#
# One token of a model of that shape takes 46 billion machine instructions. A blockchain can check *one* for some 55,000 gas (lesson 13); all would cost 2.5 quadrillion. So the two sides must find the one instruction they disagree about. Without such a game the chain believes whoever answers.

# %% [markdown]
# ## Outcomes
# You can
# 1. find the false step among n with log₂ n questions, and say why no answer saves the liar;
# 2. run a referee with clocks and bonds, and say who wins if somebody is silent, slow, or quarrels with himself;
# 3. carry a dispute from a network's graph into one operator's program, with a border that trusts nobody;
# 4. say who checks when nobody cheats, and what makes them.

# %% tags=["setup"]
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from aicrypto import conform
from aicrypto.classroom import rejects
from aicrypto.commit.hashes import keccak256
from aicrypto.evm import Chain
from aicrypto.opml import games, machine, phases
from aicrypto.opml.code import assemble, fit_classifier, image_of
from aicrypto.opml.games import incentives, refusals
from aicrypto.viz import explore
from aicrypto.viz.games import draw_clocks, draw_delay, draw_market, draw_search

# %% [markdown]
# ## Build
# ### Eight steps, by hand
# A neuron adds up eight products, one a step. A **state** is (steps done, sum so far). Lou, the **proposer**, claims that the sum is 15. Ann, the **challenger**, has 5. All know weights and inputs:
#
# |step |1 |2 |3 |4 |5 |6 |7 |8|
# |-|-|-|-|-|-|-|-|-|
# |weight · input |2·1 |−1·4 |3·2 |1·3 |0·5 |2·1 |1·0 |−2·2|
# |Ann's sum |2 |−2 |4 |7 |7 |9 |9 |**5**|
# |Lou's sum |2 |−2 |4 |7 |17 |19 |19 |**15**|
#
# You are the **referee**, too busy to add up. You may ask both for their sums after any step, and do *one* multiplication at the end.
#
# **Predict:** cover both rows. Which steps do you ask about?
#
# <details><summary>Answer</summary>After 4: 7 and 7, so they quarrel about steps 5 to 8. After 6: 9 against 19, so 5 or 6. After 5: 7 against 17. Check that one step: 7 + 0·5 = 7. Lou loses, after three questions.</details>


# %%
W, X = [2, -1, 3, 1, 0, 2, 1, -2], [1, 4, 2, 3, 5, 1, 0, 2]


def step(state: tuple) -> tuple:
    i, total = state
    return (i + 1, total + W[i] * X[i]) if i < 8 else state


def states(false_step: int | None = None) -> list[tuple]:
    # All nine; a liar adds 10 in one step and goes on honestly.
    seen = [(0, 0)]
    for i in range(1, 9):
        _, total = step(seen[-1])
        seen.append((i, total + 10 * (i == false_step)))
    return seen


ann, lou = states(), states(false_step=5)
assert (ann[8], lou[8]) == ((8, 5), (8, 15)), "the table"

# %% [markdown]
# ### Bisection
# On state `lo` both agree, on state `hi` they disagree. Ask in the middle, and the answer moves one of the two.


# %%
def bisect(proposer, challenger, n: int) -> tuple:
    # Neighbours lo and hi, and the states asked about.
    lo, hi, asked = 0, n, []
    while hi - lo > 1:
        middle = (lo + hi) // 2
        asked.append(middle)
        agree = proposer(middle) == challenger(middle)
        lo, hi = (middle, hi) if agree else (lo, middle)
    return lo, hi, asked


assert bisect(lou.__getitem__, ann.__getitem__, 8) == (4, 5, [4, 6, 5]), "as by hand"
for lie in range(1, 9):
    lo, hi, asked = bisect(states(lie).__getitem__, ann.__getitem__, 8)
    assert (hi, len(asked)) == (lie, 3), f"the lie in step {lie} is found in three rounds"

# %% [markdown]
# **Predict:** Lou may say the truth in one round and nonsense in the next. Can he get out?
#
# <details><summary>Answer</summary>No. At the end there is a state both agree on, hence the true one, and a next state that Ann disputes, hence a false one. Steps are <em>deterministic</em>: none leads from a true state to a false one.</details>

# %%
rng = random.Random(14)
for _ in range(500):
    said = [ann[0], *(rng.choice([true, (0, rng.random())]) for true in ann[1:8]), lou[8]]
    lo, hi, _ = bisect(said.__getitem__, ann.__getitem__, 8)
    assert step(said[lo]) != said[hi], "the referee's one step refutes any liar"
    lo, hi, _ = bisect(ann.__getitem__, said.__getitem__, 8)
    assert step(ann[lo]) == ann[hi], "and clears an honest proposer of any accusation"

# %% [markdown]
# **Figure 1.** Move the lie. Each row shows what is left in dispute. With more *segments*, more states are posted a round, in fewer rounds.

# %%
explore(draw_search, lie=(1, 64), segments=(2, 8))

# %% [markdown]
# ### Two million steps
# A real state is 4 GB of memory, 32 registers, program counter and step counter. Lesson 13 hashes it to 32 bytes, the **state hash**. `machine.run` keeps a run; `commitment(i)` is the hash after i steps.
#
# The program: a digit classifier with 6,000 hidden neurons.

# %%
data = np.load("../data/digits.npz")
pixels = (data["images"].reshape(-1, 64) * 7).astype(np.int8)
labels = data["labels"].astype(int)
layers = fit_classifier(pixels[:300], labels[:300], 6000, np.random.default_rng(0))
task = image_of(layers, pixels[1500])
honest = machine.run(task)
n = honest.n_steps  # two million


def digit(run) -> int:
    # The program's answer: the largest of its ten outputs.
    return int(np.frombuffer(machine.output_of(run.tree(n)), "<i4").argmax())


assert (digit(honest), labels[1500], n) == (1, 1, 2_017_508), "the right answer"

# %% [markdown]
# Our liar flips *one bit* of memory half-way, in the last layer's bias for class 9 (word 13 of the model says where biases begin), and runs on honestly.
#
# **Predict:** how many rounds?
#
# <details><summary>Answer</summary>log₂ of 2,017,508 is 20.9: at most 21.</details>

# %%
biases = int.from_bytes(task.tree.read(machine.MODEL + 4 * 13, 4), "little")
place = machine.MODEL + biases + 4 * 9 + 2
false = games.lie(honest, games.Fault("mem", at=n // 2, addr=place, xor=1))
lo, hi, asked = bisect(false.commitment, honest.commitment, n)
assert digit(false) == 9, "one bit turns a one into a nine"
assert (lo, hi, len(asked)) == (n // 2 - 1, n // 2, 21), "exactly the flipped step"
found = games.search(false.commitment, honest.commitment, n)
assert [one.points[1] for one in found.rounds] == asked, "the library asks the same"

# %% [markdown]
# ### Clocks
# A loser stops answering. So each side has a **clock**, as in chess: it runs in that side's turn, and whoever's runs out has lost. Each move leaves at least an **extension**.


# %%
OTHER = {"proposer": "challenger", "challenger": "proposer"}


class Clock:
    def __init__(self, seconds: int, extension: int):
        self.left, self.extension = dict.fromkeys(OTHER, seconds), extension
        self.turn, self.last, self.winner = "proposer", 0, None

    def moved(self, side: str, now: int) -> None:
        left = self.left[side] - (now - self.last)
        if self.winner or side != self.turn or left <= 0:
            raise ValueError(f"{side} may not move at {now}")
        self.left[side] = max(left, self.extension)
        self.turn, self.last = OTHER[side], now

    def timeout(self, now: int) -> None:
        if self.winner or now - self.last < self.left[self.turn]:
            raise ValueError("somebody still has time")
        self.winner = OTHER[self.turn]


# %% [markdown]
# ### The referee
# It keeps hashes and two numbers, and never runs the program. The proposer *posts* the hash in the middle, the challenger *chooses* a half. When one step is left, anybody, on the proposer's clock, *proves*: shows the agreed state, from which the referee *itself* executes that step.


# %%
digest = lambda state: keccak256(repr(state).encode())


class Referee(Clock):
    def __init__(self, start: bytes, claimed: bytes, n: int, seconds: int, extension: int):
        super().__init__(seconds, extension)
        self.said, self.lo, self.hi = {0: start, n: claimed}, 0, n

    def post(self, middle: bytes, now: int) -> None:
        if self.hi - self.lo == 1:
            raise ValueError("one step is left: prove it")
        self.moved("proposer", now)
        self.said[(self.lo + self.hi) // 2] = middle

    def choose(self, half: int, now: int) -> None:
        # Half 0: the middle is false already; half 1: it is right.
        if half not in (0, 1):
            raise ValueError(f"half is {half}, must be 0 or 1")
        self.moved("challenger", now)
        ends = [self.lo, (self.lo + self.hi) // 2, self.hi]
        self.lo, self.hi = ends[half : half + 2]

    def prove(self, shown: tuple, now: int) -> None:
        if self.hi - self.lo > 1 or digest(shown) != self.said[self.lo]:
            raise ValueError("not one step, or not from the agreed state")
        self.moved("proposer", now)
        self.winner = "proposer" if digest(step(shown)) == self.said[self.hi] else "challenger"


# %% [markdown]
# Ann against Lou: ten minutes each, ten seconds a move.

# %%
new_game = lambda: Referee(digest(ann[0]), digest(lou[8]), 8, seconds=600, extension=60)
game = new_game()
for now, half in ((10, 1), (30, 0), (50, 0)):
    game.post(digest(lou[(game.lo + game.hi) // 2]), now)
    rejects(game.choose, 2, now + 10, raises=ValueError, because="there are two halves")
    game.choose(half, now + 10)
rejects(game.prove, lou[5], 70, raises=ValueError, because="they agreed on (4, 7)")
game.prove(ann[4], 70)
assert game.winner == "challenger" and game.left["challenger"] == 570, "three moves of 10 s"

# %% [markdown]
# **Predict:** Lou is silent from the start. What does Ann do, and when?
#
# <details><summary>Answer</summary>After 600 seconds, not one earlier, anybody may call the timeout. At any moment exactly one of move and timeout is open.</details>

# %%
game = new_game()
rejects(game.timeout, 599, raises=ValueError, because="Lou has a second left")
rejects(game.post, digest(lou[4]), 600, raises=ValueError, because="his time is over")
game.timeout(600)
assert game.winner == "challenger", "silence loses"

# %% [markdown]
# **Figure 2.** Who wins if… Eight rounds are to be played. Let the proposer wait 10 hours and the challenger 60; then give both an extension of 63. (84 h and 3 h are Optimism's.)

# %%
explore(draw_clocks, proposer_waits=(1, 100), challenger_waits=(1, 100), extension=(0, 72, 3))

# %% [markdown]
# ### Bonds
# Claims and challenges cost a **bond**. The loser's goes to the winner, less a part that is *burned*: a **treasury**, neither side's, keeps it.
#
# **Predict:** why burn? Lou might let a friend challenge his true claim and lose.
#
# <details><summary>Answer</summary>Without a burn, his friend's bond comes back to him: quarrelling with himself is free. With it, each such game costs a tenth of a bond.</details>
#
# A challenger who loses (perhaps that friend) does not make the claim true: others can object until a *window* of a week ends.


# %%
def payout(winner: str, bonds: dict, burn_bps: int) -> dict:
    # What a game's two bonds become; bps are hundredths of a percent.
    burned = bonds[OTHER[winner]] * burn_bps // 10_000
    return {winner: sum(bonds.values()) - burned, "treasury": burned}


ETH = 10**18  # wei
BONDS = {"proposer": ETH, "challenger": ETH // 5}
won = {"challenger": 11 * ETH // 10, "treasury": ETH // 10}
assert payout("challenger", BONDS, burn_bps=1000) == won, "0.2 + 1 − 0.1, and 0.1 burned"

# %% [markdown]
# Now the two million steps on a chain: the contract `DisputeGame` has these rules for any number of challengers, lesson 13's executes the last instruction. Chain, clock and payout must agree, with almost four hours a challenger's move.

# %% tags=["nbval-ignore-output"]
terms = games.Terms(task.start.hash, burn_bps=1000)  # 84 h a side, extension 3 h
court = games.ChainCourt.open(Chain(timestamp=1_699_999_000), terms)
accuser = games.Challenger("challenger", honest, delay_s=14_000)
settled = games.play(court, games.Proposer("proposer", false), [accuser])
last, opened = settled.games[0], settled.timeline[1].t
assert last.located == (n // 2 - 1, n // 2), "the contract executed the false step"
assert settled.credits_wei == won, "and paid as we do"
ours = Clock(302_400, 10_800)
for move in settled.timeline[2:-1]:
    ours.moved(ours.turn, move.t - opened)
assert ours.left == last.left_s and ours.left["challenger"] == 10_800, "extended to 3 h"
for act, gas in court.gas_used.items():
    print(f"{act:9} × {court.n_sent[act]:2}  {gas:9,} gas")
print(f"together       {sum(court.gas_used.values()):9,} gas")

# %% [markdown]
# ### Two phases
# In the machine a 7-billion-weight token would take a quarter of an hour. So models run natively, as a **graph** of operators, and first the *graph* is bisected: state i is a hash of the outputs of the first i nodes. Only the node in dispute is run inside the machine. For native speed the large model pays five more rounds.
#
# Our graph: a transformer block of integers. A *party* has executed all nodes (`run`) and can repeat any one inside the machine (`trace`, a run as in lesson 13). Lou lies in node 9, at step 200 of its program.

# %%
seed = torch.Generator().manual_seed(0)
x = torch.randint(-3000, 3000, (5, 16), generator=seed).int()
graph = phases.graph_of(phases.Block(width=16, n_heads=2, hidden=24, n_tokens=5), x)
inputs = phases.model_inputs([x])
wrong = games.Fault("mem", at=200, addr=phases.slot_address(25), xor=3)
good, bad = phases.honest_party(graph, inputs), phases.lying_party(graph, inputs, 9, wrong)
node, _, asked = bisect(bad.run.commitment, good.run.commitment, len(graph.nodes))
assert (node, len(graph.nodes), len(asked)) == (9, 23, 5), "which of 23 nodes, in five rounds"

# %% [markdown]
# ### The border
# Did the machine start with the *right* weights, and compute the output that Lou claimed? Nobody has to be believed, for memory is a Merkle tree (lesson 02) with 128 **slots** of 32 MiB. One slot holds one tensor; its root *is* the tensor's commitment:
#
# |slot |0 |24 |25 |26, 27, …|
# |-|-|-|-|-|
# |holds |program |*descriptor*: operator, shapes |output |inputs|
#
# **Before**, the memory root must follow from roots that both agree on:


# %%
def starts_right(trace: games.Run, number: int, outputs: tuple) -> bool:
    # From the registered graph and the outputs agreed on?
    agreed = phases.GraphRun(graph, tuple(inputs), outputs[:number])
    op, read = graph.nodes[number], agreed.roots_read(number)
    level = [machine.EMPTY_ROOTS[20]] * 128  # 20 levels make a slot
    level[0] = phases.tensor_root(bytes(0x1000) + op.operator.program)
    level[24] = phases.tensor_root(op.descriptor)
    level[26 : 26 + len(read)] = read
    while len(level) > 1:
        level = [keccak256(*level[i : i + 2]) for i in range(0, len(level), 2)]
    return trace.commitment(0) == machine.State(level[0], 0x1000).hash


trace, outputs = good.trace(9), good.run.outputs
assert starts_right(trace, 9, outputs), "Ann starts from what is registered and agreed"
rejects(starts_right, trace, 9, outputs[::-1], because="its inputs are not those agreed on")

# %% [markdown]
# **After**, a path of seven siblings must lead from the claimed output's root, in slot 25, to the memory root.


# %%
def ends_right(final: machine.State, output_root: bytes, siblings: tuple) -> bool:
    # Stopped without error, with that output in slot 25?
    done = (final.exited, final.code, len(siblings)) == (1, 0, 7)
    return done and machine.fold(output_root, 25, siblings) == final.mem_root


siblings = phases.output_siblings(trace.tree(trace.n_steps))
assert ends_right(trace.final, good.run.output_roots[9], siblings), "Ann's output is there"
rejects(ends_right, trace.final, bytes(32), siblings, because="another output is claimed")

# %% [markdown]
# The whole game: bisect nodes, check the border, bisect instructions, execute one.


# %%
def two_phases(proposer, challenger, starts, ends) -> tuple:
    # Node, step and winner; the step is None where the border decided.
    number, _, _ = bisect(proposer.run.commitment, challenger.run.commitment, len(graph.nodes))
    mine, output = proposer.trace(number), proposer.run.output_roots[number]
    siblings = phases.output_siblings(mine.tree(mine.n_steps))
    if not (starts(mine, number, proposer.run.outputs) and ends(mine.final, output, siblings)):
        return number, None, "challenger"
    lo, hi, _ = bisect(mine.commitment, challenger.trace(number).commitment, mine.n_steps)
    shown = mine.witness(lo)  # the state, and Merkle proofs of what its step reads
    after = machine.step(shown.state, shown.insn_proof, shown.mem_proof)
    return number, hi, "proposer" if after.hash == mine.commitment(hi) else "challenger"


checks = starts_right, ends_right
assert two_phases(bad, good, *checks) == (9, 200, "challenger"), "node, instruction, verdict"
assert two_phases(good, bad, *checks) == (9, 200, "proposer"), "a false accusation"
assert phases.dispute(graph, inputs, bad, good).steps.search.hi == 200, "the library finds it, too"

# %% [markdown]
# ### Why floats are dangerous
# Float sums depend on their order, and a library chooses that by shape, threads and hardware: an honest party on another machine would lose its bond over the last bit.
#
# **Predict:** is (0.1 + 0.2) + 0.3 = 0.1 + (0.2 + 0.3)? Does a matrix product stay the same if its sums' terms are reordered?
#
# <details><summary>Answer</summary>No, and no. The cure: integers, as in our block, or a fixed order.</details>

# %%
ordered = lambda a, b: sum(a[:, k : k + 1] * b[k] for k in range(a.shape[1]))
a, b = torch.randn(32, 512, generator=seed), torch.randn(512, 32, generator=seed)
assert (0.1 + 0.2) + 0.3 != 0.1 + (0.2 + 0.3), "floats round after each addition"
assert not torch.equal(a @ b, a.flip(1) @ b.flip(0)), "same terms, another order"
assert torch.equal(ordered(a, b), phases.ordered_matmul(a, b)), "our order is the library's"

# %% [markdown]
# Where bits can't agree, *TOPLOC* compares with a tolerance: it commits to the 128 largest of 32 tokens' last hidden states by a polynomial (lesson 01) of 258 bytes, two for each of 128 coefficients and for a modulus. Another GPU's noise passes; another prompt doesn't.

# %%
hidden, noise = (torch.randn(32, 96, generator=seed) for _ in range(2))
told = phases.commit(hidden)
assert len(told[0]) == 258 and phases.verify(hidden + noise / 1000, told), "another GPU's last bits"
rejects(phases.verify, hidden.flip(0), told, because="another prompt")

# %% [markdown]
# ### Who checks when nobody cheats?
# Checking costs 1. Catching a liar brings 50, his bond; a lie that passes brings him 20. If nobody lies, checking only costs; if nobody checks, lying pays. The market rests where *both are indifferent*:
#
# * a checker, if rate of lies · 50 = 1;
# * a liar, if (1 − rate of checks) · 20 = rate of checks · 50.
#
# **Predict** both rates. And with twice the bond?
#
# <details><summary>Answer</summary>2 % lies; 20/70 = 29 % checks. With 100: 1 % lies and 20/120 = 17 % checks. No bond brings lies to zero.</details>

# %%
bet = incentives.Market(n_verifiers=1, check_cost=1, catch_reward=50, cheat_gain=20, cheat_loss=50)
assert np.allclose(incentives.equilibrium(bet), (1 / 50, 20 / (20 + 50))), "as by hand"

# %% [markdown]
# Two remedies make checking worthwhile. An **attention challenge** calls a *validator* (somebody paid to recompute) if a hash of its address, the *result* and a nonce is small. Only who has the result knows in time. Silence when called, or answering uncalled, costs `slash`. Guessing "not called" errs with chance p, so computing pays if slash > cost / p.
#
# **Proof of sampling** has an answer recomputed with chance p, by v validators; a part r of all *colludes*, covers up for the cheat. With cost C, reward R and stake S, honesty earns R − C. A cheat saves C, but unless all v collude he loses R and S: he earns R − p(1 − rᵛ)(R + S). So honesty is best if p > C / ((1 − rᵛ)(R + S)).


# %%
def called(address: bytes, result: bytes, nonce: bytes, one_in: int) -> bool:
    return int.from_bytes(keccak256(address, result, nonce), "big") < 2**256 // one_in


drawn = [(rng.randbytes(20), rng.randbytes(32), rng.randbytes(32)) for _ in range(3000)]
calls = [called(*one, 10) for one in drawn]
assert calls == [incentives.is_called(*one, 1, 10) for one in drawn], "as the library"
assert 240 < sum(calls) < 360, "one in ten"
job = incentives.Terms(cost=1, reward=2, slash=50, colluding=0.1, n_validators=2)
p = 1 / ((1 - 0.1**2) * (2 + 50))  # checking 2 % is enough
assert job.cheating_payoff(0.99 * p) > 1 > job.cheating_payoff(1.01 * p), "honesty earns 2 − 1"

# %% [markdown]
# ## Check yourself
# Predict, then run the cells.
# 1. Rounds for 46 billion steps in one phase? For 8,745 nodes of at most 114,784,072 steps in two?
# 2. Clock 600 s, extension 60 s. The proposer moves after 580 s. How much is left to him?
# 3. In his next turn he takes 59 s. And now?
# 4. A validator is called one time in 20; computing costs 1. From which slash on does it pay?
# 5. A friend challenges Lou's true claim and loses (bonds 1 and 0.2 ETH, a tenth burned). What have they lost together?
# 6. Lou uses other weights, invents node 4's output, or flips a bit in node 9. Which of `starts_right`, `ends_right`, one step catches each?

# %% tags=["nbval-check-output"]
rounds_for = lambda steps: (steps - 1).bit_length()
print("1.", rounds_for(46_447_862_442), rounds_for(8_745) + rounds_for(114_784_072))
clock = Clock(seconds=600, extension=60)
clock.moved("proposer", 580)
print("2.", clock.left["proposer"])
clock.moved("challenger", 590)
clock.moved("proposer", 649)
print("3.", clock.left["proposer"])
print("4.", incentives.Attention(probability=1 / 20, cost=1, slash=0).smallest_slash)
print("5.", payout("proposer", BONDS, burn_bps=1000)["treasury"] / ETH)

# %% tags=["nbval-check-output"]
believes = lambda *shown: True
swapped = phases.Graph(graph.nodes, [bytes(reversed(w)) for w in graph.weights])
thief = phases.honest_party(swapped, inputs)
inventor = phases.Party(phases.execute(graph, inputs, {4: bytes(40)}))  # all zeros
for trick, party in {"weights": thief, "output": inventor, "bit": bad}.items():
    start = two_phases(party, good, starts_right, believes)[1] is None
    end = two_phases(party, good, believes, ends_right)[1] is None
    one_step = two_phases(party, good, believes, believes)[2] == "challenger"
    caught = start * ["starts_right"] + end * ["ends_right"] + one_step * ["one step"]
    print(f"6. {trick}:", *caught)
    assert len(caught) == 1, "one each: none can be left out"

# %% [markdown]
# ## See
# **Figure 3.** Where the market rests. Do more *verifiers* help? (No: they share the reward.) Let the penalty for lacking *attention* reach 100 % of a check's cost: lies fall to 0, below the scale.

# %%
explore(draw_market, bond=(5, 200, 5), verifiers=(1, 10), attention=(0, 100, 10))

# %% [markdown]
# **Figure 4.** Many liars against one honest party. In turn, each costs up to two clocks. In Arbitrum's *BoLD* all quarrel at once. A claim about a stretch of steps is an *edge*; its clock runs while it is *unrivalled*: nobody claims another end. Equal edges share every move, and no number of liars moves the bound.

# %%
draw_delay()

# %% [markdown]
# ## Break it
# ### A game without clocks
# ORA's demo contract has neither clock nor bond. Let ours lose its clock: no timeouts, and when the window ends the claim is final.
#
# **Predict:** what does a liar do?
#
# <details><summary>Answer</summary>Nothing: he posts a false claim and is silent. The honest challenger's bond stays locked.</details>


# %%
class Timeless(games.Referee):
    def timeout(self, by: str, t: int, number: int) -> None:
        raise refusals.ClockRunning("there is no clock")

    def finalize(self, by: str, t: int) -> None:
        self.claim = "final"


silent = games.SilentProposer("proposer", false)
assert games.play(Timeless(terms), silent, [accuser]).claim == "final", "the nine is final"
assert games.play(games.Referee(terms), silent, [accuser]).claim == "rejected", "silence loses"

# %% [markdown]
# ### A liar about the step count
# This one tells nothing but the truth: the state after half of the steps, as if it were the end.
#
# **Predict:** what can Ann dispute?
#
# <details><summary>Answer</summary>Nothing: every hash is right. So the referee must look at the claim itself: has the machine stopped, and after exactly n steps?</details>


# %%
class Gullible(games.Referee):
    def propose(self, by, t, wei, s0, n_steps, final) -> None:
        # Any state will do.
        self.claim, self.proposer, self.proposed_at, self.now = "pending", by, t, t
        self.n_steps, self.final_hash, self.locked_wei = n_steps, final.hash, wei


half = machine.run(task, max_steps=n // 2)
fooled = games.play(Gullible(terms), games.Proposer("proposer", half), [accuser])
assert (fooled.claim, len(fooled.games)) == ("final", 0), "half a run, and nobody objects"
propose = lambda *said: games.Referee(terms).propose("Lou", 0, ETH, terms.s0, *said)
rejects(propose, n // 2, half.final, raises=refusals.FinalNotHalted, because="it still runs")
rejects(propose, n - 1, honest.final, raises=refusals.StepCountMismatch, because="it made n")

# %% [markdown]
# Who *pretends* that the machine stopped, or goes on, must lie about a step, and bisection finds it:

# %%
for fault, first in ((games.Fault("halt", at=1000), 1000), (games.Fault("pad", extra=5), n + 1)):
    verdict = games.dispute(games.lie(honest, fault), honest)
    assert (verdict.winner, verdict.search.hi) == ("challenger", first), fault.kind

# %% [markdown]
# ### A border on trust
# Lou computes honestly, but with *other weights*. The referee trusts him at the border.
#
# **Predict:** what does the one executed step say?
#
# <details><summary>Answer</summary>That Lou is right! The machines differ from state 0 on, where bisection <em>assumes</em> agreement; from his start each step is correct.</details>

# %%
for party in (thief, inventor):  # other weights, an invented output
    assert two_phases(party, good, believes, believes)[2] == "proposer", "he wins on trust"
    assert two_phases(party, good, *checks)[1:] == (None, "challenger"), "proofs refuse him"

# %% [markdown]
# ## Real system
# The first four suites come from our own second implementation, written from the specification. The other five are foreign: Optimism's FaultDisputeGame v1.2.0 answered (`fdg_*`); Arbitrum's libraries (`bold`) and the published `toploc` agreed.

# %% tags=["nbval-check-output"]
names = "bisect dispute two_phase phase_boundary fdg_bond fdg_position fdg_game bold toploc"
for name in names.split():
    report = conform.run(conform.load(Path(f"../tests/vectors/opml.{name}.json")))
    assert report.ok, f"{name}: {report.failures[:1]}"
    print(report)

# %% [markdown]
# | |here |Optimism's game |Arbitrum's BoLD |opML's demo contract|
# |-|-|-|-|-|
# |players |one proposer, a game per challenger |anybody attacks or defends any claim |all against all |one against one|
# |clock a side |84 h, extension 3 h |84 h, extension 3 h |6.4 days unrivalled |none|
# |bond |1 and 0.2 ETH |0.08 to 60 ETH by depth, 691 along a path |3,600 ETH |none|
# |many liars |a game each, in parallel |cost grows with their tree |delay bounded |–|
# |a digit's dispute |21 rounds, 2.5 M gas |– |– |"within 2 minutes"|
# |border |proven both ways |– |– |believed|

# %% [markdown]
# ## Exercises
# Replace `raise NotImplementedError`, run the checks. Worked notebooks: `./course solutions`.
#
# ### ★ How many segments? (10 min)
# With k segments, k − 1 hashes are posted a round, and n steps take r rounds, the smallest with kʳ ≥ n. A round costs `post + (k − 2) · extra + choose` gas. (On our chain `extra`, each further hash, is 5,512: 5,000 to overwrite a storage word, 512 for 32 bytes of calldata.) Write `cheapest(n, post, extra, choose)`: the k from 2 to 16 with the least gas; of equals the smallest.
#
# <details><summary>Hint</summary>Count rounds in a loop, since logarithms round. <code>min(..., key=...)</code> takes the first of equals.</details>


# %% exercise="ex14_1"
def cheapest(n: int, post: int, extra: int, choose: int) -> int:
    """The number of segments with the least gas. About 6 lines."""

    ### BEGIN SOLUTION
    def gas(k: int) -> int:
        rounds = 0
        while k**rounds < n:
            rounds += 1
        return rounds * (post + (k - 2) * extra + choose)

    return min(range(2, 17), key=gas)
    ### END SOLUTION


# %% test="ex14_1_gas" points=2
best = cheapest(2_017_508, 46_000, 5_512, 47_000)
assert type(best) is int and best == 8, "7 rounds of 8 segments: less than half of 21 rounds of 2"
assert cheapest(243, 1, 1000, 1) == 2, "where hashes are dear"
assert cheapest(3**4, 80, 10, 80) == 9, "exactly two rounds of 9"
### BEGIN HIDDEN TESTS
import random as _random

from aicrypto.opml.phases.cost import n_rounds as _n_rounds

_rng = _random.Random(141)
for _ in range(200):
    _n = _rng.choice([_rng.randrange(1, 10**9), 5**6, 7**5, 2**30])
    _prices = [_rng.randrange(1, 60_000) for _ in range(3)]
    _gas = [
        (_n_rounds(_n, _k) * (_prices[0] + (_k - 2) * _prices[1] + _prices[2]), _k)
        for _k in range(2, 17)
    ]
    _got = cheapest(_n, *_prices)
    assert type(_got) is int, "a whole number"
    assert _got == min(_gas)[1], f"n = {_n}, prices {_prices}"
### END HIDDEN TESTS

# %% [markdown]
# ### ★★ Many segments (30 min)
# Write `search(proposer, challenger, n, k)` for k segments. Both players are functions from a number to a hash. An interval [lo, hi] is cut into j = min(k, hi − lo) segments at lo + ⌊(hi − lo)·i/j⌋. The challenger takes the *first* segment whose right end differs, or the last if no *inner* point does. Return `(lo, hi, chosen)`, the numbers of the segments chosen.
#
# <details><summary>Hint 1</summary>All points first; then look at the inner ones, from the left.</details>
# <details><summary>Hint 2</summary><code>next((i for i, p in enumerate(inner) if differ(p)), len(inner))</code>: segment i ends at inner point i.</details>


# %% exercise="ex14_2"
def search(proposer, challenger, n: int, k: int) -> tuple:
    """Neighbours in dispute and the segments chosen. About 9 lines."""
    ### BEGIN SOLUTION
    lo, hi, chosen = 0, n, []
    while hi - lo > 1:
        j = min(k, hi - lo)
        points = [lo + (hi - lo) * i // j for i in range(j + 1)]
        inner = points[1:-1]
        differs = (i for i, p in enumerate(inner) if proposer(p) != challenger(p))
        chosen.append(next(differs, len(inner)))
        lo, hi = points[chosen[-1]], points[chosen[-1] + 1]
    return lo, hi, chosen
    ### END SOLUTION


# %% test="ex14_2_finds" points=2
right, wrong = (lambda i: bytes([i, 0])), (lambda i: bytes([i, i >= 41]))
got = search(wrong, right, 64, 4)
assert type(got) is tuple and got == (40, 41, [2, 2, 0]), "16, 32, 48; then 36, 40, 44; then 41"
assert search(wrong, right, 64, 64) == (40, 41, [40]), "one round"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(142)
for _ in range(100):
    _n, _k = _rng.randrange(1, 250), _rng.randrange(2, 12)
    _lie = _rng.randrange(1, _n + 1)
    _said = lambda i, at=_lie: bytes([i, i >= at])
    _want = games.search(_said, right, _n, _k)
    _got = search(_said, right, _n, _k)
    assert type(_got) is tuple, "a tuple"
    assert _got == (_want.lo, _want.hi, _want.segments), f"n = {_n}, k = {_k}"
### END HIDDEN TESTS

# %% test="ex14_2_any" points=2
got = search(right, right, 10, 4)
assert type(got) is tuple and got == (9, 10, [3, 2]), "baseless: 0 2 5 7 10, then 7 8 9 10"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(143)
for _ in range(100):
    _n, _k = _rng.randrange(1, 250), _rng.randrange(2, 12)
    _false = {_i for _i in range(_n + 1) if _rng.random() < 0.3}
    _said = lambda i, false=frozenset(_false): bytes([i, i in false])
    _want = games.search(_said, right, _n, _k)
    _got = search(_said, right, _n, _k)
    assert type(_got) is tuple, "a tuple"
    assert _got == (_want.lo, _want.hi, _want.segments), "also for inconsistent liars"
### END HIDDEN TESTS

# %% [markdown]
# ### ★★★ A state hash that forgets the registers (open)
# A referee's state hash covers memory, program counter and step, but *not the registers*. So whoever proves the last step may show any of many states. Let that step be a `sw` (store word): instruction i, four little-endian bytes at `pc % 32` of the instruction proof, stores the register named in bits 24–20 at the address in the register named in bits 19–15, plus a signed offset (bits 31–25, then 11–7). Write `forged(state, insn_proof, address, value)`: a state with the same weak hash whose step writes `value` at `address`. The two registers differ, neither is x0. (Open end: which other instructions can be forged?)
#
# <details><summary>Hint</summary>With b = i >> 25 << 5 | i >> 7 & 31 the offset is b, or b − 4096 if b ≥ 2048. <code>replace(state, regs=...)</code> copies a state; registers hold 0 to 2³² − 1.</details>


# %% exercise="ex14_3"
def forged(state, insn_proof: bytes, address: int, value: int):
    """A state with the same weak hash that stores as wanted. About 8 lines."""
    ### BEGIN SOLUTION
    at = state.pc % 32
    i = int.from_bytes(insn_proof[at : at + 4], "little")
    bits = i >> 25 << 5 | i >> 7 & 31
    offset = bits - 4096 if bits >= 2048 else bits
    regs = list(state.regs)
    regs[i >> 15 & 31] = (address - offset) % 2**32
    regs[i >> 20 & 31] = value
    return replace(state, regs=tuple(regs))
    ### END SOLUTION


# %% test="ex14_3_forgery" points=3
store = machine.Image([(0x1000, assemble("sw a0, -8(a1)"))], regs={10: 7, 11: 0x100008})
tree, agreed, place = store.tree, store.start, 0x32000004
lied = forged(agreed, tree.proof(0x1000), place, 9)
assert type(lied) is machine.State, "a state"
assert replace(lied, regs=agreed.regs).hash == agreed.hash, "nothing but registers may differ"
after = machine.step(lied, tree.proof(0x1000), tree.proof(place))
wanted = tree.with_bytes(place, (9).to_bytes(4, "little"))
assert after.mem_root == wanted.root, "the honest program writes 9 where the answer stands"
### BEGIN HIDDEN TESTS
import random as _random

_rng = _random.Random(144)
for _ in range(40):
    _rs1, _rs2 = _rng.sample(range(1, 32), 2)
    _line = f"sw x{_rs2}, {_rng.randrange(-2048, 2048)}(x{_rs1})"
    _pc = 0x1000 + 4 * _rng.randrange(8)
    _image = machine.Image([(_pc, assemble(_line))], _pc, {_r: 4 * _r for _r in range(1, 32)})
    _to, _value = 4 * _rng.randrange(1 << 20, 1 << 30), _rng.randrange(2**32)
    _proof = _image.tree.proof(_pc)
    _lied = forged(_image.start, _proof, _to, _value)
    assert type(_lied) is machine.State, "a state"
    _kept = replace(_lied, regs=_image.start.regs)
    assert type(_kept) is machine.State and _kept.hash == _image.start.hash, "the rest stays"
    _after = machine.step(_lied, _proof, _image.tree.proof(_to))
    _wanted = _image.tree.with_bytes(_to, _value.to_bytes(4, "little"))
    assert (_after.exited, _after.mem_root) == (0, _wanted.root), _line
### END HIDDEN TESTS

# %% [markdown]
# ## Summary
# Three numbers to remember: **21** rounds find one false instruction among two million, **41** in two phases (36 in one) among a large model's 46 billion; the whole dispute costs **2.5 million gas**, its one executed instruction 0.15 million (50,000 to show and execute it, the rest records the verdict and pays); **2 %** of claims would be false if only a bond of fifty checks kept them true.
#
# One honest challenger is enough: clocks make silence lose, bonds make lies cost, a proven border stops other weights. But somebody *must look*, and everybody waits a week. Lesson 15 puts such answers behind an oracle.

# %% [markdown]
# ## Further reading
# * *opML*, arXiv 2401.17555: multi-phase games and incentives; hyperoracle/opml, `Challenge.sol`, for what a demo leaves out.
# * npm @eth-optimism/contracts-bedrock 0.17.3, `FaultDisputeGame.sol`: `move`, `step`, `resolveClaim`, beside `aicrypto/opml/games/production`.
# * npm @arbitrum/nitro-contracts 3.2.0, `EdgeChallengeManagerLib.sol`: edges.
# * *Verde*, arXiv 2502.19405: disputes about training, and operators with a fixed order.
# * *TOPLOC*, arXiv 2501.16007: what a swapped precision does to the largest activations.
