"""What a module's own files must not say twice."""

from collections import defaultdict
from pathlib import Path

import pytest
from lxml import etree

MODULES = sorted(
    path.parent
    for path in (Path(__file__).resolve().parent.parent / "addons").glob(
        "*/__manifest__.py"
    )
)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_no_external_id_is_given_twice(module):
    """Of two records with one id the later silently replaces the earlier."""
    found = defaultdict(list)
    for folder in ("data", "security", "views", "wizard", "report"):
        for path in (module / folder).glob("*.xml"):
            for node in (
                etree.parse(path).getroot().iter("record", "menuitem", "template")
            ):
                if node.get("model") != "res.groups":  # groups are added to on purpose
                    found[node.get("id")].append(path.name)
    assert not {key: files for key, files in found.items() if key and len(files) > 1}
