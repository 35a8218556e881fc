"""Pandoc, which comes with the package pypandoc_binary: the one door to it."""

from collections.abc import Sequence
from pathlib import Path

import pypandoc

from oablib.errors import EnvironmentFault, RenderError

ASSETS = Path(__file__).parent / "assets"
MARKDOWN = "gfm+tex_math_dollars"  # what pandoc takes the Markdown of a notebook to be
_WHOLE = (
    *("--standalone", "--toc", "--toc-depth=3", f"--template={ASSETS / 'fragment.html'}"),
    *(f"--lua-filter={ASSETS / 'report.lua'}", "--metadata=pagetitle:report"),
)


def fail_if_absent() -> None:
    """Raise EnvironmentFault when pandoc cannot be started."""
    try:
        pypandoc.get_pandoc_path()
    except OSError:
        raise EnvironmentFault(
            "pandoc cannot be started; install the package pypandoc_binary anew, it brings one."
        ) from None


def from_notebook(text: str, *, stem: str) -> str:
    """Turn a notebook, as JSON, into the contents and the body of a page.

    Raises RenderError, which names the report `stem`, when pandoc cannot.
    """
    return _html(text, kind="ipynb", options=_WHOLE, stem=stem)


def from_markdown(text: str, *, stem: str) -> str:
    """Turn Markdown into HTML; raises as `from_notebook`."""
    return _html(text, kind=MARKDOWN, options=(), stem=stem)


def _html(text: str, *, kind: str, options: Sequence[str], stem: str) -> str:
    """Convert; pandoc may read no other file and fetch nothing."""
    told = ["--mathml", "--wrap=none", *options]
    try:
        return pypandoc.convert_text(text, "html5", format=kind, extra_args=told, sandbox=True)
    except RuntimeError:
        raise RenderError(f"pandoc could not convert {stem}; check its Markdown cells.") from None
