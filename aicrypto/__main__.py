"""`python -m aicrypto`."""

import sys

from aicrypto.cli import main

if __name__ == "__main__":
    sys.exit(main())
