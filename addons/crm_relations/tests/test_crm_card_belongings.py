from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .test_crm_card_head import CardHeadCommon

HOUR = timedelta(hours=1)


class BelongingsCommon(CardHeadCommon):
    def _head(self, user=None, partner=None):
        timeline = self.env["crm.timeline"].with_user(user or self.olena)
        return timeline.load_card((partner or self.customer).id)["head"]

    def _contact(self, key, channel, ago=1, **values):
        return self._make_interaction(
            key,
            channel,
            partner_id=self.person.id,
            customer_id=self.customer.id,
            started_at=fields.Datetime.now() - ago * HOUR,
            **values,
        )

    def _promise(self, **values):
        return self.env["crm.promise"].create(
            {
                "name": "Pay the rest",
                "kind": "pay",
                "partner_id": self.customer.id,
                "user_id": self.olena.id,
                **values,
            }
        )

    def _pay(self, invoice, amount=None):
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        wizard.create({"amount": amount} if amount else {})._create_payments()


@tagged("post_install", "-at_install")
class TestPreferences(BelongingsCommon):
    def test_the_channel_he_uses_and_answers_in(self):
        self.assertFalse(self._head()["preferences"]["channel"]["text"])
        for number in range(3):  # we call, he does not answer
            self._contact(f"c{number}", "call", direction="out", outcome="no_answer")
        self._contact("m1", "email", ago=9)
        self._contact("m2", "email", ago=8, direction="out", outcome="opened")
        for number in range(5):  # a form is no way to reach him
            self._contact(f"f{number}", "form")
        channel = self._head()["preferences"]["channel"]
        self.assertEqual(channel["text"], self._channel("email").name)
        self.assertFalse(channel["is_told"])
        self.assertEqual(self.customer.crm_effective_channel_id, self._channel("email"))
        self.customer.crm_preferred_channel_id = self._channel("call")
        channel = self._head()["preferences"]["channel"]
        self.assertEqual(
            (channel["text"], channel["is_told"]), (self._channel("call").name, True)
        )
        self.assertEqual(self.customer.crm_effective_channel_id, self._channel("call"))

    def test_payment_and_term_by_history_or_as_told(self):
        invoice = self._bill(1000)
        invoice.button_draft()
        term = self.env["account.payment.term"].create(
            {"name": "Two weeks", "line_ids": [(0, 0, {"nb_days": 14})]}
        )
        invoice.invoice_payment_term_id = term
        invoice.action_post()
        self.assertEqual(self._head()["preferences"]["payment"]["text"], "Two weeks")
        self._pay(invoice)
        payment = self._head()["preferences"]["payment"]["text"]
        self.assertRegex(payment, r".+ · Two weeks")
        self.customer.crm_preferred_payment = "Cash on delivery"
        payment = self._head()["preferences"]["payment"]
        self.assertEqual(payment, {"text": "Cash on delivery", "is_told": True})

    def test_habits_of_many_by_one_query(self):
        others = self.env["res.partner"].create([{"name": f"P{n}"} for n in range(20)])
        others._get_crm_habits(fields.Datetime.now())
        with self.assertQueryCount(1):
            others._get_crm_habits(fields.Datetime.now())


@tagged("post_install", "-at_install")
class TestBelongings(BelongingsCommon):
    def test_assets_the_first_three_of_those_one_may_read(self):
        kind = self.env["crm.customer.asset.type"].create({"name": "Rowing boat"})
        self.customer.user_id = self.olena
        self.env["crm.customer.asset"].create(
            [
                {"name": f"Boat {n}", "type_id": kind.id, "partner_id": self.person.id}
                for n in range(4)
            ]
        )
        assets = self._head()["assets"]
        self.assertEqual((assets["total"], len(assets["items"])), (4, 3))
        clerk = new_test_user(self.env, "rel_clerk2", "base.group_user")
        self.assertFalse(self._head(clerk)["assets"])
        self.assertEqual(self._head(self.petro)["assets"]["total"], 0, "Olena's alone")

    def test_consent_says_what_still_holds(self):
        self.assertEqual(self._head()["consent"], [])
        purpose = self.env["crm.contact.purpose"].search([], limit=1)
        day = fields.Datetime.now() - timedelta(days=9)
        consents = self.env["crm.consent"]
        for hours, state, kind, about in (
            (0, "given", "any", purpose.id),
            (1, "refused", "call", purpose.id),
            (2, "given", "email", False),
        ):
            consents.create(
                {
                    "partner_id": self.customer.id,
                    "state": state,
                    "kind": kind,
                    "purpose_id": about,
                    "at": day + hours * HOUR,
                }
            )
        head = self._head(partner=self.person)
        self.assertEqual(
            [(row["state"], row["text"]) for row in head["consent"]],
            [
                ("given", "E-mail"),
                ("refused", f"{purpose.name}, Call"),
                ("given", purpose.name),
            ],
        )
        consents.create({"partner_id": self.customer.id, "state": "refused"})
        self.assertEqual(
            [(row["state"], row["text"]) for row in self._head()["consent"]],
            [("refused", "everything")],
        )

    def test_promises_open_ones_one_may_read(self):
        mine = self._promise(amount=50)
        self._promise(user_id=self.petro.id)
        self._promise(state="kept")
        promises = self._head()["promises"]
        self.assertEqual([row["id"] for row in promises["items"]], mine.ids)
        self.assertEqual(self._head(self.manager)["promises"]["total"], 2)

    def test_acquaintances_from_both_sides(self):
        other = self._make_customer("Lotus Ltd", is_company=True)
        self.env["crm.acquaintance"].with_user(self.olena).create(
            {
                "partner_id": self.customer.id,
                "other_id": other.id,
                "kind": "recommender",
            }
        )
        (known,) = self._head()["acquaintances"]["items"]
        self.assertEqual(
            (known["name"], known["label"]), ("Lotus Ltd", "Recommended by")
        )
        (known,) = self._head(partner=other)["acquaintances"]["items"]
        self.assertEqual(known["other"], self.customer.id)
        self.assertEqual(known["label"], "Recommended")


@tagged("post_install", "-at_install")
class TestAcquaintance(BelongingsCommon):
    def _know(self, one, other, kind="friend"):
        return self.env["crm.acquaintance"].create(
            {"partner_id": one.id, "other_id": other.id, "kind": kind}
        )

    def test_merge_keeps_one_of_equal_rows_and_no_self(self):
        a, b, c = (self._make_customer(name) for name in "ABC")
        self._know(a, b)  # would know himself
        kept, twin = self._know(a, c), self._know(b, c)
        other = self._know(c, b, "recommender")
        self.env["base.partner.merge.automatic.wizard"]._merge((a | b).ids, a)
        rows = self.env["crm.acquaintance"].search(
            ["|", ("partner_id", "=", a.id), ("other_id", "=", a.id)]
        )
        self.assertEqual(rows, kept | other)
        self.assertFalse(twin.exists())
        self.assertEqual(other.other_id, a)

    def test_erasure_takes_it_along(self):
        row = self._know(self.person, self.customer)
        self.person._erase_interactions()
        self.assertFalse(row.exists())

    def test_others_read_and_salespeople_write(self):
        row = self._know(self.person, self.customer)
        self.assertTrue(row.with_user(self.accountant).has_access("read"))
        with self.assertRaises(AccessError):
            row.with_user(self.accountant).note = "x"
        foreign = self.env["res.company"].create({"name": "Elsewhere"})
        self.person.company_id = foreign
        self.assertFalse(row.with_user(self.olena).has_access("read"))

    def test_nobody_knows_himself(self):
        with self.assertRaises(Exception), mute_logger("odoo.sql_db"):  # noqa: B017
            self._know(self.customer, self.customer)


@tagged("post_install", "-at_install")
class TestPromisePaid(BelongingsCommon):
    def test_kept_by_the_payment_of_the_whole(self):
        invoice = self._bill(1000)
        promise = self._promise(move_id=invoice.id, amount=1000)
        self._promise(move_id=invoice.id, kind="call", name="Call when paid")
        self._pay(invoice)
        self.assertEqual(promise.state, "kept")
        self.assertTrue(promise.closed_at)
        self.assertEqual(
            self.env["crm.promise"].search_count(
                [("move_id", "=", invoice.id), ("state", "=", "open")]
            ),
            1,
            "a promise to call is not kept by money",
        )

    def test_kept_by_the_part_that_was_promised(self):
        invoice = self._bill(1000)
        self._pay(invoice, 200)
        promise = self._promise(move_id=invoice.id, amount=300)
        self._pay(invoice, 250)
        self.assertEqual(promise.state, "open")
        self._pay(invoice, 50)
        self.assertEqual(promise.state, "kept")

    def test_a_credit_note_is_no_payment_and_broken_stays(self):
        invoice = self._bill(1000)
        promise = self._promise(move_id=invoice.id, amount=1000)
        broken = self._promise(move_id=invoice.id, state="broken")
        credit = self._bill(1000, move_type="out_refund")
        lines = (invoice | credit).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        lines.reconcile()
        self.assertEqual(promise.state, "open")
        second = self._bill(500)
        broken.move_id = second
        self._pay(second)
        self.assertEqual(broken.state, "broken")


@tagged("post_install", "-at_install")
class TestExpectedMoney(BelongingsCommon):
    def _rows(self, user=None):
        rows = self.env["crm.expected.money"].with_user(user or self.manager)
        rows.invalidate_model()
        found = rows.search([("partner_id", "in", (self.customer | self.person).ids)])
        return [
            (row.kind, row.due_date, row.amount, row.weighted_amount) for row in found
        ]

    def test_promise_takes_its_part_of_the_invoice(self):
        invoice = self._bill(1000)
        due = invoice.invoice_date_due
        self.assertEqual(self._rows(), [("invoice", due, 1000, 1000)])
        soon = self.today + timedelta(days=2)
        promise = self._promise(move_id=invoice.id, amount=400, due_date=soon)
        self.assertEqual(
            self._rows(),
            [("promise", soon, 400, 400), ("invoice", due, 600, 600)],
        )
        promise.amount = 1000
        self.assertEqual(self._rows(), [("promise", soon, 1000, 1000)])
        self._pay(invoice)
        self.assertEqual(self._rows(), [])

    def test_what_was_paid_already_is_not_expected(self):
        invoice = self._bill(1000)
        soon, later = (self.today + timedelta(days=days) for days in (2, 9))
        self._promise(move_id=invoice.id, amount=500, due_date=soon)
        self._promise(move_id=invoice.id, amount=500, due_date=later)
        self._pay(invoice, 200)
        self.assertEqual(
            self._rows(), [("promise", soon, 300, 300), ("promise", later, 500, 500)]
        )

    def test_a_payment_keeps_one_instalment_after_the_other(self):
        invoice = self._bill(1000)
        soon, later = (self.today + timedelta(days=days) for days in (2, 9))
        first = self._promise(move_id=invoice.id, amount=500, due_date=soon)
        second = self._promise(move_id=invoice.id, amount=500, due_date=later)
        self._pay(invoice, 500)
        self.assertEqual((first.state, second.state), ("kept", "open"))
        self._pay(invoice, 500)
        self.assertEqual(second.state, "kept")

    def test_a_credit_note_of_a_part_keeps_no_word(self):
        invoice = self._bill(1000)
        promise = self._promise(
            move_id=invoice.id, amount=300, due_date=self.today + timedelta(days=2)
        )
        note = self._bill(400, move_type="out_refund")
        (invoice | note).line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        ).reconcile()
        self.assertEqual(invoice.payment_state, "partial")
        self.assertEqual(promise.state, "open")
        self._pay(invoice, 300)
        self.assertEqual(promise.state, "kept")

    def test_deals_by_their_day_and_probability(self):
        day = self.today + timedelta(days=20)
        self._make_lead(
            type="opportunity", partner_id=self.customer.id, expected_revenue=2000,
            probability=25, date_deadline=day, user_id=self.olena.id,
        )  # fmt: skip
        self.assertEqual(self._rows(), [("deal", day, 2000, 500)])

    def test_own_team_and_all(self):
        self._bill(1000)  # Petro sold it
        self.assertEqual(self._rows(self.olena), [])
        for user in (self.petro, self.south_head, self.manager, self.accountant):
            self.assertEqual(len(self._rows(user)), 1, user.name)
        clerk = new_test_user(self.env, "rel_clerk3", "base.group_user")
        with self.assertRaises(AccessError):
            self._rows(clerk)


@tagged("post_install", "-at_install")
class TestMeetingReminder(BelongingsCommon):
    def _meet(self, **values):
        return self.env["calendar.event"].create(
            {
                "name": "Show the tyres",
                "start": "2030-03-02 10:00:00",
                "stop": "2030-03-02 11:00:00",
                **values,
            }
        )

    def test_meetings_about_customers_are_reminded_of(self):
        lead = self._make_lead()
        alarm = self.company.crm_meeting_alarm_id
        self.assertEqual(alarm, self.env.ref("calendar.alarm_notif_2"))
        self.assertEqual(self._meet(opportunity_id=lead.id).alarm_ids, alarm)
        partner_model = self.env["ir.model"]._get_id("res.partner")
        about = {"res_model_id": partner_model, "res_id": self.customer.id}
        self.assertEqual(self._meet(**about).alarm_ids, alarm)
        self.assertFalse(self._meet().alarm_ids, "one's own affair")
        self.assertFalse(self._meet(**about, alarm_ids=[]).alarm_ids, "chosen: none")
        self.company.crm_meeting_alarm_id = False
        self.assertFalse(self._meet(**about).alarm_ids)
