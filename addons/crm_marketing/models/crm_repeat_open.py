"""Whose turn it is: the most valuable first, as many as a salesperson can do."""

from datetime import timedelta

from markupsafe import Markup

from odoo import api, models
from odoo.tools import SQL

from ..tools.scenario_time import day_moment, to_local
from .crm_repeat_due import seller_sql

OPEN = 50  # deals in one transaction
# whoever is away has a deputy, whose room it takes; without one who may, he waits. Who is
# held out takes no room: he is decided on with those beside him; a deal for the
# same need that was closed and is at work again is not doubled
TURN = """
    WITH away AS (
        SELECT * FROM unnest(%(absent)s::int[], %(acting)s::int[]) AS away(id, acting_id)
    ), waiting AS (
        SELECT need.id, COALESCE(away.acting_id, need.user_id) AS user_id,
               need.is_control,
               count(*) FILTER (WHERE NOT need.is_control) OVER turn
                 - (NOT need.is_control)::int AS before,
               row_number() OVER turn AS place
          FROM crm_repeat_need need
          LEFT JOIN crm_customer_metric metric
            ON metric.customer_id = need.customer_id
           AND metric.company_id = need.company_id
          LEFT JOIN away ON away.id = need.user_id
         WHERE need.rule_id = %(rule)s AND need.state = 'waiting'
           AND (away.id IS NULL OR away.acting_id IS NOT NULL)
           AND NOT EXISTS (SELECT FROM crm_repeat_need old
                             JOIN crm_lead lead ON lead.id = old.lead_id
                            WHERE old.company_id = need.company_id
                              AND old.customer_id = need.customer_id
                              AND (old.need_key = need.need_key
                                   OR old.rule_id IN (%(rivals)s))
                              AND old.state <> 'bought'
                              AND lead.active AND lead.won_status = 'pending')
           %(silent)s
        WINDOW turn AS (
            PARTITION BY COALESCE(away.acting_id, need.user_id)
            ORDER BY COALESCE(metric.crm_class, 'N'), metric.profit_year DESC NULLS LAST,
                     need.due_on, need.id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
    ), taken AS (
        SELECT user_id, count(*) AS number FROM crm_repeat_need
         WHERE decided_at >= %(since)s AND NOT is_control AND company_id = %(company)s
         GROUP BY user_id
    )
    SELECT waiting.id, waiting.is_control FROM waiting
      LEFT JOIN taken ON taken.user_id IS NOT DISTINCT FROM waiting.user_id
     WHERE waiting.before < %(capacity)s - COALESCE(taken.number, 0)
     ORDER BY waiting.place, waiting.id LIMIT %(limit)s
"""


class CrmRepeatRule(models.Model):
    _inherit = "crm.repeat.rule"

    def _get_zone(self):
        # sudo: clocks of colleagues
        return self.user_id.sudo().tz or self.env.user.tz or "UTC"

    def _get_today(self, now):
        """The responsible's own day."""
        return to_local(now, self._get_zone()).date()

    def _get_period_start(self, now):
        """When the day or week began of which so many deals are opened, naive UTC."""
        day = self._get_today(now)
        if self.capacity_period == "week":
            day -= timedelta(days=day.weekday())
        return day_moment(day, 0.0, self._get_zone())

    def _take_turns(self, now, limit=OPEN):
        """(needs that get a deal, needs held out)."""
        self.env.flush_all()
        away = self._get_acting_ids()
        rows = self.env.execute_query(
            SQL(
                TURN,  # pylint: disable=sql-injection
                absent=list(away),
                acting=list(away.values()),
                rule=self.id,
                company=self.company_id.id,
                since=self._get_period_start(now),
                capacity=self.capacity,
                rivals=self._rivals_sql(),
                silent=self._silent_sql(SQL("need"), self._get_today(now)),
                limit=limit,
            )
        )
        needs = self.env["crm.repeat.need"]
        return (
            needs.browse(key for key, is_control in rows if not is_control),
            needs.browse(key for key, is_control in rows if is_control),
        )

    def _get_acting_ids(self):
        """``{id of who is away: id of his deputy, None when that one cannot sell here}``."""
        away = self.env["crm.deputy"]._get_away()
        if not away:
            return {}
        # sudo: who of the colleagues works in the rule's company
        acting_sudo = (
            self.env["res.users"]
            .sudo()
            .browse({acting for acting, _until in away.values()})
        )
        here = acting_sudo.filtered(
            lambda user: user.active and self.company_id in user.company_ids
        )
        return {
            absent: acting if acting in here.ids else None
            for absent, (acting, _until) in away.items()
        }

    def _open_turns(self, now):
        """One piece of deals of this rule; how many needs were decided on."""
        self.ensure_one()
        rule = self.with_company(self.company_id).with_context(
            allowed_company_ids=self.company_id.ids,
            active_test=True,
            mail_auto_subscribe_no_notify=True,
        )
        chosen, held = rule._take_turns(now)
        held._decide("held", now)
        if chosen:
            chosen._deliver("deal", now)
        return len(chosen) + len(held)

    def _get_team(self, user):
        """A team of the funnel: the salesperson's if it is one of them."""
        teams = self.funnel_id.team_ids
        own = teams & (user.sale_team_id | user.crm_team_ids)
        return (own or teams)[:1]


class CrmRepeatNeed(models.Model):
    _inherit = "crm.repeat.need"

    @api.model
    def _follow_owners(self):
        """Who waits belongs to the salesperson his customer has now, an open deal's need
        to the salesperson the deal was given to."""
        self.env.cr.execute(
            SQL(
                """
                WITH given AS (
                    UPDATE crm_repeat_need need
                       SET user_id = lead.user_id, team_id = lead.team_id
                      FROM crm_lead lead
                     WHERE lead.id = need.lead_id AND need.state = 'opened'
                       AND need.user_id IS DISTINCT FROM lead.user_id
                )
                UPDATE crm_repeat_need need
                   SET user_id = seller.id, team_id = seller.sale_team_id
                  FROM crm_repeat_need self
                  JOIN crm_repeat_rule rule ON rule.id = self.rule_id
                  JOIN res_partner person ON person.id = self.partner_id
                  JOIN res_partner customer ON customer.id = self.customer_id
                  %(seller)s
                 WHERE self.id = need.id AND need.state = 'waiting'
                   AND (need.user_id, need.team_id)
                       IS DISTINCT FROM (seller.id, seller.sale_team_id)
                """,
                seller=seller_sql(SQL("rule.user_id"), SQL("rule.company_id")),
            )
        )
        self.invalidate_model(flush=False)

    def _decide(self, state, now):
        if self:
            self.env.cr.execute(
                SQL(
                    "UPDATE crm_repeat_need SET state = %s, decided_at = %s "
                    "WHERE id = ANY(%s)",
                    state,
                    now,
                    self.ids,
                )
            )
            self.invalidate_recordset(flush=False)

    def _deliver_together(self, way, now):
        """Deals of one rule, with their baskets, and that they are open."""
        with self.env.cr.savepoint():
            self._suggest_goods()
            self._close_bought_deals()
            revenues = self._get_revenues()
            leads = self.env["crm.lead"].create(
                [
                    dict(need._prepare_deal(), expected_revenue=revenues[need.id])
                    for need in self
                ]
            )
            leads.flush_recordset()
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE crm_repeat_need need
                       SET lead_id = lead.id, user_id = lead.user_id,
                           team_id = CASE WHEN need.user_id = lead.user_id
                                     THEN need.team_id ELSE lead.team_id END
                      FROM unnest(%s::int[], %s::int[]) AS made(id, lead_id)
                      JOIN crm_lead lead ON lead.id = made.lead_id
                     WHERE need.id = made.id
                    """,
                    self.ids,
                    leads.ids,
                )
            )
            self._decide("opened", now)
            leads._plan_repeat_calls(self, now)

    def _fail(self, error, now):
        self._end("dropped", now, "error")
        self.env.cr.execute(
            SQL(
                "UPDATE crm_repeat_need SET error = %s WHERE id = %s",
                str(error)[:500],
                self.id,
            )
        )
        self.invalidate_recordset(flush=False)

    def _get_revenues(self):
        """{need id: what the suggested goods cost him}, by price list and quantity."""
        amounts = dict.fromkeys(self.ids, 0.0)
        groups = self.line_ids.grouped(
            lambda line: (
                line.need_id.partner_id.property_product_pricelist,
                line.quantity,
                line.need_id.company_id.currency_id,
            )
        )
        for (pricelist, quantity, currency), lines in groups.items():
            prices = pricelist._get_products_price(
                lines.product_id, quantity, currency=currency
            )
            for line in lines:
                amounts[line.need_id.id] += quantity * prices[line.product_id.id]
        return amounts

    def _prepare_deal(self):
        rule, person = self.rule_id, self.partner_id
        user = self.env["crm.deputy"]._get_acting(self.user_id)
        need = self.with_context(lang=user.lang or self.env.lang)
        team = rule._get_team(user)
        words = [need._get_reason(), need.basket]
        return {
            "name": f"{need._get_what()}: {person.display_name}",
            "type": "opportunity",
            "partner_id": person.id,
            "user_id": user.id,
            "crm_deputy_for_id": user != self.user_id and self.user_id.id,
            "team_id": team.id,
            "company_id": self.company_id.id,
            "funnel_id": rule.funnel_id.id,
            "stage_id": rule.funnel_id._get_ordered_stages()[:1].id,
            "asset_id": self.asset_id.id,
            # a customer: nobody asks whether he is one
            "qualification_state": "qualified",
            "description": Markup("<br/>").join(word for word in words if word),
            "crm_repeat_need_id": self.id,
        }

    def _suggest_goods(self):
        """The template's lines, else what he bought the last time."""
        for rule, needs in self.grouped("rule_id").items():
            if rule.template_id:
                select = SQL(
                    """
                    SELECT need.id, line.product_id, line.product_uom_qty
                      FROM crm_repeat_need need, sale_order_template_line line
                     WHERE line.sale_order_template_id = %s
                       AND line.product_id IS NOT NULL AND need.id = ANY(%s)
                     ORDER BY need.id, line.sequence, line.id
                    """,
                    rule.template_id.id,
                    needs.ids,
                )
            elif rule.basis == "asset":
                continue
            else:
                select = SQL(
                    """
                    SELECT need.id, bought.product_id, SUM(bought.quantity)
                      FROM crm_repeat_need need
                      JOIN (%s) bought ON bought.customer_id = need.customer_id
                       AND bought.day = need.last_on
                     WHERE need.id = ANY(%s)
                     GROUP BY need.id, bought.product_id
                     ORDER BY need.id, bought.product_id
                    """,
                    rule._purchases_sql(needs.customer_id.ids),
                    needs.ids,
                )
            self.env.flush_all()
            self.env.cr.execute(
                SQL(
                    "INSERT INTO crm_repeat_need_line (need_id, product_id, quantity) %s",
                    select,
                )
            )
        self.env["crm.repeat.need.line"].invalidate_model(flush=False)
        self.invalidate_recordset(["line_ids", "basket"], flush=False)
