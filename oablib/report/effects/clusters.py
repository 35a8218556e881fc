"""Standard errors by other clusters than schools."""

from oablib.analysis.effects import Clusters, Rules
from oablib.analysis.effects.clusters import TOGETHER
from oablib.report.exhibit import About, Table
from oablib.report.labels import Labels
from oablib.report.table import show
from oablib.report.texts import listed, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions


@in_languages
def clusters_table(found: Clusters, *, labels: Labels, about: About) -> Table:
    """Errors of direct effects by each kind of clusters."""
    rows = found.errors[["clusters", "name", "se", "other_se", "ratio"]]
    named = rows.assign(
        name=[labels.heading(name) for name in rows["name"]],
        clusters=[_heading(name, labels=labels) for name in rows["clusters"]],
    )
    return show(named, about=about, **captions("tbl-clusters"))


def _heading(name: str, *, labels: Labels) -> str:
    if name == TOGETHER:
        return _("Both kinds of clusters at once")
    return _("Clusters: {name}", name=labels(name))


@in_languages
def clusters_finding(found: Clusters, *, rules: Rules, labels: Labels) -> str:
    """How far errors change by other clusters, which could not be used, or that none is there."""
    parts = []
    rows = found.errors.dropna(subset=["ratio"])
    if not rows.empty:
        low, high = (rows.iloc[int(at)] for at in (rows["ratio"].argmin(), rows["ratio"].argmax()))
        given = {
            "low": low["ratio"], "lowest": labels(low["name"]), "high": high["ratio"],
            "highest": labels(high["name"]),
        }  # fmt: skip
        parts.append(
            _(
                "Standard errors by other clusters are {low:.2f} ({lowest}) to {high:.2f} "
                "({highest}) times those by school.",
                **given,
            )
        )
    if found.nested:
        parts.append(
            _(
                "No covariance of both at once is needed where each school lies in one cluster: "
                "{names}.",
                names=listed(map(labels, found.nested)),
            )
        )
    if found.too_few:
        parts.append(
            _(
                "Fewer than {least} clusters in the cohort: {names}. Errors by them would be too "
                "small and are not given.",
                least=rules.least_clusters, names=listed(map(labels, found.too_few)),
            )
        )  # fmt: skip
    if n := len(found.errors) - len(rows):
        parts.append(
            _.plural(
                "{n:,} error has no number: the sum of covariances is negative.",
                "{n:,} errors have no number: the sum of covariances is negative.",
                n=n,
            )
        )
    names = [_unknown(labels(name), n=n, rules=rules) for name, n in found.unknown.items()]
    if names:
        parts.append(
            _("Not used, because clusters of children are unknown: {names}.", names=listed(names))
        )
    if not parts:
        return _("The cohort has no other clusters than the model’s own.")
    return " ".join(parts)


def _unknown(name: str, *, n: int, rules: Rules) -> str:
    """A kind of clusters, and of how many children it is unknown; small numbers are not given."""
    if n < rules.least_children:
        return _("{name} (fewer than {least} children)", name=name, least=rules.least_children)
    return _("{name} ({n:,} children)", name=name, n=n)
