"""The model text: what is read, what is refused, and that layout changes nothing."""

import keyword
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oablib.base.errors import ModelError
from oablib.statistics.sem.text import semopy_parser, syntax
from oablib.statistics.sem.text.syntax import Constraint, Definition, Term

# lavaan 0.6-14: lavParseModelString(text, as.data.frame. = TRUE), its columns lhs, op, rhs,
# fixed, start, lower, upper, label; ";" stands between groups and "NA" in `fixed` forces a
# parameter to be free.
LAVAAN = {
    "y ~ x1 + x2": ["y ~ x1", "y ~ x2"],
    "y1 + y2 ~ x + a*z": ["y1 ~ x", "y1 ~ z label=a", "y2 ~ x", "y2 ~ z label=a"],
    "y1 + y2 ~ c(a, b)*x": ["y1 ~ x label=a;b", "y2 ~ x label=a;b"],
    "f =~ x1 + x2": ["f =~ x1", "f =~ x2"],
    "f =~ NA*x1 + x2": ["f =~ x1 fixed=NA", "f =~ x2"],
    "f =~ NA*x1 + a*x1 + x2": ["f =~ x1 fixed=NA label=a", "f =~ x2"],
    "f =~ start(0.8)*x1 + NA*x1 + x2": ["f =~ x1 fixed=NA start=0.8", "f =~ x2"],
    "f =~ x1 + 4*x2 + x2.loading*x2": ["f =~ x1", "f =~ x2 fixed=4 label=x2.loading"],
    "f =~\n + x1\n + x2": ["f =~ x1", "f =~ x2"],
    "f =~ x1 + # the first\n  x2 ! the second\n\n + x3\n": ["f =~ x1", "f =~ x2", "f =~ x3"],
    "f =~\nx1": ["f =~ x1"],
    "y ~ a*\nx": ["y ~ x label=a"],
    "y ~ c(a,\nb)*x": ["y ~ x label=a;b"],
    "y ~ x; z ~ x": ["y ~ x", "z ~ x"],
    "y ~~ 0*z": ["y ~~ z fixed=0"],
    "y ~~ z + w": ["y ~~ z", "y ~~ w"],
    "y ~~ v*y": ["y ~~ y label=v"],
    "y ~ 1": ["y ~1"],
    "y ~ x + m*1": ["y ~ x", "y ~1 label=m"],
    "y ~ 0.5*1 + x": ["y ~1 fixed=0.5", "y ~ x"],
    "y ~ c(a, b)*1": ["y ~1 label=a;b"],
    "y ~ -0.5*x": ["y ~ x fixed=-0.5"],
    "y ~ - 0.5*x + z": ["y ~ x fixed=-0.5", "y ~ z"],
    "y ~ 1e-3*x + 1e+3*z + .5*w + 5.*v": [
        "y ~ x fixed=0.001", "y ~ z fixed=1000", "y ~ w fixed=0.5", "y ~ v fixed=5",
    ],
    "y ~ + x": ["y ~ x"],
    'y ~ label("a")*x + "b"*z': ["y ~ x label=a", "y ~ z label=b"],
    'y ~ label(c("a", "b"))*x': ["y ~ x label=a;b"],
    'y ~ c("a", "")*x': ["y ~ x label=a;"],
    "y ~ lower(0)*x + a*x": ["y ~ x lower=0 label=a"],
    "y ~ lower(-1)*x + upper(c(1, NA))*x": ["y ~ x lower=-1 upper=1;NA"],
    "y ~ x + a*x": ["y ~ x label=a"],
    "y ~ a*x + start(-0.5)*x": ["y ~ x start=-0.5 label=a"],
    "y ~ c(0.5, NA)*x": ["y ~ x fixed=0.5;NA"],
    "y ~ c(NA, NA)*x": ["y ~ x fixed=NA;NA"],
    "y ~ c(1, 1)*x": ["y ~ x fixed=1;1"],
    "y ~ c(0.7, NA)*x + c(a, b)*x": ["y ~ x fixed=0.7;NA label=a;b"],
    "y ~ c(0.5, NA)*x + start(c(NA, 0.3))*x": ["y ~ x fixed=0.5;NA start=NA;0.3"],
    "y ~ c(0.5)*x": ["y ~ x fixed=0.5"],
    "y ~ pi*x + c*z + T*w": ["y ~ x label=pi", "y ~ z label=c", "y ~ w label=T"],
    "é ~ ß + a_b*x.1": ["é ~ ß", "é ~ x.1 label=a_b"],
}  # fmt: skip


def as_lavaan_writes(term: Term) -> str:
    fixed = term.value if term.free or any(v is not None for v in term.value) else ()
    label = ";".join(term.label)
    parts = [f"{term.lhs} {term.op} {term.rhs}".rstrip()]
    others = {name: getattr(term, name) for name in ("start", "lower", "upper")}
    for name, numbers in {"fixed": fixed, **others}.items():
        if numbers and (name == "fixed" or any(v is not None for v in numbers)):
            parts.append(f"{name}=" + ";".join("NA" if v is None else f"{v:g}" for v in numbers))
    return " ".join(parts + ([f"label={label}"] if label else []))


@pytest.mark.parametrize("text", LAVAAN)
def test_text_is_read_as_lavaan_reads_it(text):
    assert [as_lavaan_writes(term) for term in syntax.read(text).terms] == LAVAAN[text]


def test_term_holds_one_entry_where_text_names_no_groups():
    read = syntax.read("f =~ NA*x1 + a*x1 + x2; y ~ c(0.5, NA)*x; ind := a * 2 +\n a^2")
    assert read.terms == (
        Term("f", "=~", "x1", (None,), ("a",), (None,), True),
        Term("f", "=~", "x2", (None,), ("",), (None,), False),
        Term("y", "~", "x", (0.5, None), ("",), (None,), True),
    )
    assert read.definitions == (Definition("ind", "a*2+a^2"),)


# lavaan 0.6-14: attr(lavParseModelString(text), "constraints").
RELATIONS = {
    "a == b": ("a", "==", "b"),
    "a + b == 1 - 2 * c": ("a+b", "==", "1-2*c"),
    "a >\n 0": ("a", ">", "0"),
    "a == 2*\n b": ("a", "==", "2*b"),
    "0.1 < exp(a)": ("0.1", "<", "exp(a)"),
}


@pytest.mark.parametrize("text", RELATIONS)
def test_relation_is_read_as_lavaan_reads_it(text):
    assert syntax.read(text).constraints == (Constraint(*RELATIONS[text]),)
    assert syntax.read(f"y ~ a*x; {text}").constraints == (Constraint(*RELATIONS[text]),)


def test_commas_separate_left_sides_as_in_semopy():
    assert syntax.read("y, z ~ x + a*w") == syntax.read("y + z ~ x + a*w")


def test_start_and_label_may_stand_in_one_product():
    both = syntax.read("y ~ a*x + start(0.5)*x")
    assert syntax.read("y ~ start(0.5)*a*x") == syntax.read("y ~ a*start(0.5)*x") == both


@pytest.mark.parametrize("sign", ["∼", "˜"])
def test_other_tildes_are_read(sign):
    assert syntax.read(f"y {sign} x\ny {sign}{sign} y") == syntax.read("y ~ x\ny ~~ y")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", ";", " # c\n", " ! c\r\n", "\n\n\t\n"])
def test_statement_ends_with_its_line(end):
    assert syntax.read(f"y ~ x{end}z ~ x{end}") == syntax.read("y ~ x\nz ~ x")


def test_empty_text_has_no_terms():
    assert syntax.read(" \n# nothing\n;") == syntax.Syntax((), ())


def test_one_text_is_read_once():
    assert syntax.read("y ~ x") is syntax.read("y ~ x")


def test_long_equation_is_read():
    names = [f"x.{i}" for i in range(300)]
    read = syntax.read("y ~ " + " + ".join(f"b{name}*{name}" for name in names))
    assert [term.rhs for term in read.terms] == names


REFUSED = {
    "y ~": "'y ~' cannot be read: a name is missing; expected lines like `y ~ x1",
    "~ x": "a name is missing",
    "y ~ x +": "a name is missing",
    "y ~ x + + z": "a name is missing",
    "y ~ a*": "a name is missing",
    "y ~ a b": "'a b' is no name",
    "y ~ x-1": "'x - 1' is no name",
    "y ~ x - z": "'x - z' is no name",
    "y ~ -1": "'- 1' is no name",
    "y ~ x, z": "'x , z' is no name",
    "y ~ .x": "'.x' is no name (letters, digits, dots and _, no digit or dot first",
    "y ~ 1x": "'1x' is no name",
    "y ~ NA": "'NA' is no name",
    "y ~ x\u0301": "(U+0301) means nothing at its place",
    "y ~ x – z": "'–' (U+2013) means nothing at its place",
    "y ~ “a”*x": "(U+201C) means nothing",
    "y ~ x \u200b+ z": "(U+200B) means nothing",
    "y ~ x ~ z": "'~' (U+007E) means nothing",
    "y ~\nz ~ x": "'~' (U+007E) means nothing",
    "y ~ 0.5?x": "'?' (U+003F) means nothing",
    "y ~ 0": "'0' is a number; an intercept is `y ~ 1`, a fixed one `y ~ 0.5*1`",
    "y ~ 0 + x": "'0' is a number",
    "y ~ 2": "'2' is a number",
    "1 ~ x": "'1' is a number",
    "f =~ 1": "'1' is a number",
    "y ~~ 1": "'1' is a number",
    "f =~ 0": "'0' is a number",
    "y ~ x:z": "'x : z' is a product; make it a column of the data",
    "y ~ a*x:z": "'x : z' is a product",
    "a*y ~ x": "'a * y' holds a modifier; write it on the right",
    "y + y ~ x": "it was read as `y ~ x`; write each name once",
    "y": "'y' is not an equation; expected lines like",
    "y = x": "is not an equation",
    "y is x": "is not an equation",
    "y ~ x\nz": "'z' is not an equation",
    "a == b == c": "expected one sign of `==`, `<` and `>`",
    "y ~ a*x\na >= 0": "`>` includes the limit",
    "0 < a < 1": "write `0 < a < 1` as two lines, `a > 0` and `a < 1`",
    "a = 2*b": "An equality of parameters is written `==`",
    "a ==": "a sign or the expression is missing; write `a == 2*b` or `a > 0`",
    "> a": "a sign or the expression is missing",
    "a == 2 b": "a sign or the expression is missing",
    "f <~ x": "compute the composite as a column",
    "y | t1": "not ordered categories",
    "y ~*~ y": "not ordered categories",
    "group: 1\ny ~ x": "groups get c(a, b)*x, one entry each",
    "x:z ~ y": "a product x:z must be a column",
    "DEFINE(latent) f": "is a command of semopy; write `start(0.5)*x` for START",
    "BOUND(0, 1) a": "is a command of semopy",
    "CONSTRAINT(a - b < 2)": "the same label on both terms for CONSTRAINT",
    "START(0.5) a": "is a command of semopy",
    "y ~ nan*x": "'nan' is not a number or label; expected 0.5, NA, start(0.5), a label",
    "y ~ Inf*x": "'Inf' is not a number",
    "y ~ 1e999*x": "'1e999' is not a number",
    "y ~ 1 2*x": "'1 2' is not a number",
    "y ~ 0x10*x": "'0x10' is not a number",
    "y ~ TRUE*x": "'TRUE' is not a number",
    "y ~ *x": "'' is not a number",
    "y ~ (0.5)*x": "'( 0.5 )' is not a number",
    "y ~ sqrt(10)*x": "'sqrt ( 10 )' is not a number",
    'y ~ equal("z~x")*x': "a label (shared by equal parameters)",
    "y ~ lower(a)*x": "expected numbers in start(...), lower(...), upper(...)",
    "y ~ lower(0)*a*x": "several terms",
    "y ~ lower(0)*x + lower(1)*x": "'x' has two lower or upper limits; keep one of each",
    "y ~ lower(0)*x + 0.5*x": "'x' is fixed and has a limit; keep one",
    "y ~ lower(1)*x + upper(0)*x": "the limits of 'x' leave nothing between 1 and 0",
    'y ~ label("a b")*x': "is not a number or label",
    "y ~ c()*x": "'' is not a number",
    "y ~ c(a, )*x": "'' is not a number",
    "y ~ c(c(a), b)*x": "is not a number",
    "y ~ c(a, b*x": "a parenthesis has no partner",
    "y ~ c(a, NA)*x": 'mixes labels with numbers or NA; write c("a", "")',
    "y ~ c(a, 0.5)*x": "`c(a, b)*x + c(NA, 0.5)*x`",
    "y ~ start(a)*x": "expected numbers in start(...)",
    "y ~ label(0.5)*x": "labels in label(...)",
    "y ~ 0.5*a*x": "write several modifiers as several terms, `0.5*x + a*x`",
    "y ~ NA*a*x": "several terms",
    "y ~ 2*0.5*x": "several terms",
    "y ~ a*b*x": "'x' has two values, labels or starts; keep one of each",
    "y ~ a*x + b*x": "two values, labels or starts",
    "y ~ a*x + a*x": "two values, labels or starts",
    "y ~ 0.5*x + NA*x": "two values, labels or starts",
    "y ~ 0.5*x + start(0.5)*x": "'x' is fixed and has a start; keep one",
    "y ~ c(0.5, NA)*x + start(0.5)*x": "is fixed and has a start",
    "y ~ 0.5*x + start(c(NA, 0.5))*x": "is fixed and has a start",
    "y ~ c(a, b)*x + c(1, 1, NA)*x": "give each c(...) of 'x' one entry per group",
    "y ~ x + x": "'x' stands twice in 'y ~ x + x'; keep one",
    "y ~ x\ny ~ x": "`y ~ x` stands twice in the model; keep one",
    "y ~ 1\ny ~ 0*1": "`y ~1` stands twice in the model",
    "y ~~ z\nz ~~ y": "`z ~~ y` stands twice in the model (also as `y ~~ z`)",
    "y + z ~~ y + z": "`z ~~ y` stands twice",
    "f =~ x\nx ~ f": "`x ~ f` stands twice in the model (also as `f =~ x`)",
    "y ~ y": "`y ~ y` explains a variable by itself",
    "f =~ f": "`f =~ f` explains a variable by itself",
    "ab :=": "a sign or the expression is missing; write `ab := a*b`",
    "ab := a b": "a sign or the expression is missing",
    "2a := b": "'2a' is no name",
}


@pytest.mark.parametrize("text", REFUSED)
def test_text_is_refused(text):
    with pytest.raises(ModelError) as caught:
        syntax.read(text)
    assert REFUSED[text] in str(caught.value)


@pytest.mark.parametrize(
    "answer", [({"~": {"y": {"x": None}}}, {}), ({}, {"BOUND": ["x"]}), ({}, {})]
)
def test_line_is_refused_when_semopy_reads_another(monkeypatch, answer):
    monkeypatch.setattr(semopy_parser, "parse_desc", lambda _: answer)
    with pytest.raises(ModelError, match="cannot be read"):
        syntax.read("y ~ x + never_read_before")


BEGINNINGS = st.characters(
    categories=["Ll", "Lu", "Lo"], include_characters="_", max_codepoint=0xFFFF
)
LETTERS = st.characters(
    categories=["Ll", "Lu", "Lo", "Nd"], include_characters="_.", max_codepoint=0xFFFF
)
NAMES = st.one_of(
    st.from_regex(r"[a-z]{1,2}[0-9._]{0,2}", fullmatch=True),
    st.sampled_from([*keyword.kwlist, "c", "start", "label", "m0", "m1", "E", "e1", "x1e"]),
    st.builds("".join, st.tuples(BEGINNINGS, st.text(LETTERS, max_size=4))),
).filter(lambda name: name not in syntax.RESERVED)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=32)


def entries(one: st.SearchStrategy, groups: int) -> st.SearchStrategy[tuple]:
    return st.one_of(st.tuples(one), st.tuples(*[one] * groups))


@st.composite
def modifiers(draw: st.DrawFn) -> tuple:
    """Value, label, start and freedom of a term, as Term holds them."""
    groups = draw(st.integers(2, 3))
    if draw(st.booleans()):
        value, start = draw(entries(st.none() | NUMBERS, groups)), (None,)
        free = None in value and (len(value) > 1 or draw(st.booleans()))
    else:
        value, start = (None,), draw(entries(NUMBERS, groups) | st.just((None,)))
        free = draw(st.booleans())
    label = draw(entries(NAMES, groups) | st.just(("",)))
    return value, label, start, free


@st.composite
def models(draw: st.DrawFn) -> tuple[list[list[Term]], list[Definition]]:
    """Statements, each a list of terms with one left side and operator, and definitions."""
    latent, observed = draw(
        st.lists(NAMES, min_size=3, max_size=8, unique=True).map(lambda all_: (all_[:1], all_[1:]))
    )
    wanted = {
        "=~": [(f, x) for f in latent for x in observed[1:]],
        "~": [(y, x) for y in observed[:1] for x in [*observed[1:], *latent]],
        "~~": [(x, x) for x in observed] + [(observed[0], latent[0])],
        "~1": [(x, "") for x in observed],
    }
    statements = []
    for op, pairs in wanted.items():
        chosen = draw(st.lists(st.sampled_from(pairs), unique=True))
        terms = [Term(lhs, op, rhs, *draw(modifiers())) for lhs, rhs in chosen]
        sides = dict.fromkeys(term.lhs for term in terms)
        statements += [[term for term in terms if term.lhs == lhs] for lhs in sides]
    sums = st.lists(NAMES, min_size=1, max_size=3).map("*".join)
    definitions = draw(st.lists(st.builds(Definition, NAMES, sums), max_size=2))
    return draw(st.permutations(statements)), definitions


class Writer:
    """Writes a model in a random layout."""

    def __init__(self, draw: st.DrawFn):
        self.pick = lambda *options: draw(st.sampled_from(options))

    def gap(self) -> str:
        return self.pick("", " ", "  ", "\t", "\u00a0")

    def after_sign(self) -> str:
        return self.pick("", " ", "\n", " \n\n  ", " # why\n", "! x ~ y;\n # ~\n\t")

    def number(self, value: float | None) -> str:
        if value is None:
            return "NA"
        forms = [repr(value), f"{value:.17e}", repr(value).replace("e", "E")]
        forms += [str(int(value))] if value.is_integer() and value else []
        return self.pick(*forms)

    def vector(self, texts: list[str]) -> str:
        if len(texts) == 1:
            return texts[0]
        comma = f"{self.gap()},{self.after_sign()}"
        return f"c{self.gap()}({self.gap()}{comma.join(texts)}{self.gap()})"

    def label(self, names: tuple[str, ...]) -> str:
        form = self.pick("{}", '"{}"', "'{}'")
        text = self.vector([form.format(name) for name in names])
        return self.pick(text, f"label({text})")

    def factors(self, term: Term) -> list[str]:
        """Texts before the variable, each to stand in a term of its own."""
        found = []
        if term.free or set(term.value) != {None}:
            found.append(self.vector([self.number(value) for value in term.value]))
        if term.label != ("",):
            found.append(self.label(term.label))
        if term.start != (None,):
            numbers = self.vector([self.number(value) for value in term.start])
            found.append(f"start({self.gap()}{numbers}{self.gap()})")
        return found + ([""] if not found or self.pick(True, False) else [])

    def statement(self, terms: list[Term]) -> str:
        parts = []
        for term in terms:
            variable = term.rhs or "1"
            for factor in self.factors(term):
                times = f"{self.gap()}*{self.after_sign()}"
                parts.append(factor + times + variable if factor else variable)
        plus = self.pick(f"{self.gap()}+{self.after_sign()}", f"{self.after_sign()}+{self.gap()}")
        op = "~" if terms[0].op == "~1" else terms[0].op
        return f"{terms[0].lhs}{self.gap()}{op}{self.after_sign()}{plus.join(parts)}"


@st.composite
def written(draw: st.DrawFn) -> tuple[str, list[Term], list[Definition]]:
    statements, definitions = draw(models())
    writer = Writer(draw)
    lines = [writer.statement(terms) for terms in statements]
    lines += [f"{d.name}{writer.gap()}:={writer.after_sign()}{d.expression}" for d in definitions]
    ends = [writer.pick("\n", ";", "\r\n", " # c\n", " ; \n") for _ in lines]
    text = "".join(line + end for line, end in zip(lines, ends, strict=True))
    return text, [term for terms in statements for term in terms], definitions


@settings(deadline=None)
@given(written())
def test_any_layout_is_read_back(case):
    text, terms, definitions = case
    read = syntax.read(text)
    assert list(read.terms) == terms
    assert list(read.definitions) == definitions


@settings(deadline=None)
@given(st.text(alphabet='xyab1.50~=:*+-(),c"NA \n#;&', max_size=25))
def test_any_text_is_read_or_refused(text):
    try:
        read = syntax.read(text)
    except ModelError:
        return
    again = "\n".join(
        f"{term.lhs} {term.op} {term.rhs}".replace("~1 ", "~ 1") for term in read.terms
    )
    shapes = [(term.lhs, term.op, term.rhs) for term in read.terms]
    assert [(term.lhs, term.op, term.rhs) for term in syntax.read(again).terms] == shapes


def test_parser_is_semopys_own_and_comes_without_the_package():
    """A fresh process that reads a model has not imported semopy."""
    from semopy import parser

    line = "y,z~m0*x+w"
    assert semopy_parser.parse_desc(line) == parser.parse_desc(line)
    code = (
        "import sys; from oablib.statistics.sem.text import syntax; syntax.read('y ~ x'); "
        "sys.exit('semopy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
