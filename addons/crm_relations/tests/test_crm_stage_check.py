from datetime import timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .guide_common import GuideCommon


@tagged("post_install", "-at_install")
class TestCrmStageCheck(GuideCommon):
    def test_a_mandatory_check_holds_the_next_stage(self):
        check = self._make_check("Need written down")
        deal = self._make_deal().with_user(self.olena)
        with self.assertRaisesRegex(UserError, "Still to do: Need written down"):
            self._go(deal, self.proposal)
        self.assertEqual(deal.stage_id, self.enquiry)
        deal.write({"expected_revenue": 70})  # save and stay always works
        guide = deal.toggle_stage_check(check.id)
        self.assertEqual(guide["checks"][0]["done_by"], "Olena")
        self._go(deal, self.proposal)
        self.assertEqual(deal.stage_id, self.proposal)

    def test_an_optional_check_holds_nothing(self):
        self._make_check("Nice to have", is_mandatory=False)
        deal = self._make_deal()
        self._go(deal, self.proposal)
        self.assertEqual(deal.stage_id, self.proposal)

    def test_stages_one_jumps_over_count_and_going_back_does_not(self):
        self._make_check("Proposal confirmed", self.proposal)
        deal = self._make_deal()
        with self.assertRaisesRegex(UserError, "Proposal confirmed"):
            self._go(deal, self.ordered)
        with self.assertRaisesRegex(UserError, "Proposal confirmed"):
            deal.action_set_won()
        self._go(deal, self.proposal)
        self._go(deal, self.enquiry)
        self.assertEqual(deal.stage_id, self.enquiry)

    def test_a_lost_deal_is_not_held(self):
        self._make_check("Need written down")
        deal = self._make_deal()
        deal.action_set_lost()
        self.assertEqual(deal.won_status, "lost")

    def test_a_field_must_be_filled_in(self):
        check = self._make_check("Budget", field_id="expected_revenue")
        deal = self._make_deal().with_user(self.olena)
        self.env.flush_all()
        self.env.invalidate_all()  # a salesperson may not read ir.model.fields
        with self.assertRaisesRegex(UserError, "fill in “Expected Revenue”"):
            self._go(deal, self.proposal)
        with self.assertRaisesRegex(UserError, "Not yet"):
            deal.toggle_stage_check(check.id)
        move = deal.get_stage_move(self.proposal.id)
        self.assertEqual(
            [(item["requirement"], item["field"]) for item in move["todo"]],
            [("field", "expected_revenue")],
        )
        deal.expected_revenue = 70
        self.assertTrue(deal.load_stage_guide()["checks"][0]["is_done"])
        self._go(deal, self.proposal)

    def test_the_field_may_come_with_the_move(self):
        self._make_check("Budget", field_id="expected_revenue")
        deal = self._make_deal().with_user(self.olena)
        deal.write({"stage_id": self.proposal.id, "expected_revenue": 70})
        self.assertEqual(deal.stage_id, self.proposal)

    def test_a_document_must_be_attached(self):
        self._make_check("Price list", requirement="document")
        deal = self._make_deal().with_user(self.olena)
        with self.assertRaisesRegex(UserError, "attach the document"):
            self._go(deal, self.proposal)
        self.env["ir.attachment"].create(
            {
                "name": "prices.txt",
                "raw": b"1",
                "res_model": "crm.lead",
                "res_id": deal.id,
            }
        )
        self._go(deal, self.proposal)

    def test_an_activity_must_be_done(self):
        call = self.env.ref("mail.mail_activity_data_call")
        self._make_check("Called", requirement="activity", activity_type_id=call.id)
        deal = self._make_deal().with_user(self.olena)
        deal.activity_schedule("mail.mail_activity_data_todo").action_feedback()
        activity = deal.activity_schedule("mail.mail_activity_data_call")
        with self.assertRaisesRegex(UserError, f"mark {call.name} as done"):
            self._go(deal, self.proposal)
        activity.action_feedback()
        self._go(deal, self.proposal)

    def _attach(self, deal):
        values = {"name": "a.txt", "raw": b"1", "res_model": "crm.lead"}
        self.env["ir.attachment"].with_user(self.olena).create(
            {**values, "res_id": deal.id}
        )

    def test_what_was_done_before_the_stage_does_not_close_its_checks(self):
        call = self.env.ref("mail.mail_activity_data_call")
        self._make_check("Offer attached", self.proposal, requirement="document")
        self._make_check(
            "Asked again",
            self.proposal,
            requirement="activity",
            activity_type_id=call.id,
        )
        deal = self._make_deal()
        self._attach(deal)
        deal.activity_schedule("mail.mail_activity_data_call").action_feedback()
        with self.assertRaisesRegex(UserError, "Offer attached.*Asked again"):
            self._go(deal, self.ordered)
        self._go(deal, self.proposal)
        visit = deal.stage_log_ids.filtered(lambda row: not row.left_at)
        visit.entered_at += timedelta(minutes=5)
        self.env.flush_all()
        with self.assertRaisesRegex(UserError, "Offer attached.*Asked again"):
            self._go(deal, self.ordered)
        visit.entered_at -= timedelta(minutes=5)
        self._go(deal, self.ordered)

    def test_each_document_check_needs_its_own_document(self):
        passport, offer = (
            self._make_check(name, requirement="document")
            for name in ("Passport copy", "Signed offer")
        )
        deal = self._make_deal().with_user(self.olena)
        self._attach(deal)
        with self.assertRaisesRegex(UserError, "Passport copy.*Signed offer"):
            self._go(deal, self.proposal)
        guide = deal.attach_to_check(passport.id, "passport.pdf", "MQ==")
        rows = {row["name"]: row for row in guide["checks"]}
        self.assertEqual(rows["Passport copy"]["document"], "passport.pdf")
        self.assertEqual(rows["Passport copy"]["done_by"], "Olena")
        self.assertTrue(rows["Passport copy"]["done_at"])
        free = rows["Signed offer"]["free"]
        self.assertEqual([row["name"] for row in free], ["a.txt"])
        taken = deal.stage_check_done_ids.attachment_id
        with self.assertRaisesRegex(UserError, "closes another check"):
            deal.use_for_check(offer.id, taken.id)
        with self.assertRaisesRegex(UserError, "Signed offer"):
            self._go(deal, self.proposal)
        deal.use_for_check(offer.id, free[0]["id"])
        taken.sudo().unlink()
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "Passport copy: attach"):
            self._go(deal, self.proposal)
        deal.attach_to_check(passport.id, "again.pdf", "MQ==")
        self._go(deal, self.proposal)

    def test_a_document_of_another_deal_closes_nothing(self):
        check = self._make_check("Passport copy", requirement="document")
        other, deal = self._make_deal(), self._make_deal()
        self._attach(other)
        document = other._get_free_attachments_sudo()
        with self.assertRaisesRegex(UserError, "not the deal's"):
            deal.with_user(self.olena).use_for_check(check.id, document.id)
        self._attach(deal)
        with self.assertRaises(AccessError):
            deal.with_user(self.petro).use_for_check(check.id, document.id)
        with self.assertRaises(AccessError):
            deal.with_user(self.petro).attach_to_check(check.id, "a.pdf", "MQ==")

    def test_each_activity_closes_one_check(self):
        call = self.env.ref("mail.mail_activity_data_call")
        self._make_check("Anything", requirement="activity")
        self._make_check("Called", requirement="activity", activity_type_id=call.id)
        deal = self._make_deal().with_user(self.olena)
        deal.activity_schedule("mail.mail_activity_data_call").action_feedback()
        with self.assertRaisesRegex(UserError, "Still to do: Anything"):
            self._go(deal, self.proposal)
        deal.activity_schedule("mail.mail_activity_data_call").action_feedback()
        self._go(deal, self.proposal)

    def test_who_filled_in_a_field(self):
        check = self._make_check("Budget", field_id="expected_revenue")
        deal = self._make_deal()
        deal.with_user(self.olena).expected_revenue = 70
        deal.with_user(self.head).expected_revenue = 90  # it was closed already
        row = deal.load_stage_guide()["checks"][0]
        self.assertEqual((row["done_by"], bool(row["done_at"])), ("Olena", True))
        deal.expected_revenue = 0
        self.assertFalse(deal.load_stage_guide()["checks"][0]["is_done"])
        self.assertFalse(deal.stage_check_done_ids)
        new = self._make_deal(expected_revenue=5, user_id=self.head.id)
        row = new.load_stage_guide()["checks"][0]
        self.assertEqual(row["done_by"], self.env.user.name)
        check.requirement = "tick"  # what was filled in ticks nothing
        self.assertFalse(new.load_stage_guide()["checks"][0]["is_done"])

    def test_who_closed_it_and_when_is_shown(self):
        self._make_check("Price list", requirement="document")
        self._make_check("Called", requirement="activity")
        deal = self._make_deal().with_user(self.olena)
        self._attach(deal)
        deal.activity_schedule("mail.mail_activity_data_call").action_feedback()
        self.env.flush_all()
        rows = deal.load_stage_guide()["checks"]
        self.assertEqual([row["done_by"] for row in rows], ["Olena", "Olena"])
        self.assertTrue(all(row["done_at"] for row in rows))

    def test_a_field_check_names_its_field(self):
        with self.assertRaisesRegex(ValidationError, "Which field"):
            self._make_check("Budget", requirement="field")

    def _move_to(self, deal, funnel, target=None, user=None, **values):
        """By the wizard, to a stage named by hand."""
        wizard = (
            self.env["crm.funnel.move"]
            .with_user(user or self.olena)
            .create(
                {"lead_ids": [Command.set(deal.ids)], "funnel_id": funnel.id, **values}
            )
        )
        if target:
            wizard.line_ids.target_stage_id = target
        wizard.action_move()

    def test_no_way_round_through_the_same_funnel(self):
        self._make_check("Need written down")
        deal = self._make_deal()
        for target in (self.proposal, self.ordered):
            with self.assertRaisesRegex(UserError, "in this funnel already"):
                self._move_to(deal, self.new_sale, target)
        self.assertEqual(deal.stage_id, self.enquiry)

    def test_another_funnel_is_no_way_round(self):
        reminder = self._stage(self.repeat, "Reminder")
        offer, sold = (self._stage(self.repeat, n) for n in ("Offer", "Sold again"))
        check = self._make_check("Bought before", reminder)
        deal = self._make_deal().with_user(self.olena)
        for target in (offer, sold):
            with self.assertRaisesRegex(UserError, "Bought before"):
                self._move_to(deal, self.repeat, target)
            with self.assertRaisesRegex(UserError, "Bought before"):
                deal.write({"funnel_id": self.repeat.id, "stage_id": target.id})
        self.assertEqual(deal.funnel_id, self.new_sale)
        self._move_to(deal, self.repeat)
        self.assertEqual(deal.stage_id, reminder, "the stage that stands for it")
        deal.toggle_stage_check(check.id)
        self._go(deal, offer)

    def test_a_head_takes_a_deal_to_another_funnel_with_a_reason(self):
        self._make_check("Bought before", self._stage(self.repeat, "Reminder"))
        offer = self._stage(self.repeat, "Offer")
        deal = self._make_deal(user_id=self.head.id)
        with self.assertRaisesRegex(UserError, "Say why"):
            self._move_to(deal, self.repeat, offer, self.head)
        self._move_to(deal, self.repeat, offer, self.head, reason="An old customer")
        row = deal.stage_log_ids.sorted("id")[-1]
        self.assertEqual(
            (deal.stage_id, row.kind, row.reason),
            (offer, "funnel", "An old customer"),
        )

    def test_stages_of_equal_sequence_have_the_hosts_order(self):
        """The host gives every stage sequence 1 and goes on by name."""
        for number, name in ((1, "Zenith"), (1, "Middle"), (1, "Abc")):
            self.env["crm.stage"].create({"name": name, "sequence": number})
        zenith, middle, abc = (
            self.env["crm.stage"].search([("name", "=", name)], limit=1)
            for name in ("Zenith", "Middle", "Abc")
        )
        east = self.env["crm.team"].create({"name": "East", "use_leads": False})
        self._make_check("Called", abc)
        deal = self._make_deal(team_id=east.id, user_id=False, stage_id=abc.id)
        with self.assertRaisesRegex(UserError, "Called"):
            self._go(deal, zenith)
        deal = self._make_deal(team_id=east.id, user_id=False, stage_id=middle.id)
        self._go(deal, zenith)
        self._go(deal, abc)
        visits = deal.stage_log_ids.sorted("id")
        self.assertEqual(visits.mapped("exit")[:2], ["forward", "back"])

    def test_a_head_may_let_it_pass_with_a_reason(self):
        self._make_check("Need written down")
        deal = self._make_deal(user_id=self.head.id).with_user(self.head)
        with self.assertRaisesRegex(UserError, "Say why"):
            deal.move_in_spite_of_checks(self.proposal.id, " ")
        deal.move_in_spite_of_checks(self.proposal.id, "An old customer")
        row = deal.sudo().stage_log_ids.sorted("id")[-1]
        self.assertEqual((row.kind, row.reason), ("override", "An old customer"))
        mine = self._make_deal().with_user(self.olena)
        self.assertFalse(mine.get_stage_move(self.proposal.id)["may_override"])
        with self.assertRaisesRegex(AccessError, "Only the head"):
            mine.move_in_spite_of_checks(self.proposal.id, "I want to")

    def test_facts_are_not_held(self):
        self._make_check("Need written down")
        self.new_sale.trigger_ids = [
            Command.create({"event": "sent", "stage_id": self.proposal.id})
        ]
        deal = self._make_deal()
        deal._move_on_event("sent", "Quotation S1 was sent")
        self.assertEqual(deal.stage_id, self.proposal)

    def test_share_of_deals_moved_with_all_checks_done(self):
        self._make_check("Nice to have", is_mandatory=False)
        check = self._make_check("Need written down")
        good, bad = self._make_deal(), self._make_deal()
        for deal in good | bad:
            deal.toggle_stage_check(check.id)
        good.toggle_stage_check(check.search([("name", "=", "Nice to have")]).id)
        self._go(good | bad, self.proposal)
        rows = (good | bad).stage_log_ids.filtered("left_at").sorted("id")
        self.assertEqual(rows.mapped("check_count"), [2, 2])
        self.assertEqual(rows.mapped("check_done_count"), [2, 1])
        self.env.flush_all()
        share = self.env["crm.lead.stage.report"]._read_group(
            [("stage_id", "=", self.enquiry.id), ("user_id", "=", self.olena.id)],
            ["user_id"],
            ["checked_share:avg"],
        )
        self.assertEqual(share, [(self.olena, 50.0)])

    def test_roles(self):
        check = self._make_check("Need written down")
        deal = self._make_deal()
        deal.with_user(self.olena).toggle_stage_check(check.id)
        with self.assertRaises(AccessError):
            check.with_user(self.olena).is_mandatory = False
        with self.assertRaises(AccessError):
            deal.with_user(self.petro).toggle_stage_check(check.id)
        with self.assertRaises(AccessError):
            deal.stage_check_done_ids.with_user(self.olena).unlink()
        self.assertFalse(
            deal.stage_check_done_ids.with_user(self.petro)._filtered_access("read")
        )
        check.with_user(self.manager).is_mandatory = False
