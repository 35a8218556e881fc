"""Commands of `oab` that look after what runs leave behind, and after the keys of a cluster."""

import argparse
from pathlib import Path


def add(commands: argparse._SubParsersAction) -> None:
    """Add `verify`, `clean` and `certificates`."""
    verify = commands.add_parser("verify", help="hold a report against its manifest")
    verify.add_argument("name", metavar="NAME", help="a folder of reports")
    verify.set_defaults(handler=_verify)
    clean = commands.add_parser("clean", help="remove private folders and kept results")
    text = "runs whose private folders go; without any, all of them, and the kept results"
    clean.add_argument("names", metavar="NAME", nargs="*", help=text)
    clean.set_defaults(handler=_clean)
    made = commands.add_parser("certificates", help="make the certificates of a cluster's session")
    made.add_argument("folder", metavar="DIR", type=Path, help="private folder to write them to")
    made.set_defaults(handler=_certificates)


def _verify(options: argparse.Namespace) -> None:
    from oablib.running.housekeeping import reports

    count = reports.verify(options.name)
    print(f"reports/{options.name}: all {count} files are as the manifest says.")


def _clean(options: argparse.Namespace) -> None:
    from oablib.running.housekeeping import reports

    for name, size in reports.clean(options.names).items():
        print(f"{name}: {size / 1e6:,.1f} MB set free")


def _certificates(options: argparse.Namespace) -> None:
    from oablib.running.housekeeping import settings
    from oablib.workers import certificates

    print(certificates.make(options.folder, days=settings.rules().certificate_days))
