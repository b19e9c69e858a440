"""Levels by night: measured by sets, settled by a pure rule, only differences written."""

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ..tools.loyalty_level import Level, State, settle

MONTH_SUMS = {"revenue": "revenue", "profit": "profit", "orders": "invoice_count"}


class CrmCustomerLevel(models.Model):
    _inherit = "crm.customer.level"

    @api.model
    def _cron_refresh(self):
        now = fields.Datetime.now()
        for company in self._get_companies():
            here = self.with_company(company).with_context(
                tz=company.partner_id.tz or "UTC"
            )
            here._refresh(company, fields.Date.context_today(here, now))
        self._notify(fields.Date.context_today(self), now)

    @api.model
    def _get_companies(self):
        """Also those whose levels are all archived: their customers have none any more."""
        levels = self.env["crm.loyalty.level"].with_context(active_test=False)
        return levels.search([("company_id.active", "=", True)]).company_id

    @api.model
    def _refresh(self, company, today):
        """Work out the levels of a company's customers.

        :return: number of customers whose level changed
        """
        levels = self.env["crm.loyalty.level"].search([("company_id", "=", company.id)])
        self.flush_model()
        rules = [
            Level(one.id, one.sequence, (one.measure, one.months), one.floor)
            for one in levels
        ]
        values = self._measure(company, {rule.measure for rule in rules}, today)
        old = self._read_old(company)
        grace = {one.id: one.grace_days for one in levels}
        fresh = {
            customer: settle(
                rules,
                values.get(customer, {}),
                *old.get(customer, (None, None)),
                today,
                grace.get(old.get(customer, (None,))[0], 0),
            )
            for customer in {*values, *old}
        }
        # who is held out of points is promised no level either
        for customer in self._get_held(company, fresh):
            if customer in old:
                fresh[customer] = State(None, None, None, 0)
            else:
                fresh.pop(customer)
        changed = [
            (customer, old.get(customer, (None,))[0], state.level)
            for customer, state in sorted(fresh.items())
            if old.get(customer, (None,))[0] != state.level
        ]
        self._store(company, fresh, today)
        self._log_changes(company, changed, today)
        self._assign_managers(changed)
        return len(changed)

    @api.model
    def _get_held(self, company, customers):
        programs = self.env["loyalty.program"]
        return programs._crm_get_held_customers(list(customers), company)

    @api.model
    def _read_old(self, company):
        """{customer id: (level id, day on which it ends)}"""
        rows = self.env.execute_query(
            SQL(
                "SELECT customer_id, level_id, falls_on FROM crm_customer_level "
                "WHERE company_id = %s",
                company.id,
            )
        )
        return {customer: (level, falls_on) for customer, level, falls_on in rows}

    # ------------------------------------------------------------ measures

    @api.model
    def _measure(self, company, measures, today):
        """{customer id: {(measure, months): value}}"""
        found = {}
        for name, months in measures:
            since = today.replace(day=1) - relativedelta(months=months - 1)
            query = self._get_measure_query(name, company, since)
            for customer, value in self.env.execute_query(query):
                found.setdefault(customer, {})[name, months] = float(value or 0)
        return found

    @api.model
    def _get_measure_query(self, name, company, since):
        if name in MONTH_SUMS:
            self.env["crm.customer.month"].flush_model()
            return SQL(
                "SELECT customer_id, SUM(%s) FROM crm_customer_month "
                "WHERE company_id = %s AND month >= %s GROUP BY customer_id",
                SQL.identifier(MONTH_SUMS[name]),
                company.id,
                since,
            )
        return SQL(
            """
            SELECT holder.commercial_partner_id, SUM(entry.points)
              FROM crm_loyalty_entry entry
              JOIN loyalty_card card ON card.id = entry.card_id
              JOIN res_partner holder ON holder.id = card.partner_id
              LEFT JOIN crm_loyalty_entry origin ON origin.id = entry.reversal_of_id
              -- a credit note that was taken back reverses what reversed
              LEFT JOIN crm_loyalty_entry root ON root.id = origin.reversal_of_id
             WHERE entry.company_id = %s
               AND entry.at >= %s::timestamp AT TIME ZONE %s AT TIME ZONE 'UTC'
               AND (entry.reason IN ('order', 'margin', 'category', 'level')
                    OR origin.reason IN ('order', 'margin', 'category', 'level')
                    OR root.reason IN ('order', 'margin', 'category', 'level'))
               AND entry.reason <> 'expired'
             GROUP BY holder.commercial_partner_id
            """,
            company.id,
            since,
            company.partner_id.tz or "UTC",
        )

    # ------------------------------------------------------------ writing

    @api.model
    def _store(self, company, fresh, today):
        rows = [
            (customer, state.level, state.falls_on, state.next, state.missing)
            for customer, state in sorted(fresh.items())
        ]
        if not rows:
            return
        self.env["res.partner"].flush_model(["user_id"])
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_customer_level AS old
                       (customer_id, company_id, user_id, team_id, level_id, since,
                        falls_on, next_level_id, missing)
                SELECT partner.id, %(company)s, partner.user_id, owner.sale_team_id,
                       fresh.level_id, %(today)s, fresh.falls_on, fresh.next_level_id,
                       round(fresh.missing, 2)
                  FROM unnest(%(customers)s::int[], %(levels)s::int[], %(falls)s::date[],
                              %(nexts)s::int[], %(missing)s::numeric[])
                       fresh(customer_id, level_id, falls_on, next_level_id, missing)
                  JOIN res_partner partner ON partner.id = fresh.customer_id
                  LEFT JOIN res_users owner ON owner.id = partner.user_id
                    ON CONFLICT (customer_id, company_id) DO UPDATE
                   SET user_id = EXCLUDED.user_id, team_id = EXCLUDED.team_id,
                       level_id = EXCLUDED.level_id, falls_on = EXCLUDED.falls_on,
                       next_level_id = EXCLUDED.next_level_id,
                       missing = EXCLUDED.missing,
                       since = CASE WHEN old.level_id IS DISTINCT FROM EXCLUDED.level_id
                                    THEN EXCLUDED.since ELSE old.since END
                 WHERE (old.user_id, old.team_id, old.level_id, old.falls_on,
                        old.next_level_id, old.missing)
                    IS DISTINCT FROM (EXCLUDED.user_id, EXCLUDED.team_id,
                        EXCLUDED.level_id, EXCLUDED.falls_on, EXCLUDED.next_level_id,
                        EXCLUDED.missing)
                """,
                company=company.id,
                today=today,
                **dict(
                    zip(
                        ("customers", "levels", "falls", "nexts", "missing"),
                        map(list, zip(*rows, strict=True)),
                        strict=True,
                    )
                ),
            )
        )
        self.invalidate_model(flush=False)

    @api.model
    def _log_changes(self, company, changed, today):
        self.env["crm.customer.level.log"].sudo().create(
            [
                {
                    "customer_id": customer,
                    "company_id": company.id,
                    "date": today,
                    "from_level_id": old,
                    "level_id": new,
                }
                for customer, old, new in changed
            ]
        )

    @api.model
    def _assign_managers(self, changed):
        """Who comes to a level with a manager of its own and has no salesperson."""
        levels = self.env["crm.loyalty.level"].browse(
            {row[2] for row in changed if row[2]}
        )
        for level in levels.filtered("user_id"):
            customers = self.env["res.partner"].browse(
                [customer for customer, _old, new in changed if new == level.id]
            )
            customers.filtered(lambda one: not one.user_id).user_id = level.user_id

    # ------------------------------------------------------------ letters

    @api.model
    def _notify(self, today, now):
        """Tell customers whose level ends within the days that it says."""
        template = self.env.ref("crm_marketing.mail_template_loyalty_fall")
        rows = self.search([("falls_on", ">", today)])
        told = rows._get_told()
        asked = []
        for row in rows:
            notice = relativedelta(days=row.level_id.notice_days)
            last = told.get((row.customer_id.id, row.company_id.id))
            grace = relativedelta(days=row.level_id.grace_days)
            if last and last > now - grace:
                continue  # bought, sent back: the end moved, and he knows of it
            if row.level_id.notice_days and row.falls_on <= today + notice:
                lang = row.customer_id.lang
                values = {
                    "crm_company": row.company_id,
                    "crm_level": row.level_id.with_context(lang=lang).name,
                    "crm_until": format_date(self.env, row.falls_on, lang_code=lang),
                }
                key = f"{row.customer_id.id}:{row.company_id.id}:{row.falls_on}"
                asked.append((key, row.customer_id, row.customer_id, values))
        return self.env["crm.loyalty.notice"]._send("fall", asked, template, now)

    def _get_told(self):
        """{(customer id, company id): when he was last told that a level ends}"""
        groups = self.env["crm.loyalty.notice"]._read_group(
            [("kind", "=", "fall"), ("partner_id", "in", self.customer_id.ids)],
            ["partner_id", "company_id"],
            ["at:max"],
        )
        return {(partner.id, company.id): at for partner, company, at in groups}
