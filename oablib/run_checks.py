"""What can be found wrong with a run's files before anything is drawn or fitted."""

from oablib import codebook, literature, models
from oablib.params_run import RunParameters


def fail_if_files_are_unfit(parameters: RunParameters) -> None:
    """Read the models and the literature that a run names.

    Raises ModelError for a model that names what the codebook lacks, or a path that cannot be
    meant; LiteratureError for an entry without source, or a candidate without entry. Each names
    file and line.
    """
    table = codebook.load(parameters.codebook).table("cohort")
    plans = models.load_several(parameters.variants, first=parameters.model)
    for name in plans:
        models.fail_if_columns_are_unknown(name, table=table)
    literature.fail_if_candidates_have_no_entry(plans[parameters.model], literature.load())
