"""Make the reports of a run: stages that changed are executed, pages rendered and put in place.

Everything happens in a private folder. reports/<run> changes in one step at the end, so that a run
that fails, or is stopped at any moment, leaves the earlier reports as they were.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from oablib.params.declared import RunParameters
from oablib.running import (
    by_hand,
    delivery,
    publication,
    publication_cells,
    rule_files,
    used,
    workspace,
)
from oablib.running import session as run_session
from oablib.running.delivery import Delivery
from oablib.running.kernels.execute import Kernels
from oablib.running.ledger import Ledger
from oablib.running.progress import Level, Progress
from oablib.running.publication import Publication
from oablib.running.session import Session
from oablib.running.stages import declared
from oablib.running.stages import schedule as schedule_plan
from oablib.running.stages.declared import Stage
from oablib.running.stages.schedule import Inputs, Step
from oablib.running.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Options:
    """How a run is made; none of it changes a result.

    only: stem of one stage: make its page alone, with what it needs. start: stem from which on
    everything is executed anew. force: execute everything anew. scheduler: address of a Dask
    scheduler, empty for this machine. kernels: how kernels start. level: how much is said.
    """

    only: str = ""
    start: str = ""
    force: bool = False
    scheduler: str = ""
    kernels: Kernels = "forked"
    level: Level = "normal"


@dataclass(frozen=True, slots=True)
class Job:
    """What becomes one report folder.

    origins: where each parameter came from. study: as in stage.load.
    """

    parameters: RunParameters
    origins: Mapping[str, str] = field(default_factory=dict)
    study: str = ""


def execute(job: Job, options: Options) -> Path:
    """Make reports/<run> and return the path of its index.html; with `only`, of that page.

    Raises what a notebook raised on purpose; InputError when the data are absent; ParameterError,
    ModelError or LiteratureError for files of params with a fault, before anything is done;
    IncompleteRunError when a stage failed otherwise, was interrupted, left something undone, or
    the run is already running; EnvironmentFault when a package is not as the project asks or a
    file cannot be written.
    """
    run_session.fail_if_unfit()
    delivery.fail_if_absent(job.parameters)
    stages = _stages(job)
    note = rule_files.fail_if_unfit(job.parameters, stages)
    chosen = _named(options, stages)
    with run_session.opened(
        job.parameters.run,
        _chosen(stages, chosen),
        level=options.level,
        scheduler=options.scheduler,
        kernels=options.kernels,
    ) as session:
        rule_files.remember(note)
        return make(job, stages, _given(job, session), chosen, session)


def plan(job: Job, options: Options) -> list[Step]:
    """What `execute` would do, and why; nothing is executed and nothing written."""
    delivery.fail_if_absent(job.parameters)
    stages = _stages(job)
    rule_files.fail_if_unfit(job.parameters, stages)
    chosen = _named(options, stages)
    work = workspace.of(job.parameters.run)
    inputs = None
    if delivery.is_ready(job.parameters, work=work):
        data = delivery.prepare(job.parameters, work=work)
        inputs = Inputs(job.parameters.model_dump(), data, Ledger(work))
    again, last = _again(stages, chosen), run_session.last_components(work)
    return schedule_plan.plan(_chosen(stages, chosen), inputs, again=again, last=last)


def make(
    job: Job,
    stages: Sequence[Stage],
    given: Delivery,
    options: Options,
    session: Session,
    *,
    extra: Mapping[str, Path] | None = None,
) -> Path:
    """Execute what changed, and publish; the path of index.html, or of the only page.

    options: with whole stems. extra: files that the report brings along, name -> file.
    """
    chosen = _chosen(stages, options)
    inputs = Inputs(job.parameters.model_dump(), given, Ledger(session.workspace.work))
    entries = schedule_plan.Walk(
        chosen,
        inputs,
        attempt=session.workspace.attempt,
        engine=session.engine,
        progress=session.progress,
        note=partial(used.note, work=session.workspace.work),
        again=_again(stages, options),
        last=run_session.last_components(session.workspace.work),
    ).results()
    run_session.remember(entries, work=session.workspace.work)
    by_hand.keep(
        [entry.tables() for entry in entries.values()],
        values=job.parameters.model_dump(),
        origins=job.origins,
        delivery=given,
        is_part=bool(options.only),
        is_last=not (job.study or options.only or options.start),
    )
    made = Publication(job.parameters, chosen, entries, given, job.origins, extra or {})
    if options.only:
        return _page_alone(made, options.only, space=session.workspace)
    return _publish(made, space=session.workspace, progress=session.progress)


def _stages(job: Job) -> tuple[Stage, ...]:
    return declared.of_run(declared.load(study=job.study), country=bool(job.parameters.country))


def _named(options: Options, stages: Sequence[Stage]) -> Options:
    """Options with whole stems. Raises ParameterError for a stem without notebook."""
    only, start = (
        declared.named(word, stages=stages) if word else ""
        for word in (options.only, options.start)
    )
    return replace(options, only=only, start=start)


def _chosen(stages: Sequence[Stage], options: Options) -> tuple[Stage, ...]:
    """All stages, or those that `only` needs."""
    if not options.only:
        return tuple(stages)
    wanted = declared.before(options.only, stages=stages)
    return tuple(each for each in stages if each.stem in wanted)


def _again(stages: Sequence[Stage], options: Options) -> frozenset[str]:
    """Stems of the stages to execute whatever is kept."""
    if options.force:
        return frozenset(each.stem for each in stages)
    return declared.after(options.start, stages=stages) if options.start else frozenset()


def _given(job: Job, session: Session) -> Delivery:
    work, progress = session.workspace.work, session.progress
    if delivery.is_ready(job.parameters, work=work):
        return delivery.prepare(job.parameters, work=work)
    session.engine.start()  # kernels get ready while the data are drawn
    progress.start("data")
    made = delivery.prepare(job.parameters, work=work)
    progress.finish("data")
    return made


def _publish(made: Publication, *, space: Workspace, progress: Progress) -> Path:
    made_from, ledger = made.made_from(), Ledger(space.work)
    if publication.is_current(space.report, made_from):
        ledger.update(made.stages, made.entries)
        progress.say("Nothing changed: the reports are up to date.")
        return space.report / "index.html"
    progress.start("reports")
    looked = publication_cells.fail_if_unsafe(made)
    publication.write(made, made_from, folder=space.publish, looked=looked)
    ledger.fail_if_absent(space.report, space.publish, drawn=made.drawn().get("country", True))
    path = space.put_in_place() / "index.html"
    ledger.update(made.stages, made.entries)
    run_session.publish_front_page()
    progress.finish("reports")
    return path


def _page_alone(made: Publication, stem: str, *, space: Workspace) -> Path:
    """Render one page into the private folder: a report with stages missing is none."""
    publication.write(made, made.made_from(), folder=space.publish)
    target = space.work / "only"
    shutil.rmtree(target, ignore_errors=True)
    space.publish.replace(target)
    return target / f"{stem}.html"
