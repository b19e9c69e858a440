from datetime import date, datetime, timedelta
from unittest.mock import patch

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

    def test_a_night_of_many_cards_asks_about_as_little_as_of_few(self):
        """Per card: its points, its line of history, and no more."""
        cards = self.card.concat(
            *(self._make_card(5, self._make_customer(f"C{n}")) for n in range(12))
        ).with_context(tracking_disable=True)
        costs = []
        for some in (cards[:2], cards[2:]):
            changes = {
                card.id: [Change("other", 3000, "loyalty.card", card.id)]
                for card in some
            }
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            some._crm_change_points(changes, "Gift")
            self.env.flush_all()
            costs.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(costs[1] - costs[0], 8, costs)
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

    def test_what_came_back_expires_on_the_same_day_again(self):
        self._give(100, TODAY - timedelta(days=1), "old")
        self.card._crm_expire(TODAY)
        self._give(30, TODAY - timedelta(days=1), "returned")
        self.assertEqual(self.card._crm_expire(TODAY), 1)
        self.assertEqual(self.card.points, 0)
        self.assert_agrees()

    def test_expiry_first_and_each_part_by_itself(self):
        """A gift that fails undoes nothing of what was done before it."""
        self._give(100, date(2020, 1, 1), "old")
        steps = []
        cards, jobs = type(self.card), type(self.env["ir.cron"])
        done = patch.object(
            jobs, "_commit_progress",
            lambda job, *args, **kw: steps.append(self.card.points) or 9,
        )  # fmt: skip
        fails = patch.object(cards, "_crm_give_birthdays", side_effect=ValueError)
        with done, fails, self.assertRaises(ValueError):
            self.card._cron_crm_expire()
        self.assertEqual(steps, [0, 0], "expired, reminded")

    def test_nothing_expires_before_its_day_is_over_everywhere(self):
        self.env["res.company"].search([]).partner_id.tz = "Europe/Kyiv"
        self.company.partner_id.tz = "America/New_York"
        day = self.card._crm_get_day(datetime(2026, 3, 20, 0, 20))
        self.assertEqual(day, date(2026, 3, 19))

    def test_letters_are_of_the_company_that_gave(self):
        other = self.env["res.company"].create(
            {"name": "Branch", "email": "branch@example.com"}
        )
        program = self._make_program(
            company_id=other.id, currency_id=other.currency_id.id
        )
        self.card.points = 0
        card = self._make_card(0, program=program)
        change = Change(
            "manual",
            100_000,
            "loyalty.card",
            card.id,
            expires=TODAY + timedelta(days=9),
        )
        card._crm_change_points({card.id: [change]}, "Gift")
        self.assertEqual(self.card._crm_remind(TODAY, NOON), 1)
        mail = self.env["mail.mail"].search([], limit=1)
        self.assertIn("branch@example.com", mail.email_from)
        notice = self.env["crm.loyalty.notice"].search([], limit=1)
        self.assertEqual(notice.company_id, other)

    def test_points_are_of_the_company_that_gave_them(self):
        """A program of all companies: what one gave is not another's when it goes."""
        other = self.env["res.company"].create({"name": "Branch"})
        change = Change(
            "manual", 100_000, "loyalty.card", self.card.id,
            expires=TODAY - timedelta(days=1),
        )  # fmt: skip
        self.program.company_id = False
        cards = self.card.with_company(other)
        cards._crm_change_points({self.card.id: [change]}, "Gift")
        self.card.points -= 40
        self.card._crm_expire(TODAY)
        rows = self.entries.search([("card_ref", "=", self.card.id)])
        self.assertEqual(sorted(rows.mapped("points")), [-60, -40, 100])
        self.assertEqual(rows.company_id, other)

    def test_lines_and_letters_are_in_the_customer_s_language(self):
        """The night's job speaks English; whoever reads it does not."""
        self.env["res.lang"]._activate_lang("uk_UA")
        self.customer.write({"lang": "uk_UA", "crm_birthday": "20.03.1988"})
        self.program.write({"crm_birthday_points": 5, "crm_survey_points": 5})
        self.program.with_context(lang="uk_UA").portal_point_name = "балів"
        template = self.env.ref("crm_marketing.mail_template_loyalty_expiry")
        template.with_context(
            lang="uk_UA"
        ).subject = "Діють до {{ ctx.get('crm_until') }}"
        cards = self.card.with_context(lang="en_US")
        cards._crm_give_birthdays(TODAY)
        cards._crm_grant(self.customer, "survey", self.customer)
        self._give(10, TODAY - timedelta(days=1), "old")
        cards._crm_expire(TODAY)
        history = self.env["loyalty.history"].search([("card_id", "=", self.card.id)])
        self.assertEqual(
            set(history.mapped("description")) - {"Gift"},
            {"З днем народження!", "Дякуємо за відповіді!", "Бали згоріли"},
        )
        self._give(100, TODAY + timedelta(days=10), "soon")
        self.assertEqual(cards._crm_remind(TODAY, NOON), 1)
        mail = self.env["mail.mail"].search([], limit=1)
        self.assertEqual(mail.subject, "Діють до 30.03.2026")
        self.assertIn("балів", mail.body_html)

    def test_gifts_for_members_only(self):
        self.program.write(
            {
                "crm_birthday_points": 5,
                "crm_survey_points": 5,
                "crm_segment_ids": self.env["crm.segment"].create({"name": "None"}),
            }
        )
        self.customer.crm_birthday = "20.03.1988"
        self.assertFalse(self.card._crm_give_birthdays(TODAY))
        self.assertFalse(self.card._crm_grant(self.customer, "survey", self.customer))
        self.assertFalse(self._ledger())
