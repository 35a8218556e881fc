"""What can be found wrong with a run's files before anything is drawn or fitted."""

from collections.abc import Iterable

from oablib import codebook, literature, models
from oablib.params_declared import RunParameters
from oablib.stage import Stage
from oablib.stage_key import CITING


def fail_if_files_are_unfit(parameters: RunParameters, stages: Iterable[Stage]) -> None:
    """Read the models that a run names, and the literature where a stage asks for it.

    Raises ModelError for a model that names what the codebook lacks, or a path that cannot be
    meant; LiteratureError for an entry without source, or a candidate without entry. Each names
    file and line.
    """
    book = codebook.load(parameters.codebook)
    table = book.table("cohort")
    if parameters.country:
        book.table("children")
        for name in filter(None, (parameters.indicator, parameters.current_indicator)):
            models.fail_if_columns_are_unknown(name, table=table)
    plans = models.load_several(parameters.variants, first=parameters.model)
    for name in plans:
        models.fail_if_columns_are_unknown(name, table=table)
    if any(CITING in stage.rules for stage in stages):
        literature.fail_if_candidates_have_no_entry(plans[parameters.model], literature.load())
