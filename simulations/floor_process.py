"""The process of a floor of a divided run: `python -m simulations.floor_process DESCRIPTOR`, by which its line goes on.

What it needs is loaded after the collector of garbage is held off, which would look through it time and again. It ends
when its standard input does, which is a pipe that only the process that started it holds open.
"""

import sys
from multiprocessing.connection import Connection

from simulations.following import end_with_input
from simulations.settling import few_collections


def main() -> None:
    """Run the floor that comes over the line."""
    end_with_input()  # To find the line cut takes a floor until its next report, far off while many agents open.
    # Until the end of this process, which has nothing to do any more once it has sent what the floor leaves behind.
    with few_collections():
        from simulations.floor_serving import serve  # noqa: PLC0415 - with the collector held off

        serve(Connection(int(sys.argv[1])))


if __name__ == "__main__":
    main()
