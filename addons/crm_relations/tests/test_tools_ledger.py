import doctest

from odoo.tests import BaseCase

from ..tools import email_repair, ingest, ledger


class TestToolsLedger(BaseCase):
    def test_examples_in_the_text(self):
        for module in (email_repair, ledger, ingest):
            result = doctest.testmod(
                module, optionflags=doctest.IGNORE_EXCEPTION_DETAIL
            )
            self.assertTrue(result.attempted)
            self.assertFalse(result.failed)
