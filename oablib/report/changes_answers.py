"""What the report on changes says of two reports: what differs, and what it does to results."""

from typing import Any

import pandas as pd

from oablib.base import language
from oablib.report import changes
from oablib.report.labels import Labels
from oablib.report.texts import listed, texts_beside
from oablib.report.translated import in_languages, paragraphs

_ = texts_beside(__file__)

NAMED = 3  # causes of a kind that the answer names; the table has all
CHANGED = 1e-9
FAR = 2.0  # standard errors; chance alone seldom makes a larger difference
# What differs between any two commits and changes no number by itself.
QUIET = frozenset({"commit", "notebook, its text"})
WITH_VALUES = frozenset({"parameter", "rule", "package", "python"})
"""Kinds whose values say something to a reader; others are digests."""


def deciding(causes: pd.DataFrame) -> pd.DataFrame:
    """Causes that can change a number."""
    return causes[~causes["kind"].isin(QUIET)]


@in_languages
def finding_causes(causes: pd.DataFrame) -> str:
    """Whether differences below can be put down to one cause."""
    loud = deciding(causes)
    if causes.empty:
        return _("Both reports were made from the same data, rules and code.")
    if loud.empty:
        return _(
            "The reports differ only in the version of the code and in text, which affect no "
            "number."
        )
    if "input" in set(loud["kind"]):
        return _(
            "The data differ: differences below also follow from the data, not from the method "
            "alone."
        )
    if len(loud) == 1:
        return _("One cause differs: all differences below follow from it.")
    return _(
        "{n:,} causes differ: the differences below follow from all of them together. A run for "
        "each cause would tell them apart.", n=len(loud)
    )  # fmt: skip


@in_languages
def finding_scale_values(values: pd.DataFrame, *, labels: Labels) -> str:
    """How many scale values moved, and which most."""
    moved = moved_rows(values)
    if values["difference"].isna().all():
        return _("The reports have no scale value in common.")
    if moved.empty:
        return _("No scale value changed.")
    row = _largest(moved, "difference")
    return _(
        "{moved} of {n} scale values changed, {far} by more than {limit:g} standard errors; the "
        "largest change is that of {category} ({variable}): {before:.2f} → {after:.2f} points.",
        **_counts(values),
        category=changes.category(row["variable"], row["category"], labels=labels),
        variable=labels(row["variable"]),
        before=row["before"],
        after=row["after"],
    )


@in_languages
def finding_effects(effects: pd.DataFrame, *, labels: Labels) -> str:
    """How many direct effects moved, and which most."""
    moved = moved_rows(effects)
    if effects["difference"].isna().all():
        return _("**The reports have no direct effect in common.**")
    if moved.empty:
        return _("**No direct effect changed.**")
    row = _largest(moved, "difference_in_se")
    return _(
        "**{moved} of {n} direct effects changed**, {far} by more than {limit:g} standard errors; "
        "the largest change is that of {effect}: {before:.2f} → {after:.2f}, {errors:+.1f} "
        "standard errors.",
        **_counts(effects),
        effect=labels(row["name"]),
        before=row["before"],
        after=row["after"],
        errors=row["difference_in_se"],
    )


@in_languages
def finding_intervals(effects: pd.DataFrame, *, labels: Labels) -> str:
    """Whose intervals have nothing in common, and which effects one report alone shows."""
    pairs = effects.dropna(subset=["before", "after"])
    apart = (pairs["ci_upper_before"] < pairs["ci_lower_after"]) | (
        pairs["ci_upper_after"] < pairs["ci_lower_before"]
    )
    single = len(effects) - len(pairs)
    alone = _.plural(
        "{n} effect is in one report only.", "{n} effects are in one report only.", n=single
    )
    parts = [text for text in (alone if single else "", _shown(pairs, labels=labels)) if text]
    if pairs.empty:
        return _("The reports have no direct effect in common.")
    if not apart.any():
        overlap = _("The intervals of both reports overlap for all {n} effects.", n=len(pairs))
        return " ".join([overlap, *parts])
    differ = _(
        "The intervals of both reports have nothing in common for {apart} of {n} effects: "
        "{effects}.",
        apart=int(apart.sum()),
        n=len(pairs),
        effects=listed(map(labels, pairs.loc[apart, "name"])),
    )
    return " ".join([differ, *parts])


def _shown(pairs: pd.DataFrame, *, labels: Labels) -> str:
    """Which effects only one report shows; empty where a report has no such tests."""
    rows = pairs.dropna(subset=["differs_before", "differs_after"])
    if rows.empty:
        return ""
    names = listed(map(labels, rows.loc[rows["differs_before"] != rows["differs_after"], "name"]))
    if names:
        return _(
            "By their tests (scaled variables: joint test of the categories) one report shows a "
            "direct effect and the other does not, of: {names}.",
            names=names,
        )
    return _(
        "By their tests (scaled variables: joint test of the categories) both reports show direct "
        "effects of the same predictors."
    )


@in_languages
def finding_fit(fit: pd.DataFrame, *, causes: pd.DataFrame) -> str:
    """Explained variance and misfit of both, and whether AIC and BIC can be compared."""
    rows = fit.set_index("measure")
    parts = []
    if "r2_adjusted" in rows.index:
        row = rows.loc["r2_adjusted"]
        parts.append(_("Explained variance: {before:.1%} → {after:.1%}.", **_sides(row)))
    if "rmsea" in rows.index:
        parts.append(_("RMSEA: {before:.3f} → {after:.3f}.", **_sides(rows.loc["rmsea"])))
    if "input" in set(causes["kind"]) or not moved_rows(fit[fit["measure"] == "n"]).empty:
        parts.append(_("AIC and BIC cannot be compared: the children are not the same."))
    else:
        parts.append(_("AIC and BIC can be compared only where the variables are the same."))
    return " ".join(parts)


def _sides(row: Any) -> dict[str, float]:
    return {"before": float(row["before"]), "after": float(row["after"])}


@in_languages
def finding_text(text: pd.DataFrame) -> str:
    """How many sentences differ, on pages of the language in use."""
    own = text[text["language"] == language.current()]
    if own.empty:
        return ""
    counts = own["change"].value_counts()
    return _(
        "Sentences with other figures: {figures:,}; new: {new:,}; removed: {gone:,}; pages "
        "concerned: {pages}.",
        **{name: int(counts.get(name, 0)) for name in ("figures", "new", "gone")},
        pages=own["page"].nunique(),
    )


@in_languages
def answer(
    causes: pd.DataFrame,
    *,
    effects: pd.DataFrame,
    values: pd.DataFrame,
    tables: pd.DataFrame,
    labels: Labels,
) -> str:
    """What differs between two reports, what it does to results, and the main limit."""
    results = [moved_rows(effects), moved_rows(values), tables]
    if causes.empty and all(frame.empty for frame in results):
        return _(
            "**Nothing differs** between both reports: neither what they were made from nor what "
            "they show."
        )
    others = _.plural(
        "{n} other results table differs.", "{n} other results tables differ.", n=len(tables)
    )
    moved = [
        finding_effects(effects, labels=labels),
        finding_scale_values(values, labels=labels),
        others,
    ]
    return paragraphs(f"{_of_causes(causes)} {finding_causes(causes)}", " ".join(moved))


def _of_causes(causes: pd.DataFrame) -> str:
    loud = deciding(causes)
    if loud.empty:
        return ""
    parts = [_kind(str(kind), part) for kind, part in loud.groupby("kind", sort=False)]
    return _("**They differ in** {causes}.", causes="; ".join(parts))


def _kind(kind: str, part: pd.DataFrame) -> str:
    name = changes.kinds()[kind]
    if kind not in WITH_VALUES:
        return _("{kind} ({n:,})", kind=name, n=len(part))
    rows = part[["name", "before", "after"]].head(NAMED).itertuples(index=False, name=None)
    causes = ", ".join(f"`{name}` ({before} → {after})" for name, before, after in rows)
    if len(part) > NAMED:
        more = len(part) - NAMED
        return _("{kind} {causes} and {more:,} more", kind=name, causes=causes, more=more)
    return _("{kind} {causes}", kind=name, causes=causes)


def _counts(frame: pd.DataFrame) -> dict[str, float]:
    far = frame["difference_in_se"].abs() > FAR
    values = {"moved": len(moved_rows(frame)), "n": len(frame)}
    return {**values, "far": int(far.sum()), "limit": FAR}


def moved_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows whose numbers are not the same in both reports."""
    return frame[frame["difference"].abs() > CHANGED]


def _largest(frame: pd.DataFrame, column: str) -> dict[str, Any]:
    order = frame[column].abs().fillna(-1).to_numpy()
    return dict(frame.iloc[int(order.argmax())])
