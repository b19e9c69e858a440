from datetime import date, datetime

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .loyalty_common import LoyaltyCommon

MARCH, APRIL = date(2026, 3, 31), date(2026, 4, 30)


@tagged("post_install", "-at_install")
class TestLoyaltyProvision(LoyaltyCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.loyalty.entry"].flush_model()
        cls.company.partner_id.tz = "Europe/Kyiv"
        cls.program.write({"company_id": cls.company.id, "crm_point_value": 0.5})
        cls.debt = cls._new_account("2190L", "liability_current")
        cls.cost = cls._new_account("6900L", "expense")
        cls.journal = cls.env["account.journal"].create(
            {"name": "Loyalty", "code": "LOY", "type": "general",
             "company_id": cls.company.id}
        )  # fmt: skip
        cls.company.write(
            {
                "crm_loyalty_journal_id": cls.journal.id,
                "crm_loyalty_liability_account_id": cls.debt.id,
                "crm_loyalty_expense_account_id": cls.cost.id,
            }
        )
        cls.provisions = cls.env["crm.loyalty.provision"]

    @classmethod
    def _new_account(cls, code, kind):
        return cls.env["account.account"].create(
            {"name": code, "code": code, "account_type": kind,
             "company_ids": [(6, 0, cls.company.ids)]}
        )  # fmt: skip

    def _move(self, points, at, is_debt=False, **values):
        """A movement of the card at a time of the past, of its one lot or of its debt."""
        row = dict.fromkeys(
            ("history_id", "reversal_of_id", "expires_on", "note", "lot_id", "new_lot")
        )
        count = len(self._ledger())
        card_ref = values.get("card_ref", self.card.id)
        lot = self.entries.search([("card_ref", "=", card_ref)], order="id").lot_id[:1]
        if not is_debt:
            row.update({"lot_id": lot.id or -1, "new_lot": None if lot else -1})
        self.entries._append(
            [
                {
                    **row,
                    "card_id": self.card.id,
                    "card_ref": self.card.id,
                    "program_id": self.program.id,
                    "company_id": self.company.id,
                    "points": points,
                    "reason": "manual",
                    "source_model": "loyalty.card",
                    "source_id": self.card.id,
                    "line_key": f"past:{count}",
                    "at": at,
                    "user_id": self.env.uid,
                    **values,
                }
            ]
        )

    def _lines(self, move):
        return {line.account_id: line.balance for line in move.line_ids}

    def test_a_draft_of_the_difference_once_a_month(self):
        self._move(100, datetime(2026, 3, 10))
        march = self.provisions._prepare_month(self.company, MARCH)
        self.assertEqual((march.liability, march.difference), (50, 50))
        self.assertEqual(march.move_id.state, "draft")
        self.assertEqual(march.move_id.date, MARCH)
        self.assertEqual(self._lines(march.move_id), {self.cost: 50, self.debt: -50})
        again = self.provisions._prepare_month(self.company, MARCH)
        self.assertEqual((again, again.move_id), (march, march.move_id))
        self._move(-60, datetime(2026, 4, 10))
        april = self.provisions._prepare_month(self.company, APRIL)
        self.assertEqual((april.liability, april.difference), (20, -30))
        self.assertEqual(self._lines(april.move_id), {self.cost: -30, self.debt: 30})

    def test_the_company_s_own_midnight(self):
        # 22:30 in UTC is the next day, and the next month, in Kyiv
        self._move(100, datetime(2026, 3, 31, 22, 30))
        march = self.provisions._prepare_month(self.company, MARCH)
        self.assertFalse(march.liability)
        self.assertFalse(march.move_id, "nothing to book")
        self.assertEqual(self.provisions._get_liability(self.company, APRIL), 50)
        self._work_out(date(2026, 4, 20))
        costs = self.env["crm.customer.month"].search(
            [("customer_id", "=", self.customer.id), ("loyalty_cost", "!=", 0)]
        )
        self.assertEqual(costs.month, date(2026, 4, 1))

    def test_what_the_accountant_threw_away_comes_again(self):
        self._move(100, datetime(2026, 3, 10))
        march = self.provisions._prepare_month(self.company, MARCH)
        march.move_id.unlink()
        self.assertEqual(
            self.provisions._prepare_month(self.company, APRIL).difference, 50
        )
        march = self.provisions._prepare_month(self.company, MARCH)
        self.assertFalse(march.move_id, "April says it already")

    def test_who_owes_points_lowers_nobody_else_s(self):
        self._move(100, datetime(2026, 3, 10))
        poor = self._make_card(customer=self._make_customer("Poor"))
        cards = {"card_id": poor.id, "card_ref": poor.id}
        self._move(-1000, datetime(2026, 3, 10), is_debt=True, **cards)
        self.assertEqual(self.provisions._get_liability(self.company, MARCH), 50)
        self.env.flush_all()
        poor._crm_set_unbooked(-1000)
        row = self.env["crm.loyalty.balance"].browse(poor.id)
        self.assertEqual((row.points, row.liability), (-1000, 0))

    def test_a_card_of_all_companies_shows_each_what_it_gave(self):
        """The report of a company says what its draft entry says."""
        self.program.company_id = False
        south = self.env["res.company"].create({"name": "South LLC"})
        south.currency_id = self.company.currency_id
        self._move(100, datetime(2026, 3, 10))
        lot = {"company_id": south.id, "lot_id": -2, "new_lot": -2}
        self._move(2, datetime(2026, 3, 11), **lot)
        self.card._crm_set_unbooked(102)
        self.env.flush_all()
        self.accountant.company_ids |= south
        for company, worth in ((self.company, 50), (south, 1)):
            self.assertEqual(self.provisions._get_liability(company, MARCH), worth)
            self.env.invalidate_all()
            row = (
                self.env["crm.loyalty.balance"]
                .with_user(self.accountant)
                .with_context(allowed_company_ids=company.ids)
                .search([("card_id", "=", self.card.id)])
            )
            self.assertEqual((row.points, row.liability), (102, worth))

    def test_without_accounts_nothing(self):
        self.company.crm_loyalty_journal_id = False
        self._move(100, datetime(2026, 3, 10))
        self.assertFalse(self.provisions._prepare_month(self.company, MARCH))

    def test_the_accountant_asks_and_nobody_else(self):
        clerk = self._make_user(
            "loyalty_accountant", "base.group_user,account.group_account_invoice"
        )
        asked = self.provisions.with_user(clerk).with_company(self.company)
        with self.assertRaisesRegex(UserError, "Nothing has changed"):
            asked.action_prepare_last_month()
        self.provisions.search([]).unlink()
        self._move(100, datetime(2026, 3, 10))
        action = asked.action_prepare_last_month()
        move = self.env["account.move"].browse(action["res_id"])
        self.assertEqual(move.state, "draft")
        for person in (self.olena, self.marketer):
            with self.assertRaises(AccessError):
                self.provisions.with_user(person).action_prepare_last_month()

    def test_entries_count_as_the_accountant_left_them(self):
        self._move(100, datetime(2026, 3, 10))
        march = self.provisions._prepare_month(self.company, MARCH)
        march.move_id.line_ids = [
            (1, line.id, {"debit" if line.debit else "credit": 40})
            for line in march.move_id.line_ids
        ]
        april = self.provisions._prepare_month(self.company, APRIL)
        self.assertEqual(april.difference, 10)

    def test_a_reversed_entry_says_nothing(self):
        self._move(100, datetime(2026, 3, 10))
        march = self.provisions._prepare_month(self.company, MARCH)
        march.move_id.action_post()
        march.move_id._reverse_moves([{"date": APRIL}]).action_post()
        april = self.provisions._prepare_month(self.company, APRIL)
        self.assertEqual((april.liability, april.difference), (50, 50))

    def test_another_account_books_nothing_twice(self):
        self._move(100, datetime(2026, 3, 10))
        self.provisions._prepare_month(self.company, MARCH)
        other = self._new_account("2191L", "liability_current")
        self.company.crm_loyalty_liability_account_id = other
        self.assertFalse(self.provisions._prepare_month(self.company, APRIL).difference)

    def test_the_night_prepares_a_month_once(self):
        self._move(100, datetime(2026, 3, 10))
        self.provisions.search([]).unlink()
        self.provisions._cron_prepare()
        row = self.provisions.search([("company_id", "=", self.company.id)])
        self.assertTrue(row.move_id)
        row.move_id.unlink()
        self.provisions._cron_prepare()
        self.assertFalse(row.move_id, "thrown away is thrown away")
        self.provisions.with_company(self.company).action_prepare_last_month()
        self.assertTrue(row.move_id, "whoever asks gets it")
