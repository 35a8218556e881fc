"""Commands of `oab` that look after what runs leave behind, and after the keys of a cluster."""

import argparse
from pathlib import Path

from oablib.base.errors import ParameterError


def add(commands: argparse._SubParsersAction) -> None:
    """Add `verify`, `clean` and `certificates`."""
    verify = commands.add_parser("verify", help="hold a report against its manifest")
    verify.add_argument("name", metavar="NAME", help="a folder of reports")
    verify.set_defaults(handler=_verify)
    clean = commands.add_parser("clean", help="remove private folders and kept results")
    text = "runs that go, with all kept results they used; without any, all runs and kept results"
    clean.add_argument("names", metavar="NAME", nargs="*", help=text)
    expired = "only what was not used for long, as every run does when it begins"
    clean.add_argument("--expired", action="store_true", help=expired)
    ledger = "remove the ledgers of these runs as well, on which their published reports rest"
    clean.add_argument("--ledger", action="store_true", help=ledger)
    clean.set_defaults(handler=_clean)
    made = commands.add_parser("certificates", help="make the certificates of a cluster's session")
    made.add_argument("folder", metavar="DIR", type=Path, help="private folder to write them to")
    made.set_defaults(handler=_certificates)


def _verify(options: argparse.Namespace) -> None:
    from oablib.running.housekeeping import reports

    count = reports.verify(options.name)
    print(f"reports/{options.name}: all {count} files are as the manifest says.")


def _clean(options: argparse.Namespace) -> None:
    from oablib.running.housekeeping import cleaning

    if options.expired and (options.names or options.ledger):
        raise ParameterError("--expired stands alone: it is about all runs, and keeps ledgers.")
    if options.ledger and not options.names:
        raise ParameterError("--ledger needs the names of the runs whose ledgers are to go.")
    if options.expired:
        print(*cleaning.remove_expired() or ("Nothing has expired.",), sep="\n")
    else:
        print(*cleaning.clean(options.names, ledger=options.ledger), sep="\n")


def _certificates(options: argparse.Namespace) -> None:
    from oablib.running.housekeeping import settings
    from oablib.workers import certificates

    print(certificates.make(options.folder, days=settings.rules().certificate_days))
