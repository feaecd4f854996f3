"""One thread for each process of the tests: there is a process for each core, and threads that wait for one spin.

Said before any library with threads of its own is imported; the processes that tests start are given it too.
"""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

if os.environ.get("CI"):
    # The same examples every time: what is found by chance is found where somebody can look at it.
    from hypothesis import settings

    settings.register_profile("ci", derandomize=True)
    settings.load_profile("ci")
