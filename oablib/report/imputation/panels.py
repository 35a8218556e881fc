"""Shares of values in panels: a row of panels for each variable, a column for each wave."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Drawing

from oablib.report import drawing
from oablib.report.labels import Labels
from oablib.report.texts import texts_beside

_ = texts_beside(__file__)


@dataclass(frozen=True, slots=True)
class Panels:
    """A frame with the columns variable, wave, value and others, and its words.

    wave: name of the variable of the waves; empty for a frame with one wave.
    """

    frame: pd.DataFrame
    wave: str
    labels: Labels

    @property
    def waves(self) -> Sequence[str]:
        """Waves in their order."""
        return list(self.frame["wave"].unique())

    def wave_label(self, wave: str) -> str:
        """A wave in words."""
        return self.labels.category(self.wave, float(wave)) if self.wave else ""

    def drawn(self, draw: Callable[..., None]) -> Drawing:
        """A figure, in each panel what `draw(axes, part, values=values)` draws."""
        parts = {str(name): part for name, part in self.frame.groupby("variable", sort=False)}
        values = {name: np.sort(part["value"].unique()) for name, part in parts.items()}
        texts = {
            name: [self.labels.category(name, code) for code in codes]
            for name, codes in values.items()
        }
        heights = [0.75 + drawing.row_height(each) * len(each) for each in texts.values()]
        figure, rows = drawing.grid(
            len(parts),
            len(self.waves),
            height=0.3 + sum(heights),
            sharex="row",
            sharey="row",
            height_ratios=heights,
        )
        for row, (name, part) in zip(rows, parts.items(), strict=True):
            for axes, wave in zip(row, self.waves, strict=True):
                draw(axes, part[part["wave"] == wave], values=values[name])
                axes.set_title(self.wave_label(wave), size=drawing.SMALL)
            row[0].set_xlim(0, None)
            drawing.row_labels(row[0], texts[name])
            first = row[0].get_title(loc="left")
            title = f"{self.labels.heading(name)}\n{first}".rstrip()
            row[0].set_title(title, size=drawing.SMALL)
        for axes in rows[-1]:
            axes.set_xlabel(_("share (%)"))
        drawing.legend(figure, rows[0][0])
        return figure

    def named(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A frame for readers: variables, waves and values in words."""
        pairs = zip(frame["variable"], frame["value"], strict=True)
        return frame.assign(
            variable=[self.labels.heading(name) for name in frame["variable"]],
            wave=[self.wave_label(wave) for wave in frame["wave"]],
            value=[self.labels.category(name, value) for name, value in pairs],
        )
