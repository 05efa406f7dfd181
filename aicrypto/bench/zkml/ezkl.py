"""EZKL beside ours: a proof of the network 784-512-512-10, from one ONNX file, in one run.

EZKL (Halo2 with KZG) is the best known tool that turns a model into a proof. It is no dependency:
where it is not installed there is no record, and a warning says so. With it the comparison takes
two minutes and 5 GB, nearly all of that EZKL's.

Both sides' figure is the processor time of a proof, on all threads it takes: the witness is
included, import, calibration, keys and commitments to the model are not. Statements differ a
little: EZKL quantises to 13 bits after the point and hides the witness; ours are int8 and show
something of it. EZKL's reference string is made here, by somebody who could forge: its time is the
same as for a real one.
"""

import importlib
import importlib.util
import json
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float32
from torch import Tensor

from aicrypto import zkml
from aicrypto.bench import Record
from aicrypto.bench.zkml.inference import SEED, WIDTHS, float_network, milliseconds
from aicrypto.zkml.importing import from_onnx
from aicrypto.zkml.quantise import quantise

if TYPE_CHECKING:
    from onnx import ModelProto

CALIBRATION_ROWS, REPEATS = 256, 20
OPSET, IR_VERSION = 13, 8  # old enough for EZKL's reader
MODEL, ROWS, SETTINGS, CIRCUIT = "network.onnx", "x.json", "settings.json", "network.ezkl"
REFERENCE_STRING, VERIFYING_KEY, PROVING_KEY = "kzg.srs", "verifying.key", "proving.key"
WITNESS, PROOF = "witness.json", "proof.json"


def comparison() -> Iterator[Record]:
    """`zkml.vs_ezkl.b1`: a proof with public weights, beside EZKL's of the same ONNX model."""
    if importlib.util.find_spec("ezkl") is None:
        warnings.warn("ezkl is not installed: no record zkml.vs_ezkl.b1", stacklevel=2)
        return
    torch.manual_seed(SEED)
    pixels = torch.rand(CALIBRATION_ROWS, WIDTHS[0])
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / MODEL).write_bytes(_onnx_model().SerializeToString())
        (folder / ROWS).write_text(json.dumps({"input_data": [pixels[0].tolist()]}))
        ours = _our_seconds(folder / MODEL, pixels)
        version, theirs = _ezkl_seconds(folder)
    peer = f"EZKL {version} on the same ONNX model; CPU time of a proof, witness included"
    yield Record("zkml.vs_ezkl.b1", ours, "s", peer, theirs)


def prove_there(folder: Path) -> tuple[str, float]:
    """EZKL's version, and its seconds for witness and proof of the files in a folder.

    Raises:
        RuntimeError: if EZKL does not accept its own proof.
    """
    ezkl = importlib.import_module("ezkl")
    at = {name: str(folder / name) for name in (MODEL, ROWS, SETTINGS, CIRCUIT, WITNESS, PROOF)}
    keys = [str(folder / name) for name in (VERIFYING_KEY, PROVING_KEY, REFERENCE_STRING)]
    verifying_key, proving_key, reference = keys
    ezkl.gen_settings(at[MODEL], at[SETTINGS])
    ezkl.calibrate_settings(at[ROWS], at[MODEL], at[SETTINGS], "resources")
    ezkl.compile_circuit(at[MODEL], at[CIRCUIT], at[SETTINGS])
    ezkl.gen_srs(reference, json.loads(Path(at[SETTINGS]).read_text())["run_args"]["logrows"])
    ezkl.setup(at[CIRCUIT], verifying_key, proving_key, reference)
    start = time.process_time()
    ezkl.gen_witness(at[ROWS], at[CIRCUIT], at[WITNESS])
    ezkl.prove(at[WITNESS], at[CIRCUIT], proving_key, at[PROOF], reference)
    seconds = time.process_time() - start
    if not ezkl.verify(at[PROOF], at[SETTINGS], verifying_key, reference):
        raise RuntimeError("EZKL refuses its own proof")
    return str(ezkl.__version__), seconds


def _ezkl_seconds(folder: Path) -> tuple[str, float]:
    """`prove_there` in a process of its own: EZKL writes reports to standard output."""
    program = (
        "import json, sys; from pathlib import Path; from aicrypto.bench.zkml import ezkl\n"
        "print('\\n' + json.dumps(ezkl.prove_there(Path(sys.argv[1]))))"
    )
    command = [sys.executable, "-c", program, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    version, seconds = json.loads(done.stdout.splitlines()[-1])
    return version, seconds


def _our_seconds(model: Path, pixels: Float32[Tensor, "rows pixels"]) -> float:
    """The quickest of our proofs of the first row."""
    made = quantise(from_onnx(model), pixels)
    x = made.encode(pixels[:1])
    logits, proof = made.network.run(x).logits, zkml.prove(made.network, x)
    if not zkml.verify(made.network, x, logits, proof):
        raise RuntimeError("the proof was refused")
    return milliseconds(partial(zkml.prove, made.network, x), REPEATS) / 1e3


def _onnx_model() -> "ModelProto":
    """The float network as ONNX: Gemm, ReLU, Gemm, ..."""
    from onnx import TensorProto, helper, numpy_helper

    linears = [part for part in float_network() if isinstance(part, torch.nn.Linear)]
    nodes, constants, read = [], [], "x"
    for number, linear in enumerate(linears):
        for name, values in (("W", linear.weight), ("b", linear.bias)):
            array = values.detach().numpy()
            constants.append(numpy_helper.from_array(array, f"{name}{number}"))
        inputs = [read, f"W{number}", f"b{number}"]
        nodes.append(helper.make_node("Gemm", inputs, [f"z{number}"], transB=1))
        if number + 1 < len(linears):
            nodes.append(helper.make_node("Relu", [f"z{number}"], [f"a{number}"]))
        read = f"a{number}"
    x, logits = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, width])
        for name, width in (("x", WIDTHS[0]), (f"z{len(linears) - 1}", WIDTHS[-1]))
    )
    graph = helper.make_graph(nodes, "network", [x], [logits], constants)
    opset = [helper.make_opsetid("", OPSET)]
    return helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION)
