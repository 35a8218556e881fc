"""The command `oab export`."""

import argparse
from pathlib import Path


def add(commands: argparse._SubParsersAction) -> None:
    """Add `export`."""
    export = commands.add_parser("export", help="make one zip of a report for who checks output")
    export.add_argument("name", metavar="RUN", help="a folder of reports")
    text = "in place of the zip, the exact tables for the payer, into a private folder"
    export.add_argument("--for", dest="recipient", choices=("payer",), default="", help=text)
    text = "folder to write to (default: export or payer, in the private folder of the run)"
    export.add_argument("--out", metavar="DIR", type=Path, help=text)
    export.set_defaults(handler=_export)


def _export(options: argparse.Namespace) -> None:
    from oablib.running.export import output, payer

    if options.recipient == "payer":
        print(payer.export(options.name, out=options.out))
        print("These files show single children: for the payer alone, never to be published.")
    else:
        print(output.export(options.name, out=options.out))
