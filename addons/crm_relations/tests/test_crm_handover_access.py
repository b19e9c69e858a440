from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .owned_common import OwnedCommon


@tagged("post_install", "-at_install")
class TestCrmHandoverAccess(OwnedCommon):
    """What a remote caller may not do to a hand-over, whoever he is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.taxi = cls._make_customer("Taxi", user_id=cls.olena.id)
        cls.farm = cls._make_customer("Farm", user_id=cls.petro.id)

    def _make(self, user=None, **values):
        user = user or self.olena
        handovers = self.env["crm.handover"].with_user(user)
        return handovers.create(
            {
                "from_user_id": user.id,
                "receiver_ids": [Command.create({"user_id": self.ivan.id})],
                **values,
            }
        )

    def _prepare_theft(self):
        return {
            "res_model": "res.partner",
            "res_id": self.farm.id,
            "to_user_id": self.petro.id,
            "state": "moved",
        }

    def test_a_colleagues_customer_is_not_stolen_by_undo(self):
        for values in (
            {"state": "done", "item_ids": [Command.create(self._prepare_theft())]},
            {"item_ids": [Command.create(self._prepare_theft())]},
            {"state": "done"},
            {"done_at": "2026-03-02 09:00:00"},
        ):
            with self.assertRaises(AccessError):
                self._make(**values)
        handovers = self.env["crm.handover"].with_user(self.olena)
        made = handovers.with_context(default_state="done").create(
            {"from_user_id": self.olena.id}
        )
        self.assertEqual(made.state, "draft")
        with self.assertRaises(AccessError):
            made.state = "done"
        with self.assertRaises(AccessError):
            made.write({"item_ids": [Command.create(self._prepare_theft())]})
        items = self.env["crm.handover.item"].with_user(self.olena)
        for user in (self.olena, self.manager):
            with self.assertRaises(AccessError):
                items.with_user(user).create(
                    {"handover_id": made.id, **self._prepare_theft()}
                )
        with self.assertRaises(UserError):
            made.action_undo()
        self.assertEqual(self.farm.user_id, self.petro)

    def test_a_line_of_the_preview_changes_its_receiver_only(self):
        made = self._make()
        made.action_preview()
        item = made.item_ids
        for values in (
            {"state": "moved"},
            {"res_id": self.farm.id},
            {"res_model": "crm.lead"},
            {"was_user_id": self.petro.id},
            {"now_user_id": self.petro.id},
            {"handover_id": self._make().id},
        ):
            with self.assertRaises(AccessError):
                item.write(values)
            with self.assertRaises(AccessError):
                item.with_user(self.manager).write(values)
        item.to_user_id = self.petro
        made.action_apply()
        self.assertEqual(self.taxi.user_id, self.petro)
        with self.assertRaises(UserError):
            item.unlink()

    def test_done_is_history(self):
        made = self._make()
        made.action_preview()
        made.action_apply()
        for values in (
            {"from_user_id": self.petro.id},
            {"with_deals": False},
            {"receiver_ids": [Command.create({"user_id": self.petro.id})]},
        ):
            with self.assertRaises(UserError):
                made.with_user(self.manager).write(values)
        made.note = "Be kind"
        # he has given it on meanwhile: undo does not take it from his colleague
        self.taxi.user_id = self.head
        made.action_undo()
        self.assertEqual(self.taxi.user_id, self.head)

    def test_nobody_hands_over_for_another_by_a_borrowed_team(self):
        with self.assertRaises(AccessError):
            self._make(self.head, from_user_id=self.petro.id, team_id=self.north.id)
        made = self._make(self.head, from_user_id=self.olena.id)
        with self.assertRaises(AccessError):
            made.write({"from_user_id": self.petro.id, "team_id": self.north.id})
        receiver = made.receiver_ids
        other = self._make(
            self.petro, receiver_ids=[Command.create({"user_id": self.head.id})]
        )
        with self.assertRaises(AccessError):
            receiver.handover_id = other.id

    def test_another_person_needs_another_preview(self):
        made = self._make(self.manager, from_user_id=self.olena.id)
        made.action_preview()
        made.from_user_id = self.petro
        self.assertFalse(made.item_ids)

    def test_only_colleagues_of_the_company_take_over(self):
        portal = self._make_user("rel_portal", "base.group_portal")
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self._make_user(
            "rel_stranger",
            "base.group_user",
            company_id=elsewhere.id,
            company_ids=[Command.set(elsewhere.ids)],
        )
        for user in (portal, stranger):
            with self.assertRaises(ValidationError):
                self._make(receiver_ids=[Command.create({"user_id": user.id})])
        made = self._make()
        made.action_preview()
        with self.assertRaises(ValidationError):
            made.item_ids.to_user_id = stranger
        # it became another company's between preview and doing
        self.taxi.company_id = elsewhere
        made.action_apply()
        self.assertEqual((self.taxi.user_id, made.skipped_count), (self.olena, 1))
