"""The command line: `tradefloor COMMAND`, or `python -m tradefloor COMMAND`."""

import click

from tradefloor import __version__
from tradefloor.commands.serve import serve
from tradefloor.commands.services import services
from tradefloor.commands.verify import verify


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(__version__, prog_name="tradefloor")
def main() -> None:
    """Fleets of autonomous portfolio agents on paper money, supervised, metered and overseen by people."""


for command in (serve, services, verify):
    main.add_command(command)

if __name__ == "__main__":
    main(prog_name="tradefloor")
