"""Decentralised AI from scratch: one small room per mechanism, and a pipeline that joins them.

Importing this package loads nothing else; import the room you need, for example
`from aicrypto.commit import merkle`.
"""

__version__ = "0.1.0"
