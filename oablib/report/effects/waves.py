"""Effects in each wave, and whether they differ."""

from oablib.analysis.effects import Rules, Waves
from oablib.report.exhibit import About, Table
from oablib.report.labels import Labels
from oablib.report.numbers import probability
from oablib.report.table import show
from oablib.report.texts import listed, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions


@in_languages
def waves_table(
    waves: Waves, *, variable: str, outcome: str, labels: Labels, about: About
) -> Table:
    """Direct effects side by side; variable: the column of the wave."""
    wide = waves.effects.pivot(index="name", columns="wave", values=["est", "se"])
    names, parts = waves.tests["name"], list(dict.fromkeys(waves.effects["wave"]))
    rows = waves.tests[["name"]].copy()
    headings = {}
    for wave in parts:
        label = labels.category(variable, float(wave))
        for kind in ("est", "se"):
            key = f"{kind}_{wave}"
            rows[key] = wide.loc[names, (kind, wave)].to_numpy()
        headings[f"est_{wave}"] = label
        headings[f"se_{wave}"] = _("standard error, {wave}", wave=label)
    rows = rows.assign(p=waves.tests["p"], p_holm=waves.tests["p_holm"])
    rows["name"] = [labels.heading(name) for name in names]
    caption = captions("tbl-waves", outcome=labels(outcome))
    return show(rows, about=about, **(caption | {"labels": caption["labels"] | headings}))


@in_languages
def waves_finding(waves: Waves | None, *, variable: str, rules: Rules, labels: Labels) -> str:
    """Whether waves differ, by the joint test and by predictor, or why they are not compared.

    variable: the column of the wave.
    """
    if waves is None:
        return _(
            "Waves are not compared: the cohort has no two waves of {least:,} children, or too few "
            "schools for a test.",
            least=rules.least_part,
        )
    joint, tests = waves.joint, waves.tests
    given = {"f": joint.statistic, "df1": joint.df1, "df2": joint.df2, "p": probability(joint.p)}
    differ = list(tests.loc[tests["p_holm"] < rules.level, "name"])
    if joint.p < rules.level:
        first = _(
            "**Direct effects differ between waves** (all jointly: F({df1}, {df2:.0f}) = {f:.2f}, "
            "p {p}).",
            **given,
        )
    else:
        first = _(
            "**No difference between waves is shown** (all jointly: F({df1}, {df2:.0f}) = "
            "{f:.2f}, p {p}).",
            **given,
        )
    if differ:
        second = _(
            "Single effects that differ after Holm’s correction: {names}.",
            names=listed(map(labels, differ)),
        )
    else:
        second = _(
            "No single effect differs after Holm’s correction (smallest p {least}).",
            least=probability(tests["p_holm"].min()),
        )
    left_out = _left_out(waves, variable=variable, rules=rules, labels=labels)
    return " ".join((first, second, *left_out))


def _left_out(waves: Waves, *, variable: str, rules: Rules, labels: Labels) -> list[str]:
    """Sentences on waves and predictors that are not compared."""
    texts = []
    if waves.too_small:
        texts.append(
            _(
                "Left out, with fewer than {least:,} children: {names}.",
                least=rules.least_part,
                names=listed(labels.category(variable, float(name)) for name in waves.too_small),
            )
        )
    if waves.left_out:
        texts.append(
            _(
                "Not compared, because in a wave all children have the same value, or fewer than "
                "{least} have it or lack it: {names}.",
                least=rules.least_children, names=listed(map(labels, waves.left_out)),
            )
        )  # fmt: skip
    return texts
