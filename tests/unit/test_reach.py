"""A definition counts where it can be reached, and for nothing else."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from oablib import reach, reach_library, reach_source


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small package in the place of oablib."""
    write(tmp_path, "__init__", "")
    write(
        tmp_path,
        "shapes",
        """
        from oablib.tools import helper

        SIDES = 4
        "How many there are."

        class Square:
            def area(self):
                return helper(self.side)

            def perimeter(self):
                return SIDES * self.side

            def __repr__(self):
                return "square"

        def make(side):
            "Makes one."
            return Square(side)

        def unused():
            return 1
        """,
    )
    write(
        tmp_path,
        "tools",
        """
        "What helps."
        LOADED = print("loaded")
        print("side effect")

        def helper(x):
            return x * x

        def other():
            return 2
        """,
    )
    monkeypatch.setattr(reach_source, "PACKAGE", tmp_path)
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / reach_source.COMPILED))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    clear()
    yield tmp_path
    monkeypatch.undo()
    clear()


def clear() -> None:
    for kept in (reach_library.definitions, reach_source.is_module, reach_source.beside):
        kept.cache_clear()


def write(folder: Path, name: str, text: str) -> None:
    (folder / f"{name}.py").write_text(textwrap.dedent(text), encoding="utf-8")
    clear()


def reached(code: str) -> set[str]:
    return {name.removeprefix("oablib.") for name in reach.of_code(code).definitions}


def test_what_is_named_is_reached_and_what_is_not_is_not(package: Path) -> None:
    found = reached("from oablib import shapes\nshapes.make(3)")
    assert {"shapes.make", "shapes.Square"} <= found
    assert not {"shapes.unused", "tools.other", "tools.helper"} & found


def test_an_import_alone_reaches_nothing(package: Path) -> None:
    assert reached("from oablib import shapes, tools") == set()


def test_a_method_counts_as_soon_as_its_name_stands_behind_a_dot(package: Path) -> None:
    found = reached("from oablib.shapes import make\nmake(3).area()")
    assert {"shapes.Square.area", "tools.helper"} <= found
    assert "shapes.Square.perimeter" not in found
    assert "shapes.Square.__repr__" in found


def test_a_method_counts_when_its_name_stands_in_quotes(package: Path) -> None:
    found = reached("from oablib.shapes import make\ngetattr(make(3), 'perimeter')()")
    assert {"shapes.Square.perimeter", "shapes.SIDES"} <= found


def test_all_methods_count_of_a_class_that_others_may_call(package: Path) -> None:
    text = (package / "shapes.py").read_text(encoding="utf-8")
    write(package, "shapes", text.replace("class Square:", "class Square(list):"))
    assert "shapes.Square.perimeter" in reached("from oablib.shapes import make\nmake(3)")


def test_a_module_used_as_a_value_counts_whole(package: Path) -> None:
    assert {"shapes.unused", "shapes.make"} <= reached("from oablib import shapes\nvars(shapes)")


def test_what_a_module_does_when_loaded_counts_with_anything_in_it(package: Path) -> None:
    assert "tools" in reached("from oablib.tools import other\nother()")


def fingerprints(code: str) -> dict[str, str]:
    return dict(reach.of_code(code).definitions)


MAKE = "from oablib.shapes import make\nmake(3).area()"


@pytest.mark.parametrize(
    ("module", "old", "new", "changes"),
    [
        ("tools", "x * x", "x * x * x", {"oablib.tools.helper"}),
        ("tools", "return 2", "return 3", set()),
        ("shapes", "Makes one.", "Makes a square.", set()),
        ("shapes", "How many there are.", "As any square.", set()),
        ("tools", "What helps.", "What else there is.", set()),
        ("shapes", "return helper", "# the area\n        return helper", set()),
        ("shapes", "SIDES = 4", "SIDES = 5", set()),
        ("shapes", "class Square:", "class Square:\n    side = 1", {"oablib.shapes.Square"}),
    ],
)
def test_a_fingerprint_follows_the_meaning_of_a_definition(
    package: Path, module: str, old: str, new: str, changes: set[str]
) -> None:
    before = fingerprints(MAKE)
    text = (package / f"{module}.py").read_text(encoding="utf-8")
    assert old in text
    write(package, module, text.replace(old, new))
    after = fingerprints(MAKE)
    assert {name for name in before | after if before.get(name) != after.get(name)} == changes


def test_two_functions_that_import_two_things_under_one_name_reach_both(package: Path) -> None:
    write(
        package,
        "a",
        """
        def first():
            from oablib.tools import helper as job
            return job(1)

        def second():
            from oablib.tools import other as job
            return job()
        """,
    )
    assert {"tools.helper", "tools.other"} <= reached("from oablib import a\na.first()")


def test_files_beside_the_code_count_for_code_that_asks_where_it_stands(package: Path) -> None:
    write(package, "b", "from pathlib import Path\nHERE = Path(__file__).parent\n")
    (package / "style.css").write_text("a {}", encoding="utf-8")
    clear()
    before = fingerprints("from oablib import b\nb.HERE")
    (package / "style.css").write_text("b {}", encoding="utf-8")
    clear()
    assert fingerprints("from oablib import b\nb.HERE") != before


def kept(package: Path) -> list[Path]:
    return [path for path in package.rglob("definitions.*") if path.is_file()]


def test_what_was_read_is_kept_and_serves_until_a_file_changes(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = fingerprints(MAKE)
    assert len(kept(package)) == 1
    clear()
    with monkeypatch.context() as context:
        context.setattr(reach_library, "_read", lambda: pytest.fail("read anew"))
        assert fingerprints(MAKE) == before
    text = (package / "tools.py").read_text(encoding="utf-8")
    write(package, "tools", text.replace("x * x", "x + x"))
    assert fingerprints(MAKE) != before
    assert len(kept(package)) == 1


@pytest.mark.parametrize("content", [b"", b"half", bytes(32)])
def test_what_is_kept_in_another_form_is_read_anew(package: Path, content: bytes) -> None:
    before = fingerprints(MAKE)
    (place,) = kept(package)
    place.write_bytes(content)
    clear()
    assert fingerprints(MAKE) == before
    assert len(place.read_bytes()) > 100


def test_nothing_is_kept_where_python_keeps_nothing(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    fingerprints(MAKE)
    assert kept(package) == []


def test_a_folder_that_cannot_be_written_to_is_no_fault(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "pycache_prefix", str(package / "tools.py"))  # no folder at all
    assert fingerprints(MAKE)
    assert kept(package) == []


def test_the_stages_of_the_project_reach_what_they_are_about() -> None:
    """The intake knows nothing of models being fitted; the base model does."""
    from oablib import stage

    by_stem = {each.stem: reach.of_code("\n".join(each.code)) for each in stage.load()}
    assert "oablib.sem.fitting.fit" in by_stem["05_base_model"].definitions
    for stem in ("01_intake", "03_imputation", "04_scale_values", "00_summary"):
        assert "oablib.sem.fitting.fit" not in by_stem[stem].definitions
        assert "indirect" not in by_stem[stem].attributes
    assert "oablib.imputation.multinomial.maximise" in by_stem["03_imputation"].definitions


def test_the_order_of_sets_changes_no_fingerprint(tmp_path: Path) -> None:
    """Each process has its own order of names in sets; none finds what another one read."""
    code = (
        "from oablib import reach; import hashlib, json;"
        "told = reach.of('selection.forward', 'prediction.predict', 'pooling.compare').definitions;"
        "print(hashlib.sha256(json.dumps(sorted(told.items())).encode()).hexdigest())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True,
            env=os.environ
            | {"PYTHONHASHSEED": str(seed), "PYTHONPYCACHEPREFIX": str(tmp_path / str(seed))},
        ).stdout
        for seed in range(1, 5)
    }  # fmt: skip
    assert len(found) == 1
