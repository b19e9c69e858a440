"""What a rule shows: who is where, what it really brought, who would be due."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.lift import FEW, newcombe, wilson

# of the company ``place`` is the address of
LOCAL = SQL("AT TIME ZONE 'UTC' AT TIME ZONE COALESCE(place.tz, 'UTC')")


class CrmRepeatRule(models.Model):
    _inherit = "crm.repeat.rule"

    waiting_count = fields.Integer(compute="_compute_figures", string="Waiting")
    opened_count = fields.Integer(compute="_compute_figures", string="Open Deals")
    won_count = fields.Integer(compute="_compute_figures", string="Won")
    bought_count = fields.Integer(
        compute="_compute_figures", string="Bought by themselves"
    )
    held_count = fields.Integer(compute="_compute_figures", string="Held out")
    lift_text = fields.Text(compute="_compute_lift", string="What it brings")

    def _compute_figures(self):
        groups = self.env["crm.repeat.need"]._read_group(
            [("rule_id", "in", self.ids)], ["rule_id", "state"], ["__count"]
        )
        counts = {(rule.id, state): count for rule, state, count in groups}
        for rule in self:
            for state in ("waiting", "opened", "won", "bought", "held"):
                rule[f"{state}_count"] = counts.get((rule._origin.id, state), 0)

    def _get_groups(self, now):
        """{rule id: {is held out: (customers, of them bought)}} whose time is over.

        A customer counts once, by the first time his turn came. Of a service counts who
        bought the rule's goods: the date on the thing is set by those who have a deal.
        """
        services = self.filtered(lambda rule: rule.basis == "asset")
        reached = SQL(
            "COALESCE(need.bought_on <= (need.decided_at %s)::date + rule.goal_days, FALSE)",
            LOCAL,
        )
        rows = (self - services)._count_reached(reached, now)
        for rule in services.filtered(lambda rule: rule._has_goods()):
            rows += rule._count_reached(rule._sold_sql(), now)
        groups = {}
        for rule_id, is_control, number, reached in rows:
            groups.setdefault(rule_id, {})[is_control] = (number, reached)
        return groups

    def _sold_sql(self):
        """Whether the customer of ``need`` bought the goods within the days set."""
        decided = self.env["crm.repeat.need"].search(
            [("rule_id", "=", self._origin.id), ("decided_at", "!=", False)]
        )
        return SQL(
            """
            EXISTS (SELECT FROM (%(purchases)s) bought
                     WHERE bought.customer_id = need.customer_id
                       AND bought.day BETWEEN (need.decided_at %(local)s)::date
                           AND (need.decided_at %(local)s)::date + rule.goal_days)
            """,
            purchases=self._purchases_sql(decided.customer_id.ids),
            local=LOCAL,
        )

    def _count_reached(self, reached, now):
        """``[(rule id, is held out, customers, of them reached)]``

        :param SQL reached: of ``need`` and ``rule``
        """
        return self.env.execute_query(
            SQL(
                """
                SELECT rule_id, is_control, count(*), count(*) FILTER (WHERE reached)
                  FROM (SELECT DISTINCT ON (need.rule_id, need.customer_id)
                               need.rule_id, need.is_control,
                               %s AS reached
                          FROM crm_repeat_need need
                          JOIN crm_repeat_rule rule ON rule.id = need.rule_id
                          JOIN res_company company ON company.id = need.company_id
                          JOIN res_partner place ON place.id = company.partner_id
                         WHERE need.rule_id = ANY(%s) AND need.decided_at IS NOT NULL
                           AND need.customer_id IS NOT NULL
                           AND need.occurrence NOT LIKE 'again:%%'
                           AND need.decided_at < %s - rule.goal_days * interval '1 day'
                         ORDER BY need.rule_id, need.customer_id, need.decided_at) first
                 GROUP BY rule_id, is_control
                """,
                reached,
                self._origin.ids,
                now,
            )
        )

    @api.depends(
        "basis",
        "categ_ids",
        "product_tmpl_ids",
        "goal_days",
        "control_percent",
        "need_ids.bought_on",
    )
    def _compute_lift(self):
        self.env.flush_all()
        groups = self._get_groups(fields.Datetime.now())
        for rule in self:
            found = groups.get(rule._origin.id, {})
            rule.lift_text = rule._describe_lift(
                found.get(False, (0, 0)), found.get(True, (0, 0))
            )

    def _describe_lift(self, asked, held):
        """:param asked, held: (customers, of them bought)"""
        if self.basis == "asset" and not self._has_goods():
            return self.env._(
                "It cannot be measured: name the goods that are sold with it, so that "
                "those with a deal and those held out are counted in the same way."
            )
        if not asked[0]:
            return self.env._(
                "Nothing to say yet: nobody has had %(days)s days for it.",
                days=self.goal_days,
            )
        low, high = wilson(asked[1], asked[0])
        lines = [
            self.env._(
                "Of %(number)s customers with a deal %(share)s %% bought within %(days)s "
                "days (95 %% interval %(low)s to %(high)s %%).",
                number=asked[0], share=_percent(asked[1] / asked[0]), days=self.goal_days,
                low=_percent(low), high=_percent(high),
            )
        ]  # fmt: skip
        lift = newcombe(asked[1], asked[0], held[1], held[0])
        if not lift:
            lines.append(
                self.env._(
                    "Without customers held out nobody knows how many would have bought "
                    "anyway."
                )
            )
            return " ".join(lines)
        lines.append(
            self.env._(
                "Of %(number)s held out %(share)s %%. The deals brought %(lift)s points "
                "(95 %% interval %(low)s to %(high)s).",
                number=held[0], share=_percent(held[1] / held[0]),
                lift=_percent(lift.difference), low=_percent(lift.low),
                high=_percent(lift.high),
            )
        )  # fmt: skip
        if min(asked[0], held[0]) < FEW:
            lines.append(self.env._("That is too few people to rely on."))
        elif not lift.is_certain:
            lines.append(self.env._("It may as well have brought nothing."))
        return " ".join(lines)

    # ------------------------------------------------------------ preview

    def _preview(self, today, days=30, limit=10):
        """Who would be due: nothing is written.

        :return: {"overdue": customers due already, "coming": in the next days,
            "samples": [(customer id, person id, asset id, figures …)], soonest first}
        """
        self.ensure_one()
        self.env.flush_all()
        is_worked_out = self.state == "running" and not self.is_filling
        is_bare = self.basis != "asset" and not is_worked_out
        rhythm = self._rhythm_sql() if is_bare else None
        found = SQL(
            """
            SELECT found.* FROM (%(found)s) AS found (customer_id, partner_id, asset_id,
                   need_key, occurrence, purchase_count, interval_days, spread_days,
                   last_on, quantity, due_on, opens_on, closes_on)
              JOIN res_partner person ON person.id = found.partner_id
              JOIN res_partner customer ON customer.id = found.customer_id
             WHERE person.active AND customer.active AND customer.partner_share
               AND (customer.company_id IS NULL OR customer.company_id = %(company)s)
               AND NOT EXISTS (SELECT FROM res_company own
                                WHERE own.partner_id = customer.id)
               AND found.opens_on <= %(last)s AND found.closes_on >= %(today)s
               %(free)s %(audience)s
            """,
            found=self._found_sql(rhythm),
            company=self.company_id._origin.id,
            last=today + timedelta(days=days),
            today=today,
            free=self._free_sql(fields.Datetime.now(), today),
            audience=self._audience_sql(),
        )
        rows = self.env.execute_query(
            SQL(
                """
                WITH found AS MATERIALIZED (%(found)s)
                SELECT count(*) FILTER (WHERE opens_on < %(today)s),
                       count(*) FILTER (WHERE opens_on >= %(today)s),
                       (SELECT json_agg(row_to_json(sample)) FROM (
                            SELECT * FROM found
                             ORDER BY (opens_on < %(today)s), opens_on, customer_id
                             LIMIT %(limit)s) sample)
                  FROM found
                """,
                found=found,
                today=today,
                limit=limit,
            )
        )
        overdue, coming, samples = rows[0]
        return {"overdue": overdue, "coming": coming, "samples": samples or []}


def _percent(share):
    return f"{share * 100:.1f}"
