"""Hold a report against its manifest."""

from oablib import params
from oablib.base.errors import IncompleteRunError, InputError
from oablib.running import publication


def verify(run: str) -> int:
    """Compare reports/<run> with its manifest; number of files that agree.

    Raises InputError when there is no such report, IncompleteRunError listing what differs.
    """
    params.fail_if_name_is_unfit(run)
    report = params.root() / "reports" / run
    try:
        differences = publication.differences(report)
    except KeyError:
        raise InputError(
            f"reports/{run} holds no manifest that can be read. Make it with `oab run {run}`."
        ) from None
    if differences:
        lines = "\n  ".join(differences)
        raise IncompleteRunError(
            f"reports/{run} is not what its manifest says, {len(differences)} of its files:\n  "
            f"{lines}\nMake it anew with `oab run {run}`."
        )
    return sum(path.is_file() for path in report.rglob("*")) - 1
