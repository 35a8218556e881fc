"""Tables of the selection: variants, both trails, and how sure a choice is."""

import pandas as pd

from oablib.exhibit import About, Table
from oablib.tables_canvas import IN_HEADINGS, Look, show
from oablib.wording import words

D4_NOTE = "Differences to the reference, negative where better, by pooled likelihood ratios (D4)"


def trail(frame: pd.DataFrame, *, about: About) -> Table:
    """Every candidate that was looked at, with the decision and its reason."""
    columns = [
        "round", "lhs", "rhs", "index", "mi_mean", "epc", "p_holm", "decision", "reason",
    ]  # fmt: skip
    return show(
        frame[columns].assign(round=[f"Round {number}" for number in frame["round"]]),
        "trail",
        title="Candidates by rank, and what was decided",
        unit="index: chi-square; epc: units of the left variable per unit of the right one",
        note="index: robust, pooled over imputations; mi mean: mean of the model-based indices, as "
        "published; p: corrected by Holm for the candidates of the round",
        about=about,
        look=Look(
            groups="round",
            digits={"index": 1, "mi_mean": 1, "epc": 3, "p_holm": 3},
            labels={"lhs": "effect on", "rhs": "of", "p_holm": "p (Holm)"},
        ),
    )


def variants(frame: pd.DataFrame, *, reference: str, about: About) -> Table:
    """Variants by rank."""
    columns = [
        "rank", "model", "title", "k_honest", "delta_aic_mean", "delta_bic_mean", "delta_aic_d4",
        "delta_bic_d4", "weight_bic", "r2_adjusted",
    ]  # fmt: skip
    return show(
        _named(frame.dropna(subset=["rank"]))[columns].astype({"rank": int, "k_honest": int}),
        "variants",
        title=f"Variants by rank, against {words(reference)}",
        unit=IN_HEADINGS,
        note="k: free parameters of both equations, all estimated scale values counted. mean: "
        "differences of mean criteria, with k as published; D4: by pooled likelihood ratios; "
        "negative is better. weight: of evidence, by BIC",
        about=about,
        look=Look(
            digits={
                "delta_aic_mean": 1, "delta_bic_mean": 1, "delta_aic_d4": 1, "delta_bic_d4": 1,
                "weight_bic": 3, "r2_adjusted": 3,
            },
            labels={
                "k_honest": "k", "delta_aic_mean": "AIC, mean", "delta_bic_mean": "BIC, mean",
                "delta_aic_d4": "AIC, D4", "delta_bic_d4": "BIC, D4", "weight_bic": "weight",
                "r2_adjusted": "R2",
            },
        ),
    )  # fmt: skip


def flags(frame: pd.DataFrame, *, about: About) -> Table:
    """What a reader of the variants should know."""
    rows = _named(frame[frame["flags"] != ""])[["model", "title", "flags"]]
    return show(
        rows,
        "flags",
        title="Where criteria disagree, and what cannot be compared",
        unit="none",
        about=about,
    )


def criteria(frame: pd.DataFrame, *, about: About) -> Table:
    """Each variant's own likelihood, as its own report would print it."""
    columns = [
        "model", "k", "loglik", "aic", "bic", "chi2", "df", "p", "r2_adjusted_without_mediator"
    ]  # fmt: skip
    rows = _named(frame.dropna(subset=["loglik"]))[columns]
    whole = {name: rows[name].round().astype("Int64") for name in ("k", "df")}
    return show(
        rows.assign(**whole),
        "criteria",
        title="Each variant's own likelihood, and its distance from all paths",
        unit=IN_HEADINGS,
        note="k, loglik, AIC, BIC: joint likelihood of the variant's own variables, mean over "
        "imputations; they cannot be compared between rows. chi2, df, p: against a model with all "
        "paths of all variables (D4, children as independent). R2 without intelligence: of the "
        "same predictors alone",
        about=about,
        look=Look(
            digits={"loglik": 1, "aic": 1, "bic": 1, "chi2": 1, "r2_adjusted_without_mediator": 3},
            labels={
                "aic": "AIC",
                "bic": "BIC",
                "r2_adjusted_without_mediator": "R2 without intelligence",
            },
        ),
    )


def backward(frame: pd.DataFrame, *, criterion: str, about: About) -> Table:
    """Terms in the order in which they left, then those that stayed."""
    number = "p" if criterion == "p" else "change"
    columns = ["decision", "step", "lhs", "term", "df", "statistic", number]
    labels = {"lhs": "effect on", "change": f"change of {criterion.upper()}"}
    return show(
        frame[columns].assign(term=frame["term"].map(words)),
        "backward",
        title="From the full model down: what left, and what stayed",
        unit="statistic: on the scale of chi-square",
        note="A term is all predictors of one column in one equation. change: of the criterion if "
        "it leaves; positive for what stayed",
        about=about,
        look=Look(groups="decision", digits={"statistic": 1, "change": 1, "p": 3}, labels=labels),
    )


def by_wave(frame: pd.DataFrame, *, about: About) -> Table:
    """The first three variants of each wave."""
    columns = ["wave", "rank", "model", "n", "delta_aic_d4", "delta_bic_d4", "r2_adjusted"]
    first = frame[(frame["rank"] <= 3) | frame["rank"].isna()]
    rows = _named(first).sort_values(["wave", "rank"])[columns]
    return show(
        rows.astype({"rank": "Int64", "n": "Int64"}),
        "by-wave",
        title="The first three variants of each wave",
        unit=IN_HEADINGS,
        note=f"{D4_NOTE}; dashes: the wave has too few children",
        about=about,
        look=Look(
            groups="wave",
            digits={"delta_aic_d4": 1, "delta_bic_d4": 1, "r2_adjusted": 3},
            labels={"delta_aic_d4": "AIC", "delta_bic_d4": "BIC", "r2_adjusted": "R2"},
        ),
    )


def frequencies(frame: pd.DataFrame, *, draws: int, about: About) -> Table:
    """How often the search would have ended elsewhere."""
    return show(
        frame,
        "frequencies",
        title="Where the search ends when other schools are drawn",
        unit=f"% of {draws:,} draws of schools",
        note="with literature: groundings as they are; data alone: as if all were accepted",
        about=about,
        look=Look(shares=("with_literature", "data_alone"), labels={"added": "paths added"}),
    )


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(model=frame["model"].map(words))
