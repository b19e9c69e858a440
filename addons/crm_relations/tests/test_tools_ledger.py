import doctest

from odoo.tests import BaseCase

from ..tools import ingest, ledger


class TestToolsLedger(BaseCase):
    def test_examples_in_the_text(self):
        for module in (ledger, ingest):
            result = doctest.testmod(
                module, optionflags=doctest.IGNORE_EXCEPTION_DETAIL
            )
            self.assertTrue(result.attempted)
            self.assertFalse(result.failed)
