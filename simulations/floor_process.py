"""The process of a floor of a divided run: `python -m simulations.floor_process DESCRIPTOR`, by which its line goes on.

What it needs is loaded after the collector of garbage is held off, which would look through it time and again.
"""

import sys
from multiprocessing.connection import Connection

from simulations.settling import few_collections


def main() -> None:
    """Run the floor that comes over the line."""
    # Until the end of this process, which has nothing to do any more once it has sent what the floor leaves behind.
    with few_collections():
        from simulations.floor_serving import serve  # noqa: PLC0415 - with the collector held off

        serve(Connection(int(sys.argv[1])))


if __name__ == "__main__":
    main()
