from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .owned_common import DAY
from .test_crm_funnel import FunnelCommon


@tagged("post_install", "-at_install")
class TestCrmHandoverWork(FunnelCommon):
    """What goes along in a hand-over, and what stays as it is."""

    def _make(self, *receivers):
        made = self.env["crm.handover"].create(
            {
                "from_user_id": self.olena.id,
                "receiver_ids": [
                    Command.create({"user_id": user.id, **values})
                    for user, values in receivers
                ],
            }
        )
        made.action_preview()
        return made

    def test_the_deal_keeps_its_place(self):
        self.north.lead_properties_definition = [
            {"name": "a1", "string": "Doors", "type": "integer"}
        ]
        offer = self._stage(self.repeat, "Offer")
        deal = self._make_deal(stage_id=offer.id)
        deal.lead_properties = {"a1": 5}
        visits = len(deal.stage_log_ids)

        def place():
            self.env.flush_all()
            self.env.invalidate_all()
            values = deal.lead_properties._values
            return deal.team_id, deal.funnel_id, deal.stage_id, values

        before = place()
        made = self._make((self.petro, {}))  # he is of another team
        item = made.item_ids.filtered(lambda row: row.res_model == "crm.lead")
        self.assertEqual((item.team_id, item.is_outside), (self.north, True))
        self.assertEqual(made.outside_count, 1, "the preview says that it stays there")
        item.to_user_id = self.ivan
        self.assertFalse(item.is_outside or made.outside_count)
        item.to_user_id = self.petro
        made.action_apply()
        self.assertEqual((deal.user_id, place()), (self.petro, before))
        made.action_undo()
        self.assertEqual((deal.user_id, place()), (self.olena, before))
        self.assertEqual(len(deal.stage_log_ids), visits)

    def test_a_second_click_meanwhile_does_nothing(self):
        deal = self._make_deal()
        made = self._make((self.ivan, {}))
        locked = type(made).browse
        with patch.object(
            type(made), "try_lock_for_update", lambda row, **_kw: locked(row)
        ):  # the first click holds it
            for click in (made.action_apply, made.action_undo):
                with self.assertRaisesRegex(UserError, "being done already"):
                    click()
        self.assertEqual((deal.user_id, made.state), (self.olena, "draft"))
        made.action_apply()
        with self.assertRaisesRegex(UserError, "done already"):
            made.action_apply()

    def test_why_ones_own_are_handed_over(self):
        """A salesperson goes on holiday; a head hands over for one who leaves."""
        fresh = self.env["crm.handover"]
        mine = fresh.with_user(self.olena).new({})
        self.assertEqual((mine.from_user_id, mine.reason), (self.olena, "holiday"))
        theirs = fresh.with_user(self.head).new({})
        self.assertEqual((theirs.from_user_id.ids, theirs.reason), ([], "left"))

    def test_without_share_one_takes_what_his_rule_names(self):
        kyiv = self._make_customer("Taxi", user_id=self.olena.id, city="Kyiv")
        lviv = self._make_customer("Shop", user_id=self.olena.id, city="Lviv")
        rule = {"share": 0, "domain": "[('city', '=', 'Kyiv')]"}
        made = self._make((self.ivan, rule), (self.petro, {}))
        self.assertEqual(
            {item.res_id: item.to_user_id for item in made.item_ids},
            {kyiv.id: self.ivan, lviv.id: self.petro},
        )
        with self.assertRaisesRegex(UserError, "Nobody takes over 1"):
            self._make((self.ivan, rule))

    def test_activities_of_another_company_stay(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.olena.company_ids = [Command.link(elsewhere.id)]
        here = self._make_customer("Here")
        there = self._make_customer("There", company_id=elsewhere.id)
        calls = [
            row.activity_schedule("mail.mail_activity_data_call", user_id=self.olena.id)
            for row in (here, there)
        ]
        made = self._make((self.ivan, {}))
        self.assertEqual(made.item_ids.mapped("res_id"), calls[0].ids)
        made.action_apply()
        self.assertEqual([row.user_id for row in calls], [self.ivan, self.olena])

    def test_work_in_a_deputys_hands_goes_along_and_returns(self):
        customer = self._make_customer()
        deal = self._make_deal(user_id=self.petro.id, crm_deputy_for_id=self.olena.id)
        today = self.env.cr.now().date()
        self.env["crm.deputy"].create(
            {
                "user_id": self.olena.id,
                "deputy_id": self.petro.id,
                "date_from": today,
                "date_to": today + 5 * DAY,
            }
        )
        self.env["crm.deputy"]._run(self.env.cr.now())
        promise = self.env["crm.promise"].create(
            {"name": "Pay", "partner_id": customer.id, "user_id": self.ivan.id}
        )
        promise.with_context(crm_deputy_pass=True).write(
            {"user_id": self.petro.id, "crm_deputy_for_id": self.olena.id}
        )
        made = self._make((self.ivan, {}))
        made.action_apply()
        for record in (deal, promise):
            self.assertEqual(
                (record.user_id, record.crm_deputy_for_id.id), (self.ivan, False)
            )
        made.action_undo()
        for record in (deal, promise):
            self.assertEqual(
                (record.user_id, record.crm_deputy_for_id), (self.petro, self.olena)
            )

    def test_archived_customers_and_nurtured_leads_go_along(self):
        customer = self._make_customer("Old", user_id=self.olena.id, active=False)
        nurtured, rejected, lost = (self._make_deal(name) for name in "abc")
        nurtured.write({"qualification_state": "nurture", "active": False})
        rejected.write({"qualification_state": "rejected", "active": False})
        lost.action_set_lost()
        made = self._make((self.ivan, {}))
        self.assertEqual(
            {(item.res_model, item.res_id) for item in made.item_ids},
            {("res.partner", customer.id), ("crm.lead", nurtured.id)},
        )
        made.action_apply()
        self.assertEqual(nurtured.user_id, self.ivan)
