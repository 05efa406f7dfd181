"""How loops are compiled: numba's options, and a cache that notices every change.

numba keeps compiled functions in files and compiles again where the file that defines a function
has changed. It does not look at other files whose functions were compiled into that one. So the
cache is a folder named after the sources that others build on: change one of them, and everything
is compiled anew, once.
"""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from numba.core import config

HERE = Path(__file__).parent
SETTINGS = vars(config)  # numba's own, from the environment
# Their functions are compiled into those of other modules.
SHARED = (
    "jit.py",
    *(f"words/{name}.py" for name in ("arithmetic", "butterflies", "loops", "points")),
    *(f"talk/{name}.py" for name in ("follow", "layers", "sha256", "talking")),
)

# Becomes part of its callers before they are optimised: for the bodies of vector loops.
inlined = numba.njit(error_model="numpy", forceinline=True)
# Compiled once, called or not as the optimiser sees fit: quicker to compile.
called = numba.njit(error_model="numpy", nogil=True)


def cache_folder() -> Path:
    """Where compiled loops are kept; below numba's own folder if one is set."""
    sources = b"".join((HERE / name).read_bytes() for name in SHARED)
    parent = Path(SETTINGS["CACHE_DIR"] or HERE / "__pycache__")
    return parent / f"loops-{hashlib.sha256(sources).hexdigest()[:16]}"


def sweep() -> int:
    """The number of folders removed that earlier sources left beside this one."""
    old = [folder for folder in (HERE / "__pycache__").glob("loops-*") if folder != _FOLDER]
    for folder in old:
        shutil.rmtree(folder, ignore_errors=True)
    return len(old)


def compiled(signature: Any) -> Callable[[Callable[..., Any]], Any]:
    """A decorator: compiles for the signature at once, or takes from the cache what was compiled.

    numba learns of the folder by a variable of its own and reads that when it makes a function.
    """

    def compile_function(function: Callable[..., Any]) -> Any:
        before = SETTINGS["CACHE_DIR"]
        SETTINGS["CACHE_DIR"] = str(_FOLDER)
        try:
            return numba.njit(signature, cache=True, error_model="numpy", nogil=True)(function)
        finally:
            SETTINGS["CACHE_DIR"] = before

    return compile_function


_FOLDER = cache_folder()
