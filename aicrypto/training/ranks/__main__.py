"""`python -m aicrypto.training.ranks`: one rank under torchrun, or several on this machine."""

import sys

from aicrypto.training.ranks.script import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
