"""Notebooks are arguments: head, short cells, prose; and nothing of a run is kept in them."""

import ast
import itertools
import re
import statistics

import nbformat
import pytest

from oablib import params
from oablib.base import language
from oablib.disclosure.ledger import COHORT
from oablib.disclosure.of_places.held import CHILDREN, ROWS
from oablib.params.cell import declared
from oablib.params.declared import RunParameters
from oablib.running import publication
from tests.places import ROOT

PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FORBIDDEN = ("filterwarnings", "pip install", ".head(", ".sample(", "truth", "http://", "https://")
MOST_PARAMETERS = 11
MOST_LINES = 95  # of code; the allocation also publishes, and prepares what is paid
PARTS = ("title", "unit", "rows")
DRAWS = {"education_draws", "education_draws_before"}
SCORES = {"pupil_scores", "pupil_scores_before"}
PAYER = {"payer_sites", "payer_municipalities", "payer_grants", "payer_certainty"}
PRIVATE = {"cohort", "imputed", "scaled", *DRAWS, *SCORES, *PAYER, ROWS, CHILDREN, COHORT}


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def notebook(request: pytest.FixtureRequest) -> nbformat.NotebookNode:
    return nbformat.read(request.param, as_version=4)


def code(notebook: nbformat.NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def test_there_are_notebooks() -> None:
    assert len(PATHS) >= 5


def test_outputs_are_stripped(notebook: nbformat.NotebookNode) -> None:
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in cells)


def test_the_first_cell_asks_and_lists(notebook: nbformat.NotebookNode) -> None:
    first = notebook.cells[0].source
    for part in ("# ", "**Question.**", "| Reads | Writes | Rules |"):
        assert part in first


def test_length_and_balance(notebook: nbformat.NotebookNode) -> None:
    """Short enough to read from top to bottom; what was found is said by functions."""
    lines = [len(source.splitlines()) for source in code(notebook)]
    words = sum(len(c.source.split()) for c in notebook.cells if c.cell_type == "markdown")
    assert 10 <= len(notebook.cells) <= 30
    assert sum(lines) <= MOST_LINES
    assert max(lines) <= 15
    assert statistics.median(lines) <= 4
    assert 2 <= words / sum(lines) <= 35


def prose(notebook: nbformat.NotebookNode) -> str:
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def headings(notebook: nbformat.NotebookNode) -> list[str]:
    return re.findall(r"^#+ .*$", prose(notebook), flags=re.MULTILINE)


def shows_an_exhibit(source: str) -> bool:
    last = source.rstrip().splitlines()[-1]
    return bool(re.search(r"\w_(figure|table)\(", last)) and "=" not in last.split("(")[0]


def test_only_the_title_is_of_the_first_level(notebook: nbformat.NotebookNode) -> None:
    levels = [len(heading.split()[0]) for heading in headings(notebook)]
    assert levels[0] == 1 and min(levels[1:]) == 2
    assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(levels))


def test_it_ends_with_its_limits(notebook: nbformat.NotebookNode) -> None:
    assert headings(notebook)[-1] == "## Limits"


def test_a_sentence_follows_each_figure_and_table(notebook: nbformat.NotebookNode) -> None:
    """Typed, or computed by a function; a figure and a table of the same may share it."""
    for cell, following in itertools.pairwise(notebook.cells):
        if cell.cell_type == "code" and shows_an_exhibit(cell.source):
            last = following.source.rstrip().splitlines()[-1]
            computed = re.match(r"(None if [\w.]+ else )?[\w.]+\(", last)
            assert following.cell_type == "markdown" or computed, cell.source


def test_references_name_what_the_notebook_makes(notebook: nbformat.NotebookNode) -> None:
    text = "\n".join(code(notebook))
    made = {(kind[:3], name) for name, kind in re.findall(r"\.(\w+)_(figure|table)\b", text)}
    made |= {(kind, name.replace("-", "_")) for kind in ("fig", "tab")
             for name in re.findall(r'labelled\("([\w-]+)"\)', text)}  # fmt: skip
    slugs = {
        re.sub(r"[^\w -]", "", each.lstrip("# ")).lower().replace(" ", "-")
        for each in headings(notebook)
    }
    for kind, name in re.findall(r"@(fig|tbl|sec)-([\w-]+)", prose(notebook)):
        found = ("tab" if kind == "tbl" else kind, name.replace("-", "_")) in made
        assert name in slugs if kind == "sec" else found, f"@{kind}-{name}"


def test_sources_are_in_the_bibliography(notebook: nbformat.NotebookNode) -> None:
    text = (PATHS[0].parents[1] / "params" / "references.bib").read_text(encoding="utf-8")
    known = set(re.findall(r"^@\w+\{(\w+),", text, flags=re.MULTILINE))
    cited = {
        key for key in re.findall(r"@(\w+)", prose(notebook)) if key not in ("fig", "tbl", "sec")
    }
    assert cited <= known


def test_numbers_of_figures_and_tables_are_not_typed(notebook: nbformat.NotebookNode) -> None:
    assert not re.search(r"\b(Figure|Table) \d", prose(notebook))


def test_prose_holds_no_html(notebook: nbformat.NotebookNode) -> None:
    assert not re.search(r"</?[a-z]+[ >]", prose(notebook))


def test_nothing_forbidden(notebook: nbformat.NotebookNode) -> None:
    for source in code(notebook):
        assert not [word for word in FORBIDDEN if word in source]


def parameters_cell(notebook: nbformat.NotebookNode) -> str:
    cells = (cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
    return next(cells).source


def test_parameters_are_typed_explained_and_known_to_the_run(
    notebook: nbformat.NotebookNode,
) -> None:
    names = declared(notebook)
    assert names[0] == "run" and len(names) <= MOST_PARAMETERS
    assert set(names) <= set(RunParameters.model_fields)
    for line in parameters_cell(notebook).splitlines():
        assert ":" in line.split("=")[0] and "  # " in line


def test_parameters_wait_for_a_value(notebook: nbformat.NotebookNode) -> None:
    """Only so can a value that somebody gives be declared_tables from one that nobody gave."""
    if "study" in notebook.metadata["oab"]:
        return  # no run file says what its data are
    for line in parameters_cell(notebook).splitlines():
        assert " | None = None  # " in line


def test_parameters_keep_their_meaning(notebook: nbformat.NotebookNode) -> None:
    """A cell that gave one another value would change what `start` sees when it runs again."""
    names = set(declared(notebook))
    cells = [source for source in code(notebook) if source != parameters_cell(notebook)]
    for node in ast.walk(ast.parse("\n".join(cells))):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            assert node.id not in names


def test_the_first_cell_after_the_parameters_opens_the_run(notebook: nbformat.NotebookNode) -> None:
    sources = code(notebook)
    following = sources[sources.index(parameters_cell(notebook)) + 1]
    assert re.match(r"stage(, \w+)? = start\(globals\(\)\)", following)
    assert "\n".join(sources).count("start(globals())") == 1


def test_it_says_what_it_writes(notebook: nbformat.NotebookNode) -> None:
    promised = notebook.metadata["oab"]["writes"]
    text = "\n".join(code(notebook))
    assert all(f'"{name}"' in text for name in promised)


def test_every_results_table_of_a_stage_is_described_in_its_file_and_none_besides() -> None:
    files = []
    for path in PATHS:
        declared = nbformat.read(path, as_version=4).metadata["oab"]
        tables = {*declared["writes"], *declared.get("may_write", [])} - PRIVATE
        if not tables:
            continue
        files.append(path.stem.partition("_")[2])
        content = params.load_yaml(params.named_file("results", files[-1]))
        assert set(content) == tables
        for name in tables:
            parts = content[name]
            expected = {*PARTS, *(f"{part}_nl" for part in PARTS)}
            assert set(parts) - {"cells"} == expected and all(parts.values())
            for code, ending in (("en", ""), ("nl", "_nl")):
                with language.use(code):
                    shown = publication.described(name, stem=path.stem)
                assert shown == {part: parts[f"{part}{ending}"] for part in PARTS}
    assert sorted(files) == params.names("results")
