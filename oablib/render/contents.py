"""contents.json: what the front page over all runs lists and searches."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from oablib.base import language
from oablib.render.build import Report
from oablib.render.edition import Edition
from oablib.render.provenance import Provenance

FILE = "contents.json"
SCHEMA = 2


def written(made: Mapping[Edition, Sequence[Report]], *, made_from: Provenance) -> str:
    """The reports of a run in each of its languages, as plain text in JSON."""
    titles = {}
    for edition in made:
        with language.use(edition.code):
            titles[edition.code] = made_from.title
    content = {
        "schema": SCHEMA,
        "run": made_from.run,
        "title": titles,
        "drawn": dict(made_from.drawn),
        "made_from": {"commit": made_from.commit, "data": made_from.parameters["data"]},
        "languages": [
            {
                "language": edition.code,
                "folder": edition.folder,
                "reports": [_listed(page) for page in made[edition]],
            }
            for edition in made
        ],
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _listed(page: Report) -> dict[str, Any]:
    return {
        "stem": page.stem,
        "title": page.title,
        "status": page.status,
        "pdf": f"{page.stem}.pdf",
        "notebook": f"notebooks/{page.stem}.ipynb",
        **page.outline,
    }
