"""Hypothesis profiles for the whole suite; pytest itself turns the fault handler on, and dumps every stack at a hang.

`dev` looks for new counterexamples on every run. `ci`, chosen where the variable CI is set, draws the same examples
every time, so that a red build is the fault of its commit. Neither has a deadline: the machine's load is not a defect.
"""

import os

from hypothesis import HealthCheck, settings

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile(
    "ci",
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ci" if os.environ.get("CI") else "dev")
