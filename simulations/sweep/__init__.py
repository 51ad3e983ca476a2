"""Many runs of one scenario, with keys varied and seeds repeated: what a setting costs, and what it brings."""
