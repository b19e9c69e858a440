from datetime import date, datetime, timedelta

from odoo.tests import tagged

from ..models.loyalty_card import Change
from .loyalty_common import LoyaltyCommon

TODAY = date(2026, 3, 20)
NOON = datetime(2026, 3, 20, 10)  # noon in Kyiv, a Friday


@tagged("post_install", "-at_install")
class TestLoyaltyExpiry(LoyaltyCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.email = "romashka@example.com"
        cls.company.partner_id.tz = "Europe/Kyiv"

    def _give(self, points, expires, key):
        change = Change(
            "manual", points * 1000, "loyalty.card", self.card.id, key=key,
            expires=expires,
        )  # fmt: skip
        self.card._crm_change_points({self.card.id: [change]}, "Gift")

    def test_only_what_is_left_of_the_old_lot_expires(self):
        self._give(100, TODAY - timedelta(days=1), "old")
        self._give(50, TODAY, "today")
        self._give(30, False, "never")
        self.card.points -= 40
        self.assertEqual(self.card._crm_expire(TODAY), 1)
        self.assertEqual(self._ledger()[-1], ("expired", -60))
        self.assertEqual(self.card.points, 80)
        self.assertFalse(self.card._crm_expire(TODAY), "once")
        history = self.env["loyalty.history"].search([], limit=1)
        self.assertEqual((history.used, history.description), (60, "Points expired"))
        self.assert_agrees()

    def test_the_reminder_goes_once(self):
        self._give(100, TODAY + timedelta(days=10), "soon")
        self._give(50, TODAY + timedelta(days=40), "later")
        sent = self.card._crm_remind(TODAY, NOON)
        self.assertEqual(sent, 1)
        mail = self.env["mail.mail"].search([], limit=1)
        self.assertIn("100", mail.subject)
        self.assertFalse(self.card._crm_remind(TODAY, NOON))
        notice = self.env["crm.loyalty.notice"].search([])
        self.assertEqual((notice.kind, notice.partner_id), ("expiry", self.customer))

    def test_who_refuses_letters_gets_none(self):
        self.env["crm.consent"].create(
            {"partner_id": self.customer.id, "kind": "email", "state": "refused"}
        )
        self._give(100, TODAY + timedelta(days=10), "soon")
        self.assertFalse(self.card._crm_remind(TODAY, NOON))
        self.assertTrue(self.env["crm.loyalty.notice"].search([]).is_refused)
