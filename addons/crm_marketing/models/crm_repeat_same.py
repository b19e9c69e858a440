"""Which needs are one: rules about the same goods, talks that go on already."""

from odoo import models
from odoo.tools import SQL

# rules some of whose goods are goods of this rule; of a rule that names none it is
# whatever he buys, a service without goods is a need of its own
RIVALS = """
    WITH goods AS (
        SELECT rel.rule_id, categ.parent_path AS path, NULL::int AS template_id
          FROM crm_repeat_rule_categ_rel rel
          JOIN product_category categ ON categ.id = rel.categ_id
         UNION ALL
        SELECT rel.rule_id, categ.parent_path, template.id
          FROM crm_repeat_rule_product_rel rel
          JOIN product_template template ON template.id = rel.product_tmpl_id
          LEFT JOIN product_category categ ON categ.id = template.categ_id
    ), rules AS (
        SELECT rule.id, rule.company_id, rule.basis,
               EXISTS (SELECT FROM goods WHERE goods.rule_id = rule.id) AS has_goods
          FROM crm_repeat_rule rule
    )
    SELECT other.id FROM rules other
      JOIN rules mine ON mine.id = %(rule)s AND mine.company_id = other.company_id
     WHERE other.id <> mine.id
       AND (mine.has_goods OR mine.basis <> 'asset')
       AND (other.has_goods OR other.basis <> 'asset')
       AND (NOT mine.has_goods OR NOT other.has_goods OR EXISTS (
           SELECT FROM goods own JOIN goods theirs ON theirs.rule_id = other.id
            WHERE own.rule_id = mine.id
              AND CASE WHEN own.template_id IS NOT NULL AND theirs.template_id IS NOT NULL
                       THEN own.template_id = theirs.template_id
                       ELSE own.template_id IS NULL
                            AND starts_with(theirs.path, own.path)
                         OR theirs.template_id IS NULL
                            AND starts_with(own.path, theirs.path) END))
"""
# what is decided, held out or asked later for the same goods; while customers held out by
# one rule are measured, no other rule calls them. OFFSET 0: looked up by customer for each
# who is due; joined, and the planner knows nothing of a table that fills just now, every
# need met every other (83 million for 12,884)
BUSY = """
    NOT EXISTS (
        SELECT FROM crm_repeat_need old JOIN crm_repeat_rule other ON other.id = old.rule_id
         WHERE old.company_id = %(company)s AND old.customer_id = found.customer_id
           AND (old.need_key = found.need_key
                AND (old.state IN ('waiting', 'opened', 'later')
                     OR old.occurrence = found.occurrence
                    AND (old.rule_id = %(rule)s OR old.state = 'bought'
                         OR old.decided_at IS NOT NULL))
                OR (old.need_key = found.need_key AND old.rule_id <> %(rule)s
                    OR old.rule_id IN (%(rivals)s))
                AND (old.state IN ('waiting', 'opened', 'later')
                     OR old.state IN ('lost', 'won', 'held') AND old.bought_on IS NULL
                    AND old.closes_on >= %(today)s
                     OR old.state = 'held'
                    AND old.decided_at > %(now)s - other.goal_days * interval '1 day'))
         OFFSET 0)
"""
# a colleague's quotation of these goods that still holds; a repeat deal's own is its need's
QUOTED = """
    NOT EXISTS (
        SELECT FROM sale_order quote
          JOIN res_partner buyer ON buyer.id = quote.partner_id
          JOIN sale_order_line line ON line.order_id = quote.id
          JOIN product_product product ON product.id = line.product_id
          JOIN product_template template ON template.id = product.product_tmpl_id
          LEFT JOIN crm_lead deal ON deal.id = quote.opportunity_id
         WHERE buyer.commercial_partner_id = %(customer)s
           AND quote.company_id = %(company)s AND quote.state IN ('draft', 'sent')
           AND CASE WHEN deal.id IS NULL
                    THEN COALESCE(quote.validity_date, quote.date_order::date + 30)
                         >= %(today)s
                    ELSE deal.active AND deal.won_status = 'pending'
                         AND deal.crm_repeat_need_id IS NULL END %(chosen)s)
"""
DEAL = """
    NOT EXISTS (
        SELECT FROM crm_lead deal
         WHERE deal.asset_id = %(asset)s AND deal.active AND deal.won_status = 'pending'
           AND deal.crm_repeat_need_id IS NULL)
"""


class CrmRepeatRule(models.Model):
    _inherit = "crm.repeat.rule"

    def _rivals_sql(self):
        """``SELECT id`` of the other rules about some of the same goods."""
        # the texts are our own constants
        return SQL(RIVALS, rule=self._origin.id or 0)  # pylint: disable=sql-injection

    def _free_sql(self, now, today):
        """``AND …``: nobody has foreseen or offered what ``found`` is about."""
        return SQL(
            "AND %s %s",
            SQL(
                BUSY,  # pylint: disable=sql-injection
                company=self.company_id._origin.id,
                rule=self._origin.id or 0,
                rivals=self._rivals_sql(),
                now=now,
                today=today,
            ),
            self._silent_sql(SQL("found"), today),
        )

    def _silent_sql(self, found, today):
        """``AND …``: nobody talks to the customer of ``found`` about it by himself.

        :param SQL found: alias of rows with customer_id and asset_id
        """
        parts = []
        if self.basis != "asset" or self._has_goods():
            parts.append(
                SQL(
                    QUOTED,  # pylint: disable=sql-injection
                    customer=SQL("%s.customer_id", found),
                    company=self.company_id._origin.id,
                    today=today,
                    chosen=self._chosen_sql(),
                )
            )
        if self.basis == "asset":
            parts.append(
                SQL(DEAL, asset=SQL("%s.asset_id", found))  # pylint: disable=sql-injection
            )
        return SQL(" ").join(SQL("AND %s", part) for part in parts)

    def _has_goods(self):
        return bool(self.categ_ids or self.product_tmpl_ids)


class CrmRepeatNeed(models.Model):
    _inherit = "crm.repeat.need"

    def _tell_bought(self, now):
        """Who holds a deal that is not needed any more is told, and need not call."""
        if not self:
            return
        kinds = "mail.mail_activity_data_call", "mail.mail_activity_data_todo"
        call, todo = (self.env.ref(kind) for kind in kinds)
        activities = self.env["mail.activity"].with_context(
            mail_activity_quick_update=True
        )
        activities.search(
            [
                ("res_model", "=", "crm.lead"),
                ("res_id", "in", self.lead_id.ids),
                ("activity_type_id", "=", call.id),
                ("automated", "=", True),
            ]
        ).unlink()
        model_id = self.env["ir.model"]._get_id("crm.lead")
        values = []
        for need in self:
            user = need.lead_id.user_id
            if not user:
                continue
            words = need.with_context(lang=user.lang or self.env.lang)
            values.append(
                {
                    "res_model_id": model_id,
                    "res_id": need.lead_id.id,
                    "activity_type_id": todo.id,
                    "summary": words.env._("He has bought it: close the deal"),
                    "note": words._get_reason(),
                    "date_deadline": need.rule_id._get_today(now),
                    "user_id": user.id,
                    "crm_deputy_for_id": need.lead_id.crm_deputy_for_id.id,
                    "automated": True,
                }
            )
        activities.create(values)

    def _close_bought_deals(self):
        """Deals that nobody closed since he bought give way to these needs' deals."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT old.lead_id FROM crm_repeat_need need
                  JOIN crm_repeat_need old ON old.customer_id = need.customer_id
                   AND old.company_id = need.company_id AND old.state = 'bought'
                   AND (old.need_key = need.need_key OR old.rule_id IN (%s))
                  JOIN crm_lead lead ON lead.id = old.lead_id
                 WHERE need.id = ANY(%s) AND lead.active AND lead.won_status = 'pending'
                   AND NOT EXISTS (SELECT FROM crm_repeat_need more
                                    WHERE more.lead_id = lead.id
                                      AND more.state = 'opened')
                """,
                self.rule_id._rivals_sql(),
                self.ids,
            )
        )
        leads = self.env["crm.lead"].browse(key for [key] in rows)
        if leads:
            leads.action_set_lost()
            body = self.env._("He bought without it, and it is time for the next deal.")
            leads._message_log_batch(bodies=dict.fromkeys(leads.ids, body))
