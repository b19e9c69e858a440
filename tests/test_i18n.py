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


@tagged("post_install", "-at_install")
class TestBorrowedChoices(TransactionCase):
    def test_choices_taken_from_another_field_come_in_ones_language(self):
        """``field.selection`` is the source's English; its description is translated."""
        untold = []
        for model in self.env.values():
            for field in model._fields.values():
                ours = set(field._modules) & set(MODULES)
                if field.type != "selection" or not callable(field.selection):
                    continue
                english, ukrainian = (
                    field._description_selection(self.env(context={"lang": language}))
                    for language in ("en_US", "uk_UA")
                )
                words = [(key, label) for key, label in english if key != label]
                if ours and words and english == ukrainian:
                    untold.append(str(field))
        self.assertEqual(untold, [])
