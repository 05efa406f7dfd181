"""Suites of multi-phase disputes and of committed activations (opml.md)."""

from typing import Any

from aicrypto.conform.encoding import enhex, enhex_all, unhex, unhex_all
from aicrypto.conform.opml.disputes import fault_of, state_of, verdict_fields
from aicrypto.opml import phases


def phase_boundary(given: dict[str, Any]) -> dict[str, Any]:
    """`opml.phase_boundary`: roots of tensors and graphs, and both sides of the hand-over."""
    return _BOUNDARY[given["op"]](given)


def _tensor_root(given: dict[str, Any]) -> dict[str, Any]:
    return {"root": enhex(phases.tensor_root(unhex(given["data"])))}


def _graph_state(given: dict[str, Any]) -> dict[str, Any]:
    roots = [phases.tensor_root(data) for data in unhex_all(given["outputs"])]
    root = phases.graph_root(given["nodes"], roots)
    return {"root": enhex(root), "state": enhex(phases.graph_state(given["nodes"], roots))}


def _prestate(given: dict[str, Any]) -> dict[str, Any]:
    root = phases.code_root(unhex(given["code"]), given["code_base"])
    descriptor, inputs = unhex(given["descriptor"]), unhex_all(given["inputs"])
    before = phases.prestate(root, given["entry"], descriptor, inputs)
    return {
        "code_root": enhex(root),
        "mem_root": enhex(before.state.mem_root),
        "state_hash": enhex(before.state.hash),
    }


def _poststate(given: dict[str, Any]) -> dict[str, Any]:
    claimed = phases.tensor_root(unhex(given["claimed_output"]))
    siblings = unhex_all(given["siblings"])
    return {"valid": phases.is_valid_poststate(state_of(given["state"]), claimed, siblings)}


_BOUNDARY = {
    "tensor_root": _tensor_root,
    "graph_state": _graph_state,
    "prestate": _prestate,
    "poststate": _poststate,
}


def two_phase(given: dict[str, Any]) -> dict[str, Any]:
    """`opml.two_phase`: a chain of linear nodes, one of them computed wrongly."""
    graph = _chain_of_layers(unhex(given["program"]), given["layers"])
    inputs = [unhex(given["input"])]
    fault = given["fault"]
    liar = phases.lying_party(graph, inputs, fault["node"], fault_of(fault))
    honest = phases.honest_party(graph, inputs)
    parties = (liar, honest) if given["liar"] == "proposer" else (honest, liar)
    verdict = phases.dispute(graph, inputs, *parties, arity=given["arity"])
    states = enhex_all(verdict.states)
    if verdict.nodes is None or verdict.prestate is None or verdict.steps is None:
        return {"no_dispute": True, "states": states}
    nodes = verdict.nodes
    phase2 = {"rounds": len(nodes.rounds), "segments": nodes.segments, "node": nodes.lo}
    return {
        "states": states,
        "phase2": phase2,
        "prestate": enhex(verdict.prestate.state.hash),
        "phase1": verdict_fields(verdict.steps),
        "winner": verdict.winner,
    }


def _chain_of_layers(program: bytes, layers: list[dict[str, Any]]) -> phases.Graph:
    operator = phases.linear_operator(program)
    nodes, weights = [], list[bytes]()
    for number, layer in enumerate(layers):
        source = phases.Ref(phases.NODE, number - 1) if number else phases.Ref(phases.INPUT, 0)
        weight, bias = (phases.Ref(phases.WEIGHT, 2 * number + k) for k in (0, 1))
        is_last = int(number == len(layers) - 1)
        sizes = (layer[name] for name in ("n_in", "n_out", "mult", "shift"))
        nodes.append(phases.Node(operator, (source, weight, bias), (*sizes, is_last)))
        weights += [unhex(layer["weights"]), unhex(layer["bias"])]
    return phases.Graph(tuple(nodes), weights)


def toploc(given: dict[str, Any]) -> dict[str, Any]:
    """`opml.toploc`: commitments to the largest activations."""
    return _TOPLOC[given["op"]](given)


def _build(given: dict[str, Any]) -> dict[str, Any]:
    proof = phases.build(given["x"], given["y"])
    return {
        "modulus": proof.modulus,
        "coeffs": list(proof.coefficients),
        "proof": enhex(proof.to_bytes()),
    }


def _prove(given: dict[str, Any]) -> dict[str, Any]:
    return {"proof": enhex(phases.commit_bits(given["bits"], given["k"]).to_bytes())}


def _verify(given: dict[str, Any]) -> dict[str, Any]:
    proof = phases.ActivationProof.from_bytes(unhex(given["proof"]))
    deviation = phases.compare(proof, given["bits"])
    return {
        "exp_mismatches": deviation.exp_mismatches,
        "mant_err_mean": deviation.mant_err_mean,
        "mant_err_median": deviation.mant_err_median,
    }


def _evaluate(given: dict[str, Any]) -> dict[str, Any]:
    proof = phases.ActivationProof.from_bytes(unhex(given["proof"]))
    return {"value": proof.evaluate(given["x"])}


_TOPLOC = {"build": _build, "prove": _prove, "verify": _verify, "evaluate": _evaluate}
