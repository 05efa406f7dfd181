# %% [markdown]
# # 90 · Example
# *The smallest lesson that the build, the grader and the browser have to carry.*

# %% [markdown]
# ## Build

# %% tags=["setup"]
import hashlib

import plotly.graph_objects as go

from aicrypto.classroom import rejects
from aicrypto.viz import explore, figure

# %% tags=["nbval-check-output"]
print(hashlib.sha256(b"leaf").hexdigest()[:8])

# %%
text = """one
two"""
assert len(text.splitlines()) == 2, "two lines stand in the text"

# %% [markdown]
# ## See


# %%
def draw_sizes(n_leaves: int = 4) -> go.Figure:
    bars = go.Bar(x=[*range(n_leaves)], y=[32 * i for i in range(n_leaves)])
    return figure(bars, title="Sizes", x="leaf", y="size (bytes)")


explore(draw_sizes, n_leaves=(1, 9))

# %% [markdown]
# ## Exercises
# ★ Write both functions.


# %% exercise="ex90_1"
def digest(data: bytes) -> bytes:
    """The SHA-256 digest of `data`."""
    # about 1 line
    ### BEGIN SOLUTION
    return hashlib.sha256(data).digest()
    ### END SOLUTION


# %% test="ex90_1_a" points=2
assert type(digest(b"")) is bytes, "a digest is bytes"
assert digest(b"").hex().startswith("e3b0c442"), "the digest of nothing is known"
### BEGIN HIDDEN TESTS
for seed in range(20):
    data = bytes([seed]) * seed
    assert digest(data) == hashlib.sha256(data).digest(), "another digest"
### END HIDDEN TESTS

# %% test="ex90_1_b" points=1
two_lines = """a
b"""
assert isinstance(digest(two_lines.encode()), bytes), "a digest is bytes"
assert len(digest(two_lines.encode())) == 32, "a digest has 32 bytes"


# %% exercise="ex90_2"
def is_digest(data: bytes, claimed: bytes) -> bool:
    """Whether `claimed` is the SHA-256 digest of `data`."""
    # about 1 line
    ### BEGIN SOLUTION
    return hashlib.sha256(data).digest() == claimed
    ### END SOLUTION


# %% test="ex90_2_a" points=3
assert is_digest(b"", hashlib.sha256(b"").digest()) is True, "a right digest is accepted"
rejects(is_digest, b"", bytes(32), because="zeros are not the digest")
### BEGIN HIDDEN TESTS
rejects(is_digest, b"a", hashlib.sha256(b"b").digest(), because="it belongs to other data")
assert is_digest(b"b", hashlib.sha256(b"b").digest()) is True, "a right digest is accepted"
### END HIDDEN TESTS

# %% [markdown]
# ## Summary
# One hash, two exercises.
