"""Criteria and results in the report on the validation study."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from oablib.report.exhibit import About, Table
from oablib.report.table import show
from oablib.report.texts import texts_beside
from oablib.report.translated import in_languages, paragraphs
from oablib.report.validation.names import Names, largest
from oablib.report.validation.selection import large_shares
from oablib.studies.validation.verdicts import VERDICTS

_ = texts_beside(__file__)
captions = _.captions

ALL = 100.0  # percent: no bound
COLUMNS = (
    *("cohorts", "criterion", "judged", "met", "lower", "upper", "name", "found", "mce"),
    "reference",
)
MET, MISSED, BY_CHANCE = VERDICTS


@in_languages
def verdicts_table(frame: pd.DataFrame, *, names: Names, about: About) -> Table:
    """One row for each kind of cohort and criterion: how many estimates meet it, and the farthest.

    frame: verdicts.verdicts.
    """
    words = _.words("criteria")
    above = (frame["found"] - frame["upper"]).where(frame["upper"] < ALL, -np.inf)
    beyond = np.maximum(frame["lower"] - frame["found"], above)
    rows = [
        largest(part, beyond[part.index])
        | {"judged": len(part), "met": int((part["verdict"] == MET).sum())}
        for _cell, part in frame.groupby(["world", "n", "criterion"], sort=False)
    ]
    shown = names.by_cohorts(pd.DataFrame(rows))[list(COLUMNS)]
    shown = shown.assign(
        criterion=shown["criterion"].map(words), name=shown["name"].map(names.heading)
    )
    return show(shown, about=about, **captions("tbl-verdicts"))


@in_languages
def finding_missed(verdicts: pd.DataFrame, *, names: Names) -> str:
    """One line for each criterion that is missed, and how many are missed by chance perhaps."""
    missed, chance = (verdicts[verdicts["verdict"] == kind] for kind in (MISSED, BY_CHANCE))
    lines = [
        f"- {_missed(row, names=names)} {_cause(row)}".rstrip() for row in missed.to_dict("records")
    ]
    if len(chance):
        lines.append("- " + _by_chance(len(chance), all_of_them=len(verdicts)))
    if lines:
        return "\n".join(lines)
    return _("All {n} criteria are met.", n=len(verdicts))


def _by_chance(n: int, *, all_of_them: int) -> str:
    return _(
        "{n} of {all} results lie outside by less than their Monte Carlo error allows: each of "
        "these may be chance.",
        n=n,
        all=all_of_them,
    )


def _missed(row: Mapping[Any, Any], *, names: Names) -> str:
    return _(
        "{cohorts}. {criterion}, {quantity}: {found:.2f} (Monte Carlo error {mce:.2f}), outside "
        "{lower:g} to {upper:g}.",
        cohorts=names.cohorts(row["world"], row["n"]),
        criterion=_.words("criteria")[row["criterion"]],
        quantity=names.quantity(str(row["name"])),
        found=row["found"],
        mce=row["mce"],
        lower=row["lower"],
        upper=row["upper"],
    )


def _cause(row: Mapping[Any, Any]) -> str:
    """Whether complete data miss it as well; nothing where they have no such result."""
    if np.isnan(row["reference"]):
        return ""
    if not row["lower"] <= row["reference"] <= row["upper"]:
        return _(
            "Complete data: {reference:.2f}, outside as well; imputation is not the cause.",
            reference=row["reference"],
        )
    return _(
        "Complete data: {reference:.2f}, inside; imputation is the cause.",
        reference=row["reference"],
    )


@in_languages
def answer(
    verdicts: pd.DataFrame,
    *,
    judged: pd.DataFrame,
    indices: pd.DataFrame,
    school_level: pd.DataFrame,
    context: str,
    bounds: Mapping[str, float],
    names: Names,
) -> str:
    """Whether the chain holds, whether imputation makes large indices, and the main limit.

    verdicts, judged, indices, school_level: null_indices and others of validation.results.Results.
    context: name of the school mean. bounds: as in selection.finding_large_indices.
    """
    limit = _(
        "Main limit: in these cohorts education is missing at random and effects are linear. The "
        "study shows that the chain works where its assumptions hold, not that they hold."
    )
    return paragraphs(
        _on_criteria(verdicts, judged=judged, names=names),
        _on_indices(indices, bounds=bounds, names=names),
        f"{_on_school_level(school_level, context=context, names=names)} {limit}",
    )


def _on_criteria(verdicts: pd.DataFrame, *, judged: pd.DataFrame, names: Names) -> str:
    """How many criteria are met, and which are missed beyond Monte Carlo error."""
    met, own = verdicts["verdict"] == MET, judged[judged["method"] == names.default]
    missed = verdicts[verdicts["verdict"] == MISSED].groupby("criterion", sort=False).size()
    values = {
        "replications": int(own["replications"].max()),
        "cells": len(verdicts[["world", "n"]].drop_duplicates()),
        "method": names.method(names.default),
        "met": int(met.sum()),
        "all": len(verdicts),
    }
    if met.all():
        return _(
            "**Yes.** In {cells} kinds of cohorts with known effects, up to {replications:,} of "
            "each, *{method}* meets **all {all} criteria** for bias, coverage, the choice of paths "
            "and drawn education.",
            **values,
        )
    if missed.empty:
        return _(
            "**Yes, within Monte Carlo error.** In {cells} kinds of cohorts with known effects, up "
            "to {replications:,} of each, *{method}* meets **{met} of {all} criteria** for bias, "
            "coverage, the choice of paths and drawn education; the others lie outside by less "
            "than chance allows.",
            **values,
        )
    parts = [
        _(
            "{criterion}: {n} of {all}",
            criterion=_.words("criteria")[str(name)],
            n=n,
            all=int((verdicts["criterion"] == name).sum()),
        )
        for name, n in missed.items()
    ]
    return _(
        "**Not everywhere.** In {cells} kinds of cohorts with known effects, up to "
        "{replications:,} of each, *{method}* meets **{met} of {all} criteria** for bias, "
        "coverage, the choice of paths and drawn education. Missed beyond chance: {missed}.",
        missed="; ".join(parts),
        **values,
    )


def _on_indices(indices: pd.DataFrame, *, bounds: Mapping[str, float], names: Names) -> str:
    """Whether a flawed imputation produces large indices, in one sentence for all paths."""
    highest, more = {}, []
    for path, shares in large_shares(indices).items():
        flawed = shares.drop([names.reference, names.default], errors="ignore").max()
        highest[path] = float(flawed)
        more.append(100 * (flawed - shares[names.reference]))
    parts = "; ".join(
        _("{path} {share:.0%}", path=names.labels(path), share=share)
        for path, share in highest.items()
    )
    values = {"parts": parts, "large": bounds["large"]}
    if max(more) < bounds["seldom"]:
        return _(
            "**A flawed imputation does not explain large modification indices.** For paths that "
            "do not exist, an index above {large:g} is found in at most this share of cohorts: "
            "{parts}.", **values
        )  # fmt: skip
    return _(
        "**A flawed imputation can explain large modification indices.** For paths that do not "
        "exist, an index above {large:g} is found in up to this share of cohorts: {parts}.",
        **values,
    )


def _on_school_level(frame: pd.DataFrame, *, context: str, names: Names) -> str:
    """The bias of the direct effect of the school mean."""
    bias = frame.set_index("method")["bias"].astype(float)
    worst = str(bias.drop([names.reference, names.default], errors="ignore").abs().idxmax())
    return _(
        "The direct effect of {effect}, {truth:.2f} in truth, is off by {bias:+.2f} with "
        "*{worst}*, the worst method, and by {own:+.2f} with *{default}*.",
        effect=names.labels(context),
        truth=frame["truth"].iloc[0],
        bias=bias[worst],
        worst=names.method(worst),
        own=bias[names.default],
        default=names.method(names.default),
    )
