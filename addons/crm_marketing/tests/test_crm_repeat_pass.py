"""What the pass of repeat sales costs, does in pieces and gets over."""

from datetime import date, timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import SQL

from .repeat_common import NOW, TODAY, RepeatCommon

DAY = timedelta(days=1)


@tagged("post_install", "-at_install")
class TestCrmRepeatPass(RepeatCommon):
    def test_one_that_fails_does_not_hold_up_the_others(self):
        rule = self._make_rule()
        self._buy_evenly(self.vera, date(2026, 2, 7))
        self._buy_evenly(self.petya, date(2026, 2, 7))
        prepare = type(self.needs)._prepare_deal

        def broken(need):
            if need.customer_id == self.vera:
                raise ValueError("no such stage")
            return prepare(need)

        self.patch(type(self.needs), "_prepare_deal", broken)
        with self.assertLogs("odoo.addons.crm_relations", "WARNING"):
            self._pass()
        self.assertEqual(self._states(rule), {"Vera": ["dropped"], "Petya": ["opened"]})
        self.assertEqual(self._needs_of(rule, self.vera).error, "no such stage")

    def test_rhythms_are_worked_out_by_the_pass_in_pieces(self):
        self._buy_evenly(self.vera, date(2026, 2, 10))
        self._buy_evenly(self.petya, date(2026, 2, 10))
        triggers = self.env["ir.cron.trigger"]
        cron = self.env.ref("crm_marketing.ir_cron_run_repeat_rules")
        before = triggers.search_count([("cron_id", "=", cron.id)])
        rule = self._make_rule(start=None).with_user(self.marketer)
        rule._start_from(TODAY)
        self.assertTrue(rule.is_filling)
        self.assertFalse(self.rhythms.search([("rule_id", "=", rule.id)]))
        self.assertEqual(triggers.search_count([("cron_id", "=", cron.id)]), before + 1)
        rules, later = self.env["crm.repeat.rule"], NOW + 3 * DAY
        number = 0
        while rules._fill_some(NOW, limit=1):
            number += 1
            if rule.is_filling:
                rules._look_around(later)
                self.assertFalse(self._needs_of(rule), "not before all are known")
        self.assertGreater(number, 2)
        self.assertFalse(rule.is_filling)
        in_pieces = self.env.execute_query_dict(self._rhythms_of(rule))
        self.assertEqual(
            {row["customer_id"] for row in in_pieces}, {self.vera.id, self.petya.id}
        )
        self.rhythms._refresh(rule)
        self.assertEqual(in_pieces, self.env.execute_query_dict(self._rhythms_of(rule)))
        # bought while the rule stood still: looked at again at the next start
        rule.action_stop()
        self._buy(self.vera, date(2026, 3, 1))
        rule._start_from(TODAY)
        rules._look_around(later)
        self.assertFalse(self._needs_of(rule), "known only as they were")
        while rules._fill_some(NOW):
            pass
        self._pass(later)
        self.assertEqual(self._needs_of(rule).customer_id, self.petya)

    def _rhythms_of(self, rule):
        return SQL(
            "SELECT customer_id, due_on, opens_on, closes_on, purchase_count "
            "FROM crm_repeat_rhythm WHERE rule_id = %s ORDER BY customer_id",
            rule.id,
        )

    def test_what_was_found_is_looked_up_by_customer(self):
        """Whatever is known of a table that fills just now: no need meets all others."""
        rule = self._make_rule()
        self._buy_evenly(self.vera, date(2026, 2, 10))
        self._pass()
        plans = []

        def explain(cr, query, *args, **kwargs):
            if isinstance(query, SQL) and "INSERT INTO crm_repeat_need" in query.code:
                query = SQL("EXPLAIN %s", query)
                execute(cr, query, *args, **kwargs)
                plans.append("\n".join(line for [line] in cr.fetchall()))
                return
            execute(cr, query, *args, **kwargs)

        execute = type(self.env.cr).execute
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        with patch.object(type(self.env.cr), "execute", explain):
            rule._insert_needs(rule._found_sql(), NOW, TODAY)
        [plan] = plans
        _joins, _cut, looked_up = plan.partition("SubPlan")
        self.assertRegex(
            looked_up, "Index Scan using crm_repeat_need.* on crm_repeat_need old"
        )

    def test_the_first_rule_makes_the_funnel(self):
        rules = self.env["crm.repeat.rule"].with_user(self.marketer)
        values = {
            "name": "Oil",
            "what": "oil",
            "categ_ids": [Command.set(self.oils.ids)],
        }
        self.assertEqual(rules.create(values).funnel_id, rules._default_funnel())
        self.env["crm.funnel"].search([("kind", "=", "repeat_sale")]).active = False
        self.assertFalse(rules.new({}).has_funnel, "the form says so")
        with Form(rules) as form:
            self.assertFalse(form.has_funnel)
            form.name, form.what = "Oil", "oil"
        funnel = form.record.funnel_id
        self.assertEqual(
            (funnel.kind, funnel.company_id, bool(funnel.trigger_ids)),
            ("repeat_sale", self.company, True),
        )
        self.assertEqual(rules.create(values).funnel_id, funnel, "one for all rules")
        # a team that sold without funnels goes on so
        others = self.env["crm.funnel"].search([("id", "!=", funnel.id)])
        (others + funnel).active = False
        own = rules.create(values).funnel_id
        self.assertEqual(own.team_ids.mapped("name"), ["Repeat sales"])
        self.assertFalse(own.team_ids & self.north)
        with self.assertRaises(AccessError):
            self.env["crm.funnel"].with_user(self.marketer).create({"name": "Mine"})

    def _count_pass(self, buyers):
        """Statements of a pass after these have bought."""
        rules, before = self.env["crm.repeat.rule"], self.env.cr.sql_log_count
        self.env["crm.repeat.dirty"]._mark(
            [(key, self.company.id) for key in buyers.ids]
        )
        rules._note_buyers(NOW)
        rules._look_around(NOW)
        return self.env.cr.sql_log_count - before

    def test_a_pass_costs_what_changed_not_what_is_there(self):
        self._make_rule()
        for partner in (self.vera, self.petya, self.firm):
            self._buy_evenly(partner, date(2026, 2, 7))
        self._pass()
        rules = self.env["crm.repeat.rule"]
        self._count_pass(self.vera)  # what is read once
        self.assertEqual(
            self._count_pass(self.vera),
            self._count_pass(self.vera | self.petya | self.firm),
        )
        # one of them: which closed needs go on after all
        with self.assertQueryCount(20):
            rules._note_buyers(NOW)
            rules._look_around(NOW)
            rules._open_some(NOW)

    def _count_opening(self, customers):
        """Statements of one piece of deals, for these."""
        self._make_rule(capacity=100)
        self.env["crm.repeat.dirty"]._mark(
            [(key, self.company.id) for key in customers.ids]
        )
        rules = self.env["crm.repeat.rule"]
        while rules._fill_some(NOW):
            pass
        rules._note_buyers(NOW)
        rules._look_around(NOW)
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        self.assertEqual(rules._open_some(NOW), len(customers))
        return self.env.cr.sql_log_count - before

    def test_opening_a_deal_more_costs_what_the_deal_costs(self):
        people = self.env["res.partner"].create(
            [{"name": f"P{number}", "user_id": self.olena.id} for number in range(9)]
        )
        counts = []
        for some in (people[:1], people[1:3], people[3:9]):
            self._buy_evenly(some, date(2026, 2, 7))
            self._work_out()
            counts.append(self._count_opening(some))
            self.env["crm.repeat.rule"].search([]).action_stop()
        self.assertLessEqual(counts[2], counts[1], "six cost what two cost")
