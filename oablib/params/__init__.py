"""Where the project is, what its parameter files say, and what a run was given."""

from oablib.params.project import (
    KINDS,
    RUN_NAME,
    SEVERAL,
    WORK,
    fail_if_name_is_unfit,
    files_of,
    load_yaml,
    named_file,
    names,
    root,
    rules,
)
from oablib.params.publications import published
