"""How often tests try random cases: a few times each day, hundreds in `make test-long`."""

import os

ROUNDS = int(os.environ.get("ZLD_ROUNDS", "10"))
