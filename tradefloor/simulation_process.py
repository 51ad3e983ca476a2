"""The process of a simulation beside a floor: `python -m tradefloor.simulation_process simulate ...`.

It is the command line of the program, which ends with the floor that started it, also while a large fleet opens and it
has nothing to tell yet.
"""

from simulations.following import end_with_input
from tradefloor.__main__ import main

if __name__ == "__main__":
    end_with_input()
    main(prog_name="tradefloor")
