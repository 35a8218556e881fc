"""What a page may hold: links and pictures of its own, and nothing that runs or loads."""

import pytest

from oablib.base.errors import RenderError
from oablib.render import checks

PICTURE = "data:image/png;base64,iVBORw0KGgo="


@pytest.mark.parametrize(
    "html",
    [
        '<a href="https://lavaan.ugent.be">lavaan</a> <a href="#fit">fit</a>',
        '<a href="05_base_model.html">model</a> <a href="tables/fit.csv">table</a>',
        f'<img alt="dots" src="{PICTURE}">',
        '<svg aria-label="paths"><use href="#arrow"/></svg>',
        "<svg><title>paths</title><path d='M0 0'/></svg>",
        f'<p style="background: url({PICTURE})">x</p>',
        "<p>&lt;script&gt; and onclick= are words here</p>",
    ],
)
def test_what_stays_on_the_page_is_accepted(html: str) -> None:
    checks.fail_if_unsafe(html, stem="05")


@pytest.mark.parametrize(
    "html",
    [
        "<svg><path d='M0 0'/></svg>",
        "<svg><path d='M0 0'/>",
        '<svg aria-label="x"><image href="https://example.org/x.png"/></svg>',
        '<svg aria-label="x"><use xlink:href="https://example.org/x.svg#a"/></svg>',
        f'<img alt="x" src="{PICTURE}" srcset="https://example.org/x.png 2x">',
        '<p style="background: url(https://example.org/x.png)">x</p>',
        "<style>p { background: url('//example.org/x.png') }</style>",
        "<SCRIPT>x</SCRIPT>",
        '<a href=" JaVaScRiPt:x">x</a>',
        '<a href="java&#115;cript:x">x</a>',
        '<a href="data:text/html,x">x</a>',
        '<object data="x.svg"></object>',
        '<form action="https://example.org"></form>',
        '<meta http-equiv="refresh" content="0;url=https://example.org">',
    ],
)
def test_what_runs_or_loads_is_refused(html: str) -> None:
    with pytest.raises(RenderError, match=r"^Report 05 cannot be published"):
        checks.fail_if_unsafe(html, stem="05")


def test_every_kind_of_fault_is_named_once_and_no_value_is_quoted() -> None:
    with pytest.raises(RenderError) as refused:
        checks.fail_if_unsafe('<img src="a999"><img src="b999"><b onclick="999">', stem="05")
    assert str(refused.value).count("alt text") == 1
    assert "onclick" in str(refused.value)
    assert "999" not in str(refused.value)
