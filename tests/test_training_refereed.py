"""Refereed training: honest runs agree to the bit, every lie is found at its operator."""

from dataclasses import dataclass, replace

import pytest
import torch

from aicrypto.training import refereed
from aicrypto.training.diloco import AdamW, Moments, inner_steps
from aicrypto.training.language import Language, Model
from aicrypto.training.refereed import (
    Fault,
    Job,
    Provider,
    Transcript,
    dispute,
    program,
    provider,
    settle,
    tournament,
)
from aicrypto.training.refereed import operators as exact
from aicrypto.training.refereed.program import PARAMETERS, PROGRAM

N_STEPS = 6
MODEL, RULE = Model(4, 8), AdamW(lr=3e-3)


def made_job():
    x, y = Language().pages(5, 2, 12)
    batches = tuple((x[i : i + 4], y[i : i + 4]) for i in range(0, 4 * N_STEPS, 4))
    return Job(MODEL.layout.split(MODEL.start(0)), batches, RULE)


JOB = made_job()


def salt(byte):
    return bytes([byte]) * 32


HONEST = Provider("ada", JOB, salt(1))


def changed(t):
    return t + 1 if t.is_floating_point() else (t + 1) % 32


def liar(step=4, operator=9, name="lou"):
    return Provider(name, JOB, salt(2), Fault(step, operator, changed))


def test_exact_exponential():
    x = -torch.rand(20_000, generator=torch.Generator().manual_seed(0)) * 87
    truth = x.double().exp()
    assert ((exact.exp(x).double() - truth).abs() / truth).max() < 2e-7
    assert exact.exp(torch.tensor([0.0, -500.0])).tolist() == [1.0, 0.0]


def test_softmax_gradient_is_autograds():
    z = torch.randn(5, 7, generator=torch.Generator().manual_seed(1), requires_grad=True)
    y = torch.arange(5)
    (wanted,) = torch.autograd.grad(torch.nn.functional.cross_entropy(z, y), z)
    assert torch.allclose(exact.softmax_gradient(z.detach(), y), wanted, atol=1e-7)


def test_the_program_trains_as_autograd_does():

    def gradient(theta, step):
        return MODEL.gradient(theta, JOB.batches[step])

    start = MODEL.start(0)
    wanted, _ = inner_steps(start, gradient, N_STEPS, RULE, Moments.fresh(start))
    got = MODEL.layout.join({name: HONEST.states[-1][name] for name in PARAMETERS})
    assert torch.allclose(got, wanted, atol=1e-6)


def test_honest_providers_agree():
    assert dispute(JOB, HONEST, Provider("bea", JOB, salt(3))).reason == "agree"


@pytest.mark.parametrize("operator", range(1, len(PROGRAM) + 1))
def test_a_lie_is_found_at_its_operator(operator):
    ruling = dispute(JOB, HONEST, liar(3, operator))
    assert (ruling.cheater, ruling.step, ruling.operator) == ("B", 3, operator)
    assert ruling.rounds <= 3 + 5  # log2 of 6 steps and of 32 operators
    assert PROGRAM[operator - 1].kind


@pytest.mark.parametrize("step", range(1, N_STEPS + 1))
def test_in_every_step_and_on_either_side(step):
    assert dispute(JOB, liar(step), HONEST).cheater == "A"


def test_two_liars_are_both_convicted_where_they_part():
    ruling = dispute(JOB, liar(2, 5), liar(2, 5, "lex"))
    assert ruling.reason == "agree", "the same lie is no quarrel: that takes a third provider"
    bigger = Provider("lex", JOB, salt(4), Fault(2, 5, lambda t: t + 2))
    assert dispute(JOB, liar(2, 5), bigger).cheater == "both"


def test_one_honest_among_many_wins():
    liars = [liar(step, 9, f"lou {step}") for step in (1, 3, 5)]
    assert tournament(JOB, [liars[0], liars[1], HONEST, liars[2]]) is HONEST


def test_silence_loses_whenever_it_starts():
    full = liar()
    dispute(JOB, HONEST, full)
    n_answers = len(full._asked)
    for answers in range(n_answers):
        ruling = dispute(JOB, HONEST, replace(liar(), answers=answers, _asked=[]))
        assert ruling.cheater == "B", answers
        assert ruling.reason in ("silent", "operator")
    assert dispute(JOB, replace(HONEST, answers=0, _asked=[]), full).cheater == "A"


@dataclass(frozen=True)
class Parrot(Provider):
    """Does no work: answers every question with what another provider says."""

    other: Provider = HONEST

    def reveal(self):
        return self.other.reveal()

    def checkpoint(self, number):
        return self.other.checkpoint(number)


def test_a_parrot_is_paid_without_commitments_and_refused_with_them():
    parrot = Parrot("pol", JOB)
    after_the_fact = provider.commitment("pol", salt(1), HONEST.root)  # made when all is said
    assert dispute(JOB, HONEST, parrot, (HONEST.commitment, after_the_fact)).reason == "agree"
    for copied in (HONEST.commitment, provider.commitment("pol", salt(9), bytes(32))):
        ruling = dispute(JOB, HONEST, parrot, (HONEST.commitment, copied))
        assert (ruling.cheater, ruling.reason) == ("B", "not committed")


@dataclass(frozen=True)
class Turncoat(Provider):
    """Committed to a lie, but answers with the honest run once the quarrel is about it."""

    def checkpoint(self, number):
        digest, path = super().checkpoint(number)
        return (HONEST.hashes[number] if number == 4 else digest), path


def test_answers_must_be_the_committed_ones():
    other = Turncoat("lou", JOB, salt(2), Fault(4, 9, lambda t: t + 1))
    assert dispute(JOB, HONEST, other).reason == "not committed"


@dataclass(frozen=True)
class Detached(Provider):
    """Shows an honest step inside a dishonest checkpoint."""

    def operator(self, step, number):
        return HONEST.operator(step, number)


def test_the_ends_of_a_step_are_its_checkpoints():
    other = Detached("lou", JOB, salt(2), Fault(4, 9, lambda t: t + 1))
    assert dispute(JOB, HONEST, other).reason == "inconsistent"


def test_another_start_is_no_answer_to_this_job():
    other_start = MODEL.layout.split(MODEL.start(1))
    elsewhere = Provider("lou", Job(other_start, JOB.batches, RULE), salt(2))
    assert dispute(JOB, HONEST, elsewhere).reason == "inconsistent"


def test_other_data_are_found_where_they_are_loaded():
    batches = list(JOB.batches)
    batches[2] = batches[3]
    poisoned = Provider("lou", Job(JOB.parameters, batches, RULE), salt(2))
    ruling = dispute(JOB, HONEST, poisoned)
    assert (ruling.cheater, ruling.step) == ("B", 3)
    assert PROGRAM[ruling.operator - 1].kind == "load x"


def library_products(monkeypatch):
    """Honest work with the library's own product, whose order of summation is its own."""

    def fast(a, b):
        return (a.flip(1) @ b.flip(0)).contiguous()

    for kind, function in (
        ("multiply", fast),
        ("left transposed", lambda a, b: fast(a.T, b)),
        ("right transposed", lambda a, b: fast(a, b.T)),
    ):
        monkeypatch.setitem(program.PURE, kind, function)


def test_without_a_fixed_order_the_honest_lose(monkeypatch):
    with monkeypatch.context() as patch:
        library_products(patch)
        other_machine = Provider("bea", JOB, salt(3))
        assert len(other_machine.hashes) == N_STEPS + 1
    end = [p.states[-1]["w2"] for p in (HONEST, other_machine)]
    assert torch.allclose(*end, atol=1e-5), "the same work, as far as anybody would care"
    # From here on its states are fixed; the operators around the step in dispute are run anew.
    monkeypatch.setattr(Provider, "_around", _around_of(other_machine, monkeypatch))
    ruling = dispute(JOB, HONEST, other_machine)
    assert ruling.cheater == "B"


def _around_of(stranger, monkeypatch):
    plain = Provider._around

    def around(self, number, state):
        if self.name != stranger.name:
            return plain(self, number, state)
        with monkeypatch.context() as patch:
            library_products(patch)
            return plain(self, number, state)

    return around


def test_openings_are_held_against_the_agreed_hash():
    states = refereed.run_step(JOB, 1, JOB.start)
    for number, op in enumerate(PROGRAM, 1):
        before, after = (program.state_hash(s) for s in states[number - 1 : number + 1])
        opening = program.open_state(states[number - 1], op)
        assert refereed.check_opening(op, opening, before)
        assert program.leads_to(JOB, 1, op, opening, after)
        assert not program.leads_to(JOB, 1, op, opening, bytes(32))
        for bad in tampered(opening):
            assert not refereed.check_opening(op, bad, before), op


def tampered(opening):
    yield replace(opening, before=opening.before + b"x")
    yield replace(opening, path=opening.path[1:])
    yield replace(opening, path=(bytes(32), *opening.path[1:]))
    yield replace(opening, tensors=(*opening.tensors, torch.zeros(1)))
    for i, tensor in enumerate(opening.tensors):
        for other in (tensor + 1, tensor.reshape(1, -1), tensor.double()):
            tensors = (*opening.tensors[:i], other, *opening.tensors[i + 1 :])
            yield replace(opening, tensors=tensors)
        yield replace(opening, proofs=(*opening.proofs[:i], (), *opening.proofs[i + 1 :]))


def test_slots_that_no_operator_reads_convict_both():
    op = PROGRAM[3]
    bad = program.open_state({"e": torch.zeros(2, 3), "w1": torch.zeros(2, 3)}, op)
    assert not program.leads_to(JOB, 1, op, bad, bytes(32))


def test_slots_that_are_empty_convict_both():
    empty = dict.fromkeys(program.SLOTS)
    for op in PROGRAM:
        opening = program.open_state(empty, op)
        assert refereed.check_opening(op, opening, program.state_hash(empty))
        if op.inputs:
            assert not program.leads_to(JOB, 1, op, opening, program.state_hash(empty)), op
        words = replace(opening, tensors=("word",) * len(op.inputs))
        assert not op.inputs or not refereed.check_opening(op, words, program.state_hash(empty))


def test_transcripts_of_other_lengths_are_refused():
    two, three = (Transcript((b"a",) + (bytes([n]),) * n, (b"a", b"b")) for n in (1, 2))
    with pytest.raises(ValueError, match="2 and 3 hashes"):
        settle(two, three, lambda step, operator: b"")


@pytest.mark.parametrize(("a", "b"), [("xa", "yb"), ("xa", "xa"), ("xab", "xcb"), ("xa", "ya")])
def test_only_runs_that_part_have_a_first_difference(a, b):
    with pytest.raises(ValueError, match="begin alike and end differently"):
        refereed.transcript.first_difference(list(a), list(b))


def test_openings_without_bytes_show_nothing():
    op, before = PROGRAM[3], program.state_hash(JOB.start)
    good = program.open_state(JOB.start | {"e": torch.zeros(4, 16)}, op)
    bad = replace(good, tensors=(good.tensors[0].bfloat16(), good.tensors[1]))
    assert not refereed.check_opening(op, bad, before)


def test_a_revealed_salt_of_another_length_loses():
    class Short(Provider):
        def reveal(self):
            return b"short", self.root

    assert dispute(JOB, HONEST, Short("lou", JOB, salt(2))).reason == "not committed"


def test_a_salt_has_32_bytes():
    with pytest.raises(ValueError, match="salt has 2 bytes"):
        provider.commitment("ada", b"ab", bytes(32))
