"""The thin front that notebooks import: `stage = start(globals())`. Nothing here computes."""

from oablib.notebook.start import NotebookStage, start
