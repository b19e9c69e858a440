from dateutil.relativedelta import relativedelta

from odoo import fields
from odoo.tests import HttpCase, tagged

from .money_common import MoneyCommon


@tagged("post_install", "-at_install")
class TestMoneyTour(MoneyCommon, HttpCase):
    """The accountant's and the owner's way through the money."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for user in cls.accountant | cls.director:
            user.password = user.login
        cls.today = fields.Date.context_today(cls.env.user)
        cls.last_month = cls.today.replace(day=5) - relativedelta(months=1)

    def test_accountant_reconciles_and_opens_a_document(self):
        self._make_invoice(self.last_month, 100)
        entry = self._make_entry(
            self.last_month, self.customer, self._account("income"), -11
        )
        entry.line_ids.name = "Rebate by hand"
        self.start_tour(
            "/odoo/action-crm_relations.crm_reconciliation_action",
            "crm_relations_reconciliation",
            login="rel_accountant",
        )

    def test_owner_sees_who_earns_and_who_costs(self):
        careful, careless = (
            self._make_customer(f"{name} driver") for name in ("Careful", "Careless")
        )
        long_ago = self.last_month - relativedelta(months=6)
        for driver in careful | careless:
            self._make_invoice(long_ago, 100_000_000, partner=driver)
        self._make_entry(long_ago, careless, self._account("expense"), 300_000_000)
        self._work_out(self.today)
        self.metrics._classify(self.today)
        self.start_tour(
            "/odoo/action-crm_relations.crm_customer_metric_action",
            "crm_relations_who_earns",
            login="rel_director",
        )
