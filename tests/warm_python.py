"""`python -m MODULE`, forked from a process that has already imported what takes seconds.

Grading one lesson starts eight kernels for dishonest submissions, and each would import torch. A
kernel that is forked here differs from any other in that alone: it has its own arguments, folder,
environment and streams, is interrupted and killed as usual, and imports the library by itself.
Linux only; elsewhere `served` gives None, and its users start an ordinary Python.

    with served("torch") as python:
        subprocess.run([*python, "timeit", "-n", "1", "import torch"])
"""

import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MAX_REQUEST_BYTES = 1 << 17
STREAMS = [0, 1, 2]
KERNEL_IMPORTS = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.zmqshell",
    "ipywidgets",
    "jaxtyping",
    "numba",
    "plotly.basedatatypes",
    "plotly.graph_objects",
    "sympy",
    "torch",
)


@contextmanager
def served(*modules: str) -> Iterator[list[str] | None]:
    """The beginning of a command that does what `python -m` does, with `modules` imported."""
    if not hasattr(os, "pidfd_open"):
        yield None
        return
    with tempfile.TemporaryDirectory() as folder, _socket() as listener:
        path = str(Path(folder, "socket"))
        listener.bind(path)
        listener.listen(64)
        with subprocess.Popen(
            [sys.executable, "-P", __file__, "serve", str(listener.fileno()), *modules],
            pass_fds=[listener.fileno()],
            stdin=subprocess.PIPE,  # closed when we end, however we end
            start_new_session=True,
        ):
            listener.close()  # now the server's alone: where it has died, callers are refused
            yield [sys.executable, "-ISP", __file__, "run", path]


@contextmanager
def kernels() -> Iterator[dict[str, str]]:
    """Environment variables with which Jupyter's `python3` is a kernel forked here."""
    with served(*KERNEL_IMPORTS) as python, tempfile.TemporaryDirectory() as folder:
        if python is None:
            yield {}
            return
        spec = Path(folder, "kernels", "python3", "kernel.json")
        spec.parent.mkdir(parents=True)
        argv = [*python, "ipykernel_launcher", "-f", "{connection_file}"]
        names = {"display_name": "Python 3", "language": "python"}
        spec.write_text(json.dumps({"argv": argv, **names}))
        yield {"JUPYTER_PATH": folder}


def _socket() -> socket.socket:
    return socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def run(path: str, *argv: str) -> int:
    """Exit status of `python -m ARGV`, forked by the server at `path`; passes signals on."""
    with _socket() as server:
        server.connect(path)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda number, _: server.send(bytes([number])))
        request = {"argv": argv, "folder": str(Path.cwd()), "environment": dict(os.environ)}
        socket.send_fds(server, [json.dumps(request).encode()], STREAMS)
        status = server.recv(1)
    return status[0] if status else 1


def serve(listener: socket.socket, *modules: str) -> None:
    """Forks for each connection until standard input ends; kills what has lost its caller."""
    for module in modules:
        importlib.import_module(module)
    if "numba" in sys.modules:  # its first compilation imports for half a second more
        sys.modules["numba"].njit("int64(int64)")(lambda number: number)
    with selectors.DefaultSelector() as events:
        events.register(0, selectors.EVENT_READ, lambda: sys.exit(0))
        events.register(listener, selectors.EVENT_READ, lambda: _accept(listener, events))
        while True:
            for key, _ in events.select():
                if key.fd in events.get_map():  # an earlier one of this round may have ended it
                    key.data()


def _accept(listener: socket.socket, events: selectors.BaseSelector) -> None:
    """Forks a process for the next caller, and has both watched."""
    caller, _ = listener.accept()
    request, streams, *_ = socket.recv_fds(caller, MAX_REQUEST_BYTES, len(STREAMS))
    process = os.fork()
    if not process:
        listener.close()
        events.close()
        _become(streams=streams, caller=caller, **json.loads(request))
    for stream in streams:
        os.close(stream)
    ended = os.pidfd_open(process)

    def signalled() -> None:
        number = caller.recv(1)
        os.killpg(process, number[0] if number else signal.SIGKILL)

    def reaped() -> None:
        _, status = os.waitpid(process, 0)
        events.unregister(caller)
        events.unregister(ended)
        os.close(ended)
        with caller, suppress(OSError):  # the caller may be gone
            caller.send(bytes([os.waitstatus_to_exitcode(status) & 0xFF]))

    events.register(caller, selectors.EVENT_READ, signalled)
    events.register(ended, selectors.EVENT_READ, reaped)


def _become(
    argv: list[str],
    folder: str,
    environment: dict[str, str],
    streams: list[int],
    caller: socket.socket,
) -> None:
    """Runs `python -m ARGV` in this process, as its caller would, and ends."""
    status = 1
    try:
        caller.close()
        os.setsid()
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        if "JPY_PARENT_PID" in os.environ:  # a kernel ends with this process
            os.environ["JPY_PARENT_PID"] = str(os.getppid())
        for own, stream in zip(STREAMS, streams, strict=True):
            os.dup2(stream, own)
            os.close(stream)
        sys.argv = argv
        runpy.run_module(argv[0], run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    _, task, where, *words = sys.argv
    if task == "run":
        sys.exit(run(where, *words))
    serve(socket.socket(fileno=int(where)), *words)
