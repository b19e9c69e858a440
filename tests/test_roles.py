"""Who may do what: every role × every model of ours × read, write, create, delete.

The two tables below are the specification; a model that has no row fails the test, so
that nobody adds one without saying whose it is. Roles are the demo company's.
"""

from datetime import datetime
from itertools import count
from pathlib import Path

from roles_table import OPERATIONS, ROLES, VARIANTS, allowed, parse, scope

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user, tagged

ROOT = Path(__file__).resolve().parent.parent
OURS = {path.parent.name for path in ROOT.glob("addons/*/__manifest__.py")}
TIME_ZERO = datetime(2026, 3, 2, 9, 0)


def our_models(env):
    """Names of the models that our modules define, abstract ones left out."""
    return sorted(
        name
        for name, model in env.registry.items()
        if model._original_module in OURS and not model._abstract
    )


class RolesCase(TransactionCase):
    r"""``North`` is led by the head and the salesperson is in it; ``South`` is others'."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.foreign = cls.env["res.company"].create({"name": "Foreign company"})
        cls.people = {
            role: new_test_user(cls.env, login=f"role_{role}", groups=groups)
            for role, groups in ROLES.items()
        }
        cls.ivan = new_test_user(
            cls.env, login="role_ivan", groups=ROLES["salesperson"]
        )
        cls.petro = new_test_user(
            cls.env, login="role_petro", groups=ROLES["salesperson"]
        )
        cls.north = cls._team(
            "North", cls.people["head"], cls.people["salesperson"] | cls.ivan
        )
        cls.south = cls._team("South", cls.petro, cls.petro)
        cls.customer = cls.env["res.partner"].create({"name": "Romashka LLC"})

    @classmethod
    def _team(cls, name, head, members):
        return cls.env["crm.team"].create(
            {
                "name": name,
                "user_id": head.id,
                "crm_team_member_ids": [
                    Command.create({"user_id": user.id}) for user in members
                ],
            }
        )

    def _owner(self, role, variant):
        """(owner, team, company) of a record of ``variant`` as seen by ``role``."""
        return {
            "mine": (self.people[role], self.env["crm.team"], self.company),
            "north": (self.ivan, self.north, self.company),
            "south": (self.petro, self.south, self.company),
            "nobody": (self.env["res.users"], self.env["crm.team"], self.company),
            "foreign": (self.people[role], self.env["crm.team"], self.foreign),
        }[variant]


@tagged("post_install", "-at_install")
class TestModelAccess(RolesCase):
    def test_every_model_has_a_row(self):
        table = parse()
        models = our_models(self.env)
        self.assertEqual([name for name in models if name not in table], [], "no row")
        self.assertEqual(
            [name for name in table if name not in models], [], "no such model"
        )

    def test_each_role_may_do_what_the_table_says_and_no_more(self):
        table = parse()
        wrong = []
        for name in our_models(self.env):
            for role, user in self.people.items():
                model = self.env[name].with_user(user)
                actual = "".join(
                    letter
                    for letter, operation in OPERATIONS.items()
                    if model.has_access(operation)
                )
                if actual != allowed(table, name, role):
                    wrong.append((name, role, actual, allowed(table, name, role)))
        self.assertEqual(
            wrong, [], "(model, role, allowed by the system, by the table)"
        )


@tagged("post_install", "-at_install")
class TestRecordScope(RolesCase):
    numbers = count()

    def _make_interaction(self, owner, team, company):
        return {
            "company_id": company.id,
            "channel_id": self.env.ref("crm_relations.crm_channel_call").id,
            "external_key": f"role:{next(self.numbers)}",
            "direction": "in",
            "started_at": TIME_ZERO,
            "owner_id": owner.id,
            "team_id": team.id,
        }

    def _make_customer_asset(self, owner, team, company):
        # an asset is seen as its holder is: his salesperson and team are copied
        holder = self.env["res.partner"].create(
            {"name": "Holder", "user_id": owner.id, "company_id": company.id}
        )
        kind = self.env["crm.customer.asset.type"].create({"name": f"Car {holder.id}"})
        return {
            "name": "Volkswagen",
            "type_id": kind.id,
            "partner_id": holder.id,
            "company_id": company.id,
            "team_id": team.id,
        }

    def _make_customer_metric(self, owner, team, company):
        customer = self.env["res.partner"].create({"name": "Customer"})
        return {
            "customer_id": customer.id,
            "company_id": company.id,
            "user_id": owner.id,
            "team_id": team.id,
        }

    def _make_customer_class_log(self, owner, team, company):
        values = self._make_customer_metric(owner, team, company)
        return dict(values, date=TIME_ZERO.date(), new_class="A")

    def _make_customer_month(self, _owner, _team, company):
        customer = self.env["res.partner"].create({"name": "Customer"})
        return {
            "customer_id": customer.id,
            "company_id": company.id,
            "month": TIME_ZERO.replace(day=1).date(),
        }

    def _make_promise(self, owner, team, company):
        return {
            "name": "Pay the rest",
            "kind": "pay",
            "partner_id": self.customer.id,
            "company_id": company.id,
            "user_id": owner.id,
            "team_id": team.id,
            "currency_id": company.currency_id.id,
        }

    def _record_sale_order(self, owner, team, company):
        order = self.env["sale.order"].create({"partner_id": self.customer.id})
        order.flush_recordset()
        self.env.cr.execute(
            "UPDATE sale_order SET user_id = %s, team_id = %s, company_id = %s WHERE id = %s",
            [owner.id or None, team.id or None, company.id, order.id],
        )
        order.invalidate_recordset()
        return order

    def _record_repeat_need(self, owner, team, company):
        rule = self.env["crm.repeat.rule"].create(
            {
                "name": "Oil",
                "what": "oil",
                "company_id": company.id,
                "funnel_id": self.env["crm.funnel"]
                .create({"name": "Again", "active": False, "kind": "repeat_sale"})
                .id,
            }
        )
        return self.env["crm.repeat.need"].create(
            {
                "rule_id": rule.id,
                "company_id": company.id,
                "customer_id": self.customer.id,
                "need_key": f"role:{next(self.numbers)}",
                "occurrence": "once",
                "due_on": TIME_ZERO.date(),
                "created_at": TIME_ZERO,
                "user_id": owner.id,
                "team_id": team.id,
            }
        )

    def _make_retention_episode(self, owner, team, company):
        values = self._make_customer_metric(owner, team, company)
        day = TIME_ZERO.date()
        return dict(values, last_order_on=day, began_on=day)

    def _make_alarm(self, owner, team, company):
        rule = self.env["crm.alarm.rule"].create(
            {
                "name": "Waits",
                "active": False,
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
            }
        )
        return {
            "rule_id": rule.id,
            "res_model": "crm.lead",
            "res_id": next(self.numbers),
            "company_id": company.id,
            "user_id": owner.id,
            "team_id": team.id,
            "started_at": TIME_ZERO,
        }

    def _make_arrival_rule(self, _owner, _team, company):
        return {"name": "Calls", "company_id": company.id}

    def _make_segment(self, owner, _team, company):
        return {"name": "Everybody", "company_id": company.id, "user_id": owner.id}

    def _make_web_form(self, _owner, _team, company):
        return {
            "name": "Contact page",
            "company_id": company.id,
            "team_id": self.north.id,
        }

    def _make_qualification_profile(self, _owner, _team, company):
        return {"name": "Cars", "company_id": company.id}

    def _make_interaction_source(self, _owner, _team, company):
        return {"name": "Telephone exchange", "company_id": company.id}

    def _make_funnel(self, _owner, _team, company):
        team = self.env["crm.team"].create({"name": "Own", "company_id": company.id})
        return {
            "name": "New sale",
            "company_id": company.id,
            "team_ids": [Command.link(team.id)],
        }

    def _record_lead(self, owner, team, company):
        lead = self.env["crm.lead"].create(
            {"name": "Tyres", "user_id": False, "team_id": False}
        )
        # as its owner has it: the host would look for a team and company of his own
        lead.flush_recordset()
        self.env.cr.execute(
            "UPDATE crm_lead SET user_id = %s, team_id = %s, company_id = %s WHERE id = %s",
            [owner.id or None, team.id or None, company.id, lead.id],
        )
        lead.invalidate_recordset()
        return lead

    def _make_lead_stage_log(self, owner, team, company):
        lead = self._record_lead(owner, team, company)
        return {
            "lead_id": lead.id,
            "company_id": company.id,
            "team_id": team.id,
            "user_id": owner.id,
            "stage_id": lead.stage_id.id,
            "entered_at": TIME_ZERO,
            "left_at": TIME_ZERO,
            "kind": "created",
        }

    def _record(self, name, role, variant):
        short = name.removeprefix("crm.").replace(".", "_")
        if whole := getattr(self, f"_record_{short}", None):
            return whole(*self._owner(role, variant))
        make = getattr(self, f"_make_{short}")
        return self.env[name].create(make(*self._owner(role, variant)))

    def _visible(self, name, operation):
        """``{role: "letters of the variants the operation is allowed on"}``."""
        result = {}
        for role, user in self.people.items():
            letters = ""
            for variant, letter in VARIANTS.items():
                record = self._record(name, role, variant).with_user(user)
                letters += letter if record.has_access(operation) else ""
            result[role] = letters
        return result

    def test_each_role_reaches_the_records_the_table_says(self):
        for (name, operation), expected in scope().items():
            with self.subTest(model=name, operation=operation):
                self.assertEqual(self._visible(name, operation), expected)

    def test_foreign_records_are_refused_aloud(self):
        for role, user in self.people.items():
            record = self._record("crm.interaction", role, "foreign")
            with self.subTest(role=role), self.assertRaises(AccessError):
                record.with_user(user).read(["subject"])
