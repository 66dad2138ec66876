"""How often tests that try many random cases do so: a few times each day, hundreds of times in `make test-long`."""

import os

ROUNDS = int(os.environ.get("ZLD_ROUNDS", "10"))
