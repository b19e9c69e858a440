"""Which needs there are now, and what became of them: by sets."""

from odoo import api, models
from odoo.tools import SQL

from .crm_scenario_trigger import control_sql

FIND = 5000  # needs in one statement
NEED_COLUMNS = SQL(
    "rule_id, company_id, customer_id, partner_id, asset_id, need_key, occurrence, "
    "purchase_count, interval_days, spread_days, last_on, quantity, due_on, closes_on, "
    "user_id, team_id, created_at, is_control, state"
)
# the person's salesperson, else his customer's, else the responsible: the first of them
# who works here
SELLER = """
    LEFT JOIN LATERAL (
         SELECT seller.id, seller.sale_team_id
           FROM unnest(ARRAY[person.user_id, customer.user_id, %(user)s])
                WITH ORDINALITY AS wanted(id, place)
           JOIN res_users seller ON seller.id = wanted.id AND seller.active
           JOIN res_company_users_rel here ON here.user_id = seller.id
            AND here.cid = %(company)s
          ORDER BY wanted.place LIMIT 1) seller ON TRUE
"""
# found: customer, person, asset, key, occurrence, figures, days; free: what another rule
# has decided on (lost, held out) is not asked a second time, see crm_repeat_same.py
INSERT = """
    INSERT INTO crm_repeat_need (%(columns)s)
    SELECT %(rule)s, %(company)s, found.customer_id, found.partner_id, found.asset_id,
           found.need_key, found.occurrence, found.purchase_count, found.interval_days,
           found.spread_days, found.last_on, found.quantity, found.due_on,
           found.closes_on, seller.id, seller.sale_team_id, %(now)s, %(control)s,
           'waiting'
      FROM (%(found)s) AS found (customer_id, partner_id, asset_id, need_key, occurrence,
           purchase_count, interval_days, spread_days, last_on, quantity, due_on,
           opens_on, closes_on)
      JOIN res_partner person ON person.id = found.partner_id
      JOIN res_partner customer ON customer.id = found.customer_id
      %(seller)s
     WHERE person.active AND customer.active AND customer.partner_share
       AND (customer.company_id IS NULL OR customer.company_id = %(company)s)
       AND NOT EXISTS (SELECT FROM res_company own WHERE own.partner_id = customer.id)
       AND found.opens_on <= %(today)s AND found.closes_on >= %(today)s
       AND (%(backlog)s OR found.opens_on >= %(since)s)
       %(free)s
       %(audience)s
     ORDER BY found.customer_id LIMIT %(limit)s
        ON CONFLICT DO NOTHING
"""


def seller_sql(user, company):
    """``LEFT JOIN … seller`` for ``person`` and ``customer``: whose deal it will be.

    :param SQL user: the rule's responsible
    :param SQL company: of the deal
    """
    # the text is our own constant
    return SQL(SELLER, user=user, company=company)  # pylint: disable=sql-injection


class CrmRepeatRule(models.Model):
    _inherit = "crm.repeat.rule"

    def _insert_needs(self, found, now, today, limit=FIND):
        """Needs of one rule that are due and were not found before; how many."""
        self.ensure_one()
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                INSERT,  # pylint: disable=sql-injection
                columns=NEED_COLUMNS,
                rule=self.id,
                company=self.company_id.id,
                seller=seller_sql(
                    SQL("%s::int", self.user_id.id or None),
                    SQL("%s", self.company_id.id),
                ),
                now=now,
                today=today,
                since=self.valid_from or today,
                backlog=self.is_backlog,
                control=self._control_sql(SQL("found.customer_id")),
                found=found,
                audience=self._audience_sql(),
                free=self._free_sql(now, today),
                limit=limit,
            )
        )
        count = self.env.cr.rowcount
        self.env["crm.repeat.need"].invalidate_model(flush=False)
        return count

    def _found_sql(self, rhythm=None):
        """``SELECT`` of what is foreseen, see INSERT.

        :param SQL rhythm: rows of crm.repeat.rhythm worked out on the spot
        """
        if self.basis == "asset":
            return self._found_asset_sql()
        table = SQL("crm_repeat_rhythm rhythm")
        where = SQL("rhythm.rule_id = %s", self._origin.id or 0)
        if rhythm is not None:
            table, where = SQL("(%s) rhythm", rhythm), SQL("TRUE")
        return SQL(
            """
            SELECT rhythm.customer_id, rhythm.customer_id, NULL::int, %s,
                   'since:' || rhythm.last_on, rhythm.purchase_count,
                   rhythm.interval_days, rhythm.spread_days, rhythm.last_on,
                   rhythm.quantity, rhythm.due_on, rhythm.opens_on, rhythm.closes_on
              FROM %s WHERE %s
            """,
            self._get_need_key(),
            table,
            where,
        )

    def _found_asset_sql(self):
        of_type = SQL()
        if self.asset_type_id:
            of_type = SQL("AND asset.type_id = %s", self.asset_type_id._origin.id)
        return SQL(
            """
            SELECT asset.customer_id, asset.partner_id, asset.id, 'asset:' || asset.id,
                   'date:' || asset.next_service_date, NULL::int, NULL::numeric,
                   NULL::numeric, asset.last_service_date, NULL::numeric,
                   asset.next_service_date, asset.next_service_date - %(ahead)s,
                   asset.next_service_date + %(late)s
              FROM crm_customer_asset asset
             WHERE asset.active AND asset.company_id = %(company)s
               AND asset.next_service_date IS NOT NULL %(of_type)s
            """,
            ahead=self.ahead_days,
            late=max(self.ahead_days, 30),
            company=self.company_id._origin.id,
            of_type=of_type,
        )

    def _audience_sql(self):
        if not self.segment_id:
            return SQL()
        return SQL(
            "AND EXISTS (SELECT FROM crm_segment_member member "
            "WHERE member.segment_id = %s AND member.left_at IS NULL "
            "AND member.partner_id IN (person.id, customer.id))",
            self.segment_id._origin.id,
        )

    def _control_sql(self, customer):
        """Whether a customer is held out; the same as ``lift.control_part``."""
        key = f"repeat{self._origin.id or self.id}"
        return control_sql(key, customer, self.control_percent)


class CrmRepeatNeed(models.Model):
    _inherit = "crm.repeat.need"

    @api.model
    def _ask_again(self, now, today, rules):
        """Who said *later* to these rules waits again when his day has come; how many."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                WITH due AS (
                    UPDATE crm_repeat_need need
                       SET state = 'lost', reason_code = 'again', ended_at = %(now)s
                      FROM crm_repeat_rule rule
                     WHERE rule.id = need.rule_id AND rule.state = 'running'
                       AND rule.id = ANY(%(rules)s) AND need.state = 'later' AND need.again_on <= %(today)s
                       AND need.bought_on IS NULL AND need.customer_id IS NOT NULL
                 RETURNING need.*
                )
                INSERT INTO crm_repeat_need (%(columns)s)
                SELECT rule_id, company_id, customer_id, partner_id, asset_id, need_key,
                       'again:' || id, purchase_count, interval_days, spread_days,
                       last_on, quantity, again_on, again_on + 30, user_id, team_id,
                       %(now)s, FALSE, 'waiting'
                  FROM due
                    ON CONFLICT DO NOTHING
                """,
                columns=NEED_COLUMNS,
                now=now,
                today=today,
                rules=rules.ids,
            )
        )
        self.invalidate_model(flush=False)
        return self.env.cr.rowcount

    @api.model
    def _note_purchases(self, rule, customer_ids):
        """The first day on which these customers bought it after it was foreseen.

        None when what they bought was undone. What was foreseen before the rule was
        given other goods keeps its day.
        """
        if rule.basis == "asset":
            return
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_repeat_need need SET bought_on = found.day
                  FROM (SELECT need.id, min(bought.day) AS day
                          FROM crm_repeat_need need
                          LEFT JOIN (%(purchases)s) bought
                            ON bought.customer_id = need.customer_id
                           AND bought.day > need.last_on
                         WHERE need.rule_id = %(rule)s AND need.need_key = %(key)s
                           AND need.customer_id = ANY(%(ids)s)
                         GROUP BY need.id) found
                 WHERE need.id = found.id AND need.bought_on IS DISTINCT FROM found.day
                """,
                purchases=rule._purchases_sql(customer_ids),
                rule=rule.id,
                key=rule._get_need_key(),
                ids=list(customer_ids),
            )
        )
        self.invalidate_model(flush=False)

    @api.model
    def _settle(self, now, today, rules):
        """Close what has ended: bought, over, gone, won, lost, asked later.

        What was closed and goes on after all is opened first.

        :param today: the day of these rules
        """
        self.env.flush_all()
        parts = {"now": now, "today": today, "rules": rules.ids}
        for statement in (REVIVE, SETTLE_WAITING, SETTLE_ASSETS, SETTLE_DEALS):
            # the texts are our own constants
            self.env.cr.execute(SQL(statement, **parts))  # pylint: disable=sql-injection
        rows = self.env.execute_query(SQL(SETTLE_BOUGHT, **parts))  # pylint: disable=sql-injection
        self.invalidate_model(flush=False)
        self.browse(key for [key] in rows)._tell_bought(now)


# its deal is at work again, or the purchase that closed it was undone; one for each
# need, and none where another has taken its place. Two indexes find them (deals at work,
# closed by a purchase): what years have closed is not read
REVIVE = """
    WITH again AS (
        SELECT need.id, lead.id AS lead_id
          FROM crm_lead lead
          JOIN crm_repeat_need need ON need.lead_id = lead.id
         WHERE lead.crm_repeat_need_id IS NOT NULL AND lead.active
           AND lead.won_status = 'pending'
           AND need.state NOT IN ('waiting', 'opened', 'held')
           AND NOT (need.state = 'bought' AND need.bought_on IS NOT NULL)
         UNION
        SELECT need.id, NULL
          FROM crm_repeat_need need
          JOIN crm_repeat_rule rule ON rule.id = need.rule_id
         WHERE need.state = 'bought' AND need.bought_on IS NULL
           AND need.decided_at IS NULL AND need.closes_on >= %(today)s
           AND rule.state = 'running'
    ), ended AS (
        SELECT DISTINCT ON (need.company_id, need.customer_id, need.need_key)
               need.id, again.lead_id
          FROM again JOIN crm_repeat_need need ON need.id = again.id
         WHERE need.customer_id IS NOT NULL AND need.rule_id = ANY(%(rules)s)
           AND NOT EXISTS (SELECT FROM crm_repeat_need other
                            WHERE other.company_id = need.company_id
                              AND other.customer_id = need.customer_id
                              AND other.need_key = need.need_key
                              AND other.state IN ('waiting', 'opened'))
         ORDER BY need.company_id, need.customer_id, need.need_key,
                  (again.lead_id IS NULL), need.id DESC
    )
    UPDATE crm_repeat_need need
       SET state = CASE WHEN ended.lead_id IS NULL THEN 'waiting' ELSE 'opened' END,
           ended_at = NULL, reason_code = NULL, again_on = NULL
      FROM ended WHERE ended.id = need.id
"""
SETTLE_WAITING = """
    UPDATE crm_repeat_need need
       SET ended_at = %(now)s,
           state = CASE WHEN need.bought_on IS NOT NULL THEN 'bought' ELSE 'dropped' END,
           reason_code = CASE WHEN need.bought_on IS NOT NULL THEN NULL
                              WHEN customer.active THEN 'late' ELSE 'gone' END
      FROM crm_repeat_need self LEFT JOIN res_partner customer
        ON customer.id = self.customer_id
     WHERE self.id = need.id AND need.rule_id = ANY(%(rules)s)
       AND (need.state = 'waiting' AND (need.bought_on IS NOT NULL
            OR need.closes_on < %(today)s OR customer.active IS NOT TRUE)
            OR need.state = 'later' AND need.bought_on IS NOT NULL)
"""
# renewed: the date is another one now, or the thing was served; what was held out or
# called for has bought, and who said later is not asked again
SETTLE_ASSETS = """
    WITH served AS (
        SELECT need.id, asset.active AS is_there, asset.last_service_date AS day,
               COALESCE(asset.active AND asset.last_service_date
                    > GREATEST(need.last_on, need.created_at::date - rule.ahead_days),
                    FALSE) AS is_served,
               need.due_on IS DISTINCT FROM asset.next_service_date
                 AND need.occurrence NOT LIKE 'again:%%' AS is_moved
          FROM crm_repeat_need need
          JOIN crm_customer_asset asset ON asset.id = need.asset_id
          JOIN crm_repeat_rule rule ON rule.id = need.rule_id
         WHERE need.state IN ('waiting', 'opened', 'held', 'later')
           AND need.bought_on IS NULL AND need.rule_id = ANY(%(rules)s)
    ), ended AS (
        SELECT need.id, served.is_there,
               CASE WHEN is_served THEN served.day END AS day,
               CASE WHEN need.state IN ('waiting', 'later') THEN
                    CASE WHEN is_served THEN 'bought' ELSE 'dropped' END
                    ELSE need.state END AS state
          FROM crm_repeat_need need JOIN served ON served.id = need.id
         WHERE CASE WHEN need.state IN ('waiting', 'later')
                    THEN is_served AND (is_moved OR need.occurrence LIKE 'again:%%')
                         OR need.state = 'waiting' AND (is_moved OR NOT is_there)
                    ELSE is_served AND (is_moved OR need.occurrence LIKE 'again:%%') END
    )
    UPDATE crm_repeat_need need
       SET bought_on = ended.day, state = ended.state,
           reason_code = CASE WHEN ended.state <> 'dropped' THEN need.reason_code
                              WHEN NOT ended.is_there THEN 'gone' ELSE 'moved' END,
           ended_at = CASE WHEN ended.state IN ('bought', 'dropped')
                      THEN COALESCE(need.ended_at, %(now)s) ELSE need.ended_at END
      FROM ended WHERE ended.id = need.id
"""
SETTLE_DEALS = """
    UPDATE crm_repeat_need need
       SET ended_at = %(now)s,
           reason_code = CASE WHEN lead.id IS NULL OR lead.won_status = 'pending'
                              THEN 'gone' END,
           again_on = CASE WHEN lead.won_status = 'lost' AND why.crm_again_days > 0
                           THEN COALESCE(lead.crm_again_on, %(today)s + why.crm_again_days)
                           ELSE lead.crm_again_on END,
           state = CASE WHEN lead.id IS NULL OR lead.won_status = 'pending'
                        THEN 'dropped'
                        WHEN lead.won_status = 'won' THEN 'won'
                        WHEN why.crm_again_days > 0 OR lead.crm_again_on IS NOT NULL
                        THEN 'later' ELSE 'lost' END
      FROM crm_repeat_need self
      LEFT JOIN crm_lead lead ON lead.id = self.lead_id
      LEFT JOIN crm_lost_reason why ON why.id = lead.lost_reason_id
     WHERE self.id = need.id AND need.state = 'opened' AND need.rule_id = ANY(%(rules)s)
       AND (lead.id IS NULL OR lead.won_status IN ('won', 'lost') OR NOT lead.active)
"""
# he bought it, and not from an order of the deal: his salesperson closes the deal, the
# next time he needs it is foreseen without waiting for that
SETTLE_BOUGHT = """
    UPDATE crm_repeat_need need SET state = 'bought', ended_at = %(now)s
      FROM crm_lead lead
     WHERE lead.id = need.lead_id AND need.state = 'opened'
       AND need.bought_on IS NOT NULL AND need.rule_id = ANY(%(rules)s)
       AND NOT EXISTS (SELECT FROM sale_order sale
                        WHERE sale.opportunity_id = lead.id AND sale.state = 'sale')
 RETURNING need.id
"""
