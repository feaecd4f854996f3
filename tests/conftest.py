"""What is settled before any test is read: one thread for each process, and compiled modules that are kept.

There is a test process for each core, and threads that wait for one spin. Said before any library with threads of
its own is imported; the processes that tests start are given it too.

Tests start some hundred Python processes. Where the environment tells Python to write no bytecode, each of them
would compile every module it imports, and pytest every test module, in each run anew.
"""

import os
import sys

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

if os.environ.get("CI"):
    # The same examples every time: what is found by chance is found where somebody can look at it.
    from hypothesis import settings

    settings.register_profile("ci", derandomize=True)
    settings.load_profile("ci")
