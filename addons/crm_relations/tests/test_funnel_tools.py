import doctest

from odoo.addons.base.tests.common import BaseCommon

from ..tools import property_match, script_text, stage_move, working_time


class TestFunnelTools(BaseCommon):
    def test_doctests(self):
        for module in (property_match, script_text, stage_move, working_time):
            with self.subTest(module=module.__name__):
                result = doctest.testmod(module)
                self.assertGreater(result.attempted, 0)
                self.assertFalse(result.failed)
