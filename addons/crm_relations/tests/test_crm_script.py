from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .guide_common import GuideCommon


@tagged("post_install", "-at_install")
class TestCrmScript(GuideCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.script = cls.env["crm.script"].create(
            {
                "name": "First call",
                "stage_ids": [Command.set(cls.enquiry.ids)],
                "step_ids": [
                    Command.create({"text": text, "sequence": place})
                    for place, text in enumerate(
                        [
                            "Good day, {{person}}, {{ salesperson }} of {{company}}.",
                            "What stops you?",
                            "I shall call {{phone}} again.",
                        ]
                    )
                ],
            }
        )
        cls.hello, cls.stops, cls.again = cls.script.step_ids
        cls.yes, cls.no = cls.env["crm.script.answer"].create(
            [
                {"step_id": cls.hello.id, "name": "Has time"},
                {
                    "step_id": cls.hello.id,
                    "name": "Is busy",
                    "next_step_id": cls.again.id,
                },
            ]
        )
        cls.end = cls.env["crm.script.answer"].create(
            {"step_id": cls.again.id, "name": "Agreed", "is_end": True}
        )

    def test_the_customers_data_is_filled_in(self):
        deal = self._make_deal(contact_name="Oksana").with_user(self.olena)
        script = deal.load_stage_guide()["script"]
        self.assertEqual(
            script["steps"][0]["text"],
            f"Good day, Oksana, Olena of {self.company.name}.",
        )

    def test_branches_and_answers_are_kept(self):
        deal = self._make_deal().with_user(self.olena)
        guide = deal.reply_to_script(self.hello.id, self.no.id, "Call me at five")
        steps = guide["script"]["steps"]
        self.assertEqual([step["id"] for step in steps], [self.hello.id, self.again.id])
        self.assertEqual(steps[0]["words"], "Call me at five")
        self.assertTrue(steps[1]["is_now"])
        guide = deal.reply_to_script(self.again.id, self.end.id)
        self.assertTrue(guide["script"]["is_over"])
        guide = deal.reply_to_script(self.hello.id, self.yes.id)
        self.assertEqual(guide["script"]["steps"][-1]["id"], self.stops.id)
        replies = self.env["crm.script.reply"].search([("lead_id", "=", deal.id)])
        self.assertEqual(len(replies), 2, "the last answer to a step counts")
        self.assertEqual(replies.user_id, self.olena)

    def test_free_words_go_to_the_step_below(self):
        deal = self._make_deal().with_user(self.olena)
        deal.reply_to_script(self.hello.id, self.yes.id)
        guide = deal.reply_to_script(self.stops.id, False, "Too dear")
        self.assertEqual(guide["script"]["steps"][-1]["id"], self.again.id)

    def test_an_unknown_place_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "persona"):
            self.hello.text = "Hello {{persona}}"

    def test_the_campaigns_script_comes_first(self):
        campaign = self.env["utm.campaign"].create({"name": "Spring"})
        spring = self.script.copy(
            {"name": "Spring", "purpose": "campaign", "stage_ids": [Command.clear()]}
        )
        spring.campaign_ids = [Command.set(campaign.ids)]
        deal = self._make_deal(campaign_id=campaign.id)
        self.assertEqual(deal.load_stage_guide()["script"]["id"], spring.id)
        self.assertEqual(
            self._make_deal().load_stage_guide()["script"]["id"], self.script.id
        )
        jump = spring.step_ids.answer_ids.filtered("next_step_id").next_step_id
        self.assertEqual(jump, spring.step_ids[2], "answers lead into the copy")

    def test_a_queue_has_its_script(self):
        values = {"purpose": "queue", "stage_ids": [Command.clear()]}
        sales = self.script.copy({**values, "queue_key": "Sales, sales_uk"})
        self.script.copy({**values, "queue_key": "wholesale", "sequence": 1})
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.script.copy(
            {**values, "queue_key": "sales", "company_id": elsewhere.id, "sequence": 1}
        )
        scripts = self.env["crm.script"].with_user(self.olena)
        for key in ("sales", " SALES_UK "):
            self.assertEqual(scripts._get_for_queue(key, self.company), sales)
        for key in ("sale", "", None, "%", "salesXuk"):
            self.assertFalse(scripts._get_for_queue(key), key)
        guide = scripts._get_for_queue("sales")._load_steps({"person": "Oksana"})
        self.assertIn("Good day, Oksana,", guide["steps"][0]["text"])
        self.assertEqual((len(guide["steps"]), guide["is_over"]), (1, False))
        self.assertNotIn(
            sales, scripts._get_for_lead(self._make_deal()), "not on deals"
        )

    def test_answers_in_a_queue_are_kept_on_the_contact(self):
        values = {"purpose": "queue", "stage_ids": [Command.clear()]}
        script = self.script.copy({**values, "queue_key": "sales"})
        hello, stops, again = script.step_ids
        busy = hello.answer_ids.filtered("next_step_id")
        person = self._make_customer("Oksana", city="Lviv")
        call = self._make_interaction(
            "k", partner_id=person.id, user_id=self.olena.id
        ).with_user(self.olena)
        self.assertFalse(call.load_queue_guide("service")["script"])
        guide = call.load_queue_guide("sales")
        self.assertIn("Good day, Oksana,", guide["script"]["steps"][0]["text"])
        self.assertTrue(guide["can_write"])
        call.reply_to_script(hello.id, busy.id, "Call me at five")
        guide = call.load_queue_guide("sales")["script"]
        self.assertEqual([row["id"] for row in guide["steps"]], [hello.id, again.id])
        self.assertEqual(guide["steps"][0]["words"], "Call me at five")
        call.reply_to_script(hello.id, busy.id, "At six")
        replies = self.env["crm.script.reply"].search(
            [("interaction_id", "=", call.id)]
        )
        self.assertEqual(
            (replies.words, replies.partner_id, replies.user_id, replies.lead_id.id),
            ("At six", person, self.olena, False),
        )
        with self.assertRaises(AccessError):
            call.with_user(self.petro).reply_to_script(stops.id, False, "Mine")
        with self.assertRaises(AccessError):
            call.with_user(self.accountant).reply_to_script(stops.id, False, "Mine")
        person._erase_interactions()
        self.assertEqual((replies.words, replies.partner_id.id), (False, False))
        self.assertEqual(replies.answer_id, busy, "the count stays")

    def test_instructions_by_role_and_stage(self):
        role = self.env["res.role"].create({"name": "Seller of tyres"})
        rows = self.env["crm.instruction"].create(
            [
                {"name": "For all"},
                {"name": "For sellers", "role_ids": [Command.set(role.ids)]},
                {"name": "At proposal", "stage_ids": [Command.set(self.proposal.ids)]},
            ]
        )
        deal = self._make_deal().with_user(self.olena)
        names = [row["name"] for row in deal.load_stage_guide()["instructions"]]
        self.assertEqual(names, ["For all"])
        role.user_ids = [Command.link(self.olena.id)]
        names = [row["name"] for row in deal.load_stage_guide()["instructions"]]
        self.assertEqual(names, ["For all", "For sellers"])
        with self.assertRaises(AccessError):
            rows[0].with_user(self.olena).name = "Mine"

    def test_merged_leads_keep_replies_and_ticks(self):
        check = self._make_check("Need written down", is_mandatory=False)
        first = self._make_deal("First", partner_id=self._make_customer().id)
        second = self._make_deal("Second")
        first.reply_to_script(self.hello.id, self.yes.id)
        second.reply_to_script(self.hello.id, self.no.id)
        second.reply_to_script(self.again.id, self.end.id)
        second.toggle_stage_check(check.id)
        merged = (first | second).merge_opportunity()
        replies = self.env["crm.script.reply"].search([("lead_id", "=", merged.id)])
        self.assertEqual(set(replies.step_id.ids), {self.hello.id, self.again.id})
        self.assertEqual(merged.stage_check_done_ids.check_id, check)

    def test_roles(self):
        deal = self._make_deal()
        deal.with_user(self.olena).reply_to_script(self.hello.id, self.yes.id)
        reply = self.env["crm.script.reply"].search([("lead_id", "=", deal.id)])
        self.assertTrue(reply.with_user(self.head)._filtered_access("read"))
        self.assertFalse(reply.with_user(self.petro)._filtered_access("read"))
        with self.assertRaises(AccessError):
            reply.with_user(self.olena).unlink()
        with self.assertRaises(AccessError):
            self.script.with_user(self.head).name = "Mine"
        with self.assertRaises(AccessError):
            deal.with_user(self.petro).reply_to_script(self.hello.id, self.yes.id)

    def test_queries_of_the_guide(self):
        self._make_check("Need written down")
        deal = self._make_deal().with_user(self.olena)
        deal.reply_to_script(self.hello.id, self.yes.id)
        deal.load_stage_guide()
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(22):
            deal.load_stage_guide()
