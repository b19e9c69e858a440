"""The examples in the text of what repeat sales reckon with."""

import doctest

from odoo.tests import BaseCase

from ..tools import retention, rhythm


class TestRepeatTools(BaseCase):
    def test_examples_in_the_text(self):
        for module in (retention, rhythm):
            result = doctest.testmod(module)
            self.assertTrue(result.attempted)
            self.assertFalse(result.failed)
