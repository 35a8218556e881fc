"""The page docs/sem.md: the same analyses by lavaan and by oablib, with what both print.

    python3 nox.py -s sem_page

The text and the code stand in sem_page.md. Blocks of `text` are models, named by their first line;
blocks of `r` and of `python` are run, each kind in order; {{name}} is replaced by an output.
"""

import argparse
import json
import re
import subprocess
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import oablib
from tests import lavaan_reference, pooling_reference
from tests.measured import sem_page_tables
from tests.measured.sem_page_tables import Results
from tests.places import ROOT

HERE = Path(__file__).parent
TEMPLATE = HERE / "sem_page.md"
R_SCRIPT = HERE / "r" / "sem_page.R"
COMMAND = "python3 nox.py -s sem_page"
NOTICE = f"<!-- Written by `{COMMAND}`; change tests/measured/sem_page.md instead. -->"
TOLERANCES = ("ESTIMATE_TOLERANCE_SE", "SE_RTOL", "LOGLIK_ATOL")
OUTPUTS: tuple[Callable[[Results, Results], str], ...] = (
    sem_page_tables.paths,
    sem_page_tables.measures,
    sem_page_tables.summary,
    sem_page_tables.modification_indices,
    sem_page_tables.joint_candidate,
    sem_page_tables.groups,
    sem_page_tables.likelihood_ratio,
    sem_page_tables.effects,
    sem_page_tables.weights,
    sem_page_tables.pooled,
    sem_page_tables.pooled_more,
    sem_page_tables.pooled_tests,
    sem_page_tables.semopy_criteria,
    sem_page_tables.early_distance,
    sem_page_tables.tight_distance,
    sem_page_tables.stuck_distance,
)


def blocks(template: str, language: str) -> list[str]:
    """Code of all fenced blocks of one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", template, flags=re.DOTALL | re.MULTILINE)


def models(template: str) -> dict[str, str]:
    """Model texts by the name in their first line."""
    named = (block.split("\n", 1) for block in blocks(template, "text"))
    return {first.removeprefix("# "): rest for first, rest in named}


def run_r(template: str) -> Results:
    """What the R code of the page finds. Raises CalledProcessError with R's message shown."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "code.R").write_text("\n".join(blocks(template, "r")), encoding="utf-8")
        (folder / "models.json").write_text(json.dumps(models(template)), encoding="utf-8")
        subprocess.run(
            ["Rscript", "--vanilla", str(R_SCRIPT), name],
            cwd=ROOT,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        return json.loads((folder / "results.json").read_text(encoding="utf-8"))


def run_python(template: str) -> Results:
    """The variables that the Python code of the page leaves; it is run in the project's folder."""
    variables: Results = {"frames": pooling_reference.frames(), **models(template)}
    for block in blocks(template, "python"):
        exec(block, variables)
    return variables


def page(template: str, r: Results, own: Results) -> str:
    """The template with its outputs. Raises KeyError for an output that nobody makes."""
    values = {output.__name__: output(r, own) for output in OUTPUTS}
    # As R's users write them: 0.6-14.
    values |= {
        name: re.sub(r"(\.\d+)\.(\d+)$", r"\1-\2", text) for name, text in r["versions"].items()
    }
    values |= {"R": r["versions"]["R"], "oablib": oablib.__version__, "semopy": version("semopy")}
    limits = {name: f"{getattr(lavaan_reference, name):.0e}" for name in TOLERANCES}
    values |= {name: limit.replace("e-0", "e-") for name, limit in limits.items()}
    values |= {"command": COMMAND, "n_rows": str(len(own["fit"].parameters))}
    values |= {"n_clusters": str(own["fit"].n_clusters)}
    filled = re.sub(r"\{\{(\w+)\}\}", lambda found: values[found[1]], template)
    title, rest = filled.split("\n", 1)
    return f"{title}\n\n{NOTICE}\n{rest}"


def main() -> None:
    """Run both sides and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "sem.md")
    arguments = parser.parse_args()
    template = TEMPLATE.read_text(encoding="utf-8")
    text = page(template, run_r(template), run_python(template))
    arguments.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
