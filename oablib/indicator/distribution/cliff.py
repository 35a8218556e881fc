"""The weight of a child as a function of its score: where it jumps, and where it fades."""

import numpy as np
import pandas as pd

from oablib.indicator.allocation.settings import Rules as Law
from oablib.indicator.distribution import layers
from oablib.indicator.distribution.layers import Country
from oablib.indicator.distribution.levels import Level
from oablib.indicator.distribution.settings import Rules

STEP = 0.05  # points between two scores


def by_distance(schools: Level, *, rules: Rules, law: Law, widest: float) -> pd.DataFrame:
    """Weight at so many points below the national mean: variant, distance, weight.

    For variants whose weights depend on the score alone, of different kinds: of those with the same
    weights the first. distance: from 0 to `widest` points, in steps. weight: in mean weights of the
    children who have one, so that variants can be compared.
    """
    country = Country(schools.population.units, law=law)
    mean = float(country.mean)
    distance = np.arange(0, widest + STEP / 2, STEP)
    units = np.rint((mean - distance) * country.unit).astype(np.int64)
    frames, seen = [], []
    for variant in (v for v in rules.variants if v.by_score):
        if variant.kind in seen:
            continue
        seen.append(variant.kind)
        total = count = 0.0
        for layer in layers.by_score(variant.kind, country):
            total += float(layer.weights().sum())
            count += float(layer.part) * len(layer.child) * layer.counts
        weight = np.zeros(len(units))
        for layer in layers.by_score(variant.kind, country, units):
            weight[layer.child] += layer.weights()
        values = {"distance": distance, "weight": weight * count / total}
        frames.append(pd.DataFrame({"variant": variant.name} | values))
    return pd.concat(frames, ignore_index=True)


def jumps(frame: pd.DataFrame) -> pd.DataFrame:
    """Largest change of the weight from one score to the next: variant, jump; as `by_distance`."""
    change = frame.groupby("variant", sort=False)["weight"].agg(lambda w: w.diff().abs().max())
    return change.rename("jump").reset_index()
