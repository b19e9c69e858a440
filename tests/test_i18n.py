"""Every text of every module is exported and translated, nothing is left over."""

import io
import re
from pathlib import Path

import polib
import pytest

from odoo.tests import TransactionCase, tagged
from odoo.tools.translate import trans_export

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted(path.parent.name for path in ROOT.glob("addons/*/__manifest__.py"))
PLACEHOLDER = re.compile(r"%\(\w+\)[sdf]|%[sdf]|\{\{.*?\}\}|\{\w+\}")


def _catalogue(module, name):
    return polib.pofile(str(ROOT / "addons" / module / "i18n" / name))


@pytest.mark.parametrize("language", ["uk", "ru"])
@pytest.mark.parametrize("module", MODULES)
def test_every_term_is_translated(module, language):
    template = {entry.msgid for entry in _catalogue(module, f"{module}.pot")}
    catalogue = _catalogue(module, f"{language}.po")
    done = {entry.msgid for entry in catalogue if entry.msgstr and not entry.obsolete}
    assert sorted(template - done) == [], "run `make i18n` and translate"


@pytest.mark.parametrize("language", ["uk", "ru"])
@pytest.mark.parametrize("module", MODULES)
def test_placeholders_survive_translation(module, language):
    wrong = [
        entry.msgid
        for entry in _catalogue(module, f"{language}.po")
        if sorted(PLACEHOLDER.findall(entry.msgid))
        != sorted(PLACEHOLDER.findall(entry.msgstr))
    ]
    assert wrong == []


@tagged("post_install", "-at_install")
class TestTemplatesAreCurrent(TransactionCase):
    def test_templates_are_what_the_code_says(self):
        for module in MODULES:
            with self.subTest(module=module):
                stored = {entry.msgid for entry in _catalogue(module, f"{module}.pot")}
                self.assertEqual(
                    sorted(self._exported(module) ^ stored), [], "run `make i18n`"
                )

    def _exported(self, module):
        buffer = io.BytesIO()
        trans_export(False, [module], buffer, "po", self.env)
        return {entry.msgid for entry in polib.pofile(buffer.getvalue().decode())}
