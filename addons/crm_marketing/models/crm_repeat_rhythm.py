"""Every customer's own rhythm for what a rule is about; tools/rhythm.py says it in words."""

from odoo import api, fields, models
from odoo.tools import SQL

COLUMNS = (
    "company_id", "purchase_count", "interval_days", "spread_days", "last_on", "quantity",
    "per_day", "due_on", "opens_on", "closes_on",
)  # fmt: skip
# what was invoiced less what a credit note took back, on the day it was ordered, and what
# was ordered and has no posted invoice yet: a purchase keeps its day while it is invoiced
PURCHASES = """
    SELECT customer_id, day, product_id, SUM(quantity) AS quantity
      FROM (%(invoiced)s UNION ALL %(returned)s UNION ALL %(ordered)s) moved
     GROUP BY customer_id, day, product_id HAVING SUM(quantity) > 0
"""
INVOICED = """
    SELECT move.commercial_partner_id AS customer_id,
           %(day)s AS day, line.product_id,
           line.quantity * COALESCE(unit.factor, 1) / COALESCE(own.factor, 1) AS quantity
      FROM account_move move %(asked_move)s
      JOIN account_move_line line ON line.move_id = move.id
      %(goods)s
      LEFT JOIN uom_uom unit ON unit.id = line.product_uom_id
      LEFT JOIN %(order_days)s ordered ON ordered.line_id = line.id
     WHERE move.state = 'posted' AND move.move_type IN ('out_invoice', 'out_receipt')
       AND move.payment_state IS DISTINCT FROM 'reversed'
       AND move.company_id = %(company)s AND line.display_type = 'product'
       AND line.quantity > 0 AND line.price_subtotal >= 0 %(span_move)s %(chosen)s
"""
# of the invoice it corrects or of the order: without one nobody knows which purchase; a
# line that costs less than it was sold for corrects the price, and he keeps the goods
RETURNED = """
    SELECT move.commercial_partner_id,
           %(day)s, line.product_id,
           -line.quantity * COALESCE(unit.factor, 1) / COALESCE(own.factor, 1)
      FROM account_move move %(asked_move)s
      JOIN account_move_line line ON line.move_id = move.id
      %(goods)s
      LEFT JOIN uom_uom unit ON unit.id = line.product_uom_id
      LEFT JOIN account_move sold_in ON sold_in.id = move.reversed_entry_id
       AND sold_in.move_type IN ('out_invoice', 'out_receipt')
      LEFT JOIN account_move_line sold_as ON sold_as.id = (
           SELECT max(same.id) FROM account_move_line same
            WHERE same.move_id = sold_in.id AND same.product_id = line.product_id
              AND same.display_type = 'product' AND same.quantity > 0)
      LEFT JOIN LATERAL (
           SELECT (min(sale.date_order) %(local)s)::date AS day
             FROM sale_order_line_invoice_rel link
             JOIN sale_order_line sold ON sold.id = link.order_line_id
             JOIN sale_order sale ON sale.id = sold.order_id
            WHERE link.invoice_line_id IN (line.id, sold_as.id)) ordered ON TRUE
     WHERE move.state = 'posted' AND move.move_type = 'out_refund'
       AND (sold_in.id IS NOT NULL OR ordered.day IS NOT NULL)
       AND sold_in.payment_state IS DISTINCT FROM 'reversed'
       AND move.company_id = %(company)s AND line.display_type = 'product'
       AND line.quantity > 0 AND line.price_subtotal >= 0
       AND (sold_as.id IS NULL OR line.price_subtotal / line.quantity
            >= 0.99 * sold_as.price_subtotal / sold_as.quantity)
       %(span_move)s %(chosen)s
"""
ORDERED = """
    SELECT buyer.commercial_partner_id, (sale.date_order %(local)s)::date, line.product_id,
           line.product_uom_qty * COALESCE(unit.factor, 1) / COALESCE(own.factor, 1)
      FROM sale_order sale
      JOIN res_partner buyer ON buyer.id = sale.partner_id %(asked_order)s
      JOIN sale_order_line line ON line.order_id = sale.id
      %(goods)s
      LEFT JOIN uom_uom unit ON unit.id = line.product_uom_id
     WHERE sale.state = 'sale' AND sale.company_id = %(company)s
       AND line.product_uom_qty > 0 AND line.price_subtotal >= 0
       %(span_buyer)s %(chosen)s
       AND NOT EXISTS (
           SELECT FROM sale_order_line_invoice_rel link
             JOIN account_move_line booked ON booked.id = link.invoice_line_id
             JOIN account_move bill ON bill.id = booked.move_id
            WHERE link.order_line_id = line.id AND bill.state = 'posted'
              AND bill.move_type IN ('out_invoice', 'out_receipt'))
"""
# when an invoice line was ordered: looked up for the lines of a few customers, hashed for all
ORDER_DAYS = """ (
           SELECT link.invoice_line_id AS line_id, (min(sale.date_order) %(local)s)::date AS day
             FROM sale_order_line_invoice_rel link
             JOIN sale_order_line sold ON sold.id = link.order_line_id
             JOIN sale_order sale ON sale.id = sold.order_id
            %(of_line)s GROUP BY link.invoice_line_id)
"""
# an order's first invoice has its day, however late; so have the rest of it within a month.
# What is called off later from a standing order is a purchase of its own day
FRAME_DAYS = 30
DAY = """
    CASE WHEN ordered.day IS NULL THEN %(booked)s
         WHEN %(booked)s - ordered.day > %(frame)s AND EXISTS (
              SELECT FROM sale_order_line_invoice_rel own_link
                JOIN sale_order_line_invoice_rel link
                  ON link.order_line_id = own_link.order_line_id
                JOIN account_move_line booked ON booked.id = link.invoice_line_id
                JOIN account_move bill ON bill.id = booked.move_id
               WHERE own_link.invoice_line_id = %(line)s AND bill.state = 'posted'
                 AND bill.move_type IN ('out_invoice', 'out_receipt')
                 AND bill.payment_state IS DISTINCT FROM 'reversed'
                 AND (COALESCE(bill.invoice_date, bill.date), bill.id)
                     < (%(booked)s, %(move)s))
         THEN %(booked)s ELSE ordered.day END
"""
GOODS = """
      JOIN product_product product ON product.id = line.product_id
      JOIN product_template template ON template.id = product.product_tmpl_id
      LEFT JOIN uom_uom own ON own.id = template.uom_id
"""
# one pass over a customer's days, with no join: whatever the planner thinks of how many
# there are, it costs as much as there is
RHYTHM = """
WITH days AS (
    SELECT customer_id, day, SUM(quantity) AS quantity FROM (%(purchases)s) bought
     WHERE customer_id IS NOT NULL GROUP BY customer_id, day
), gaps AS (
    SELECT customer_id, day, quantity, day - lag(day) OVER own AS gap,
           lag(quantity) OVER own AS before
      FROM days WINDOW own AS (PARTITION BY customer_id ORDER BY day)
), usual AS (
    SELECT customer_id, count(*) AS purchase_count, min(day) AS first_on,
           max(day) AS last_on, SUM(quantity) AS total, SUM(before) AS used,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY gap) AS gap,
           array_agg(gap) AS gaps, array_agg(before) AS befores
      FROM gaps GROUP BY customer_id
    HAVING count(*) >= %(minimum)s AND SUM(before) > 0
), lasting AS (
    SELECT usual.*, total - used AS quantity, used / (last_on - first_on) AS per_day,
           CASE WHEN %(by_use)s THEN (total - used) * (last_on - first_on) / used
                ELSE gap END AS interval_days
      FROM usual
), found AS MATERIALIZED (
    SELECT customer_id, purchase_count, interval_days, last_on, quantity, per_day,
           last_on + floor(interval_days + 0.5)::int AS due_on,
           (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(
                   own.gap - CASE WHEN %(by_use)s THEN own.before / lasting.per_day
                                  ELSE lasting.gap END))
              FROM unnest(lasting.gaps, lasting.befores) AS own(gap, before)
             WHERE own.gap IS NOT NULL) AS spread_days
      FROM lasting WHERE interval_days > 0 AND interval_days < 3660
)
SELECT customer_id, %(company)s::int AS company_id, purchase_count,
       interval_days::numeric AS interval_days, spread_days::numeric AS spread_days,
       last_on, quantity::numeric AS quantity, per_day::numeric AS per_day, due_on,
       due_on - %(ahead)s AS opens_on,
       due_on + ceil(GREATEST(interval_days / 2, 2 * spread_days))::int AS closes_on
  FROM found WHERE spread_days * 100 <= interval_days * %(steady)s
"""


def _day_sql(move, line):
    """On which day the goods of an invoice's line were bought.

    :param move, line: aliases; ``ordered.day`` stands beside them
    """
    booked = SQL(
        "COALESCE(%s, %s)",
        SQL.identifier(move, "invoice_date"),
        SQL.identifier(move, "date"),
    )
    return SQL(
        DAY,  # pylint: disable=sql-injection
        booked=booked,
        frame=FRAME_DAYS,
        line=SQL.identifier(line, "id"),
        move=SQL.identifier(move, "id"),
    )


def _span_sql(column, span):
    """``AND …``: customers above the first number, up to the second."""
    return (
        SQL("AND %s > %s AND %s <= %s", column, span[0], column, span[1])
        if span
        else SQL()
    )


class CrmRepeatRhythm(models.Model):
    """One customer's rhythm for one running rule, worked out when he buys."""

    _name = "crm.repeat.rhythm"
    _description = "Rhythm of Buying"
    _order = "due_on, id"
    _rec_name = "customer_id"
    _log_access = False

    rule_id = fields.Many2one(
        "crm.repeat.rule", required=True, readonly=True, ondelete="cascade"
    )
    customer_id = fields.Many2one(
        "res.partner", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )
    purchase_count = fields.Integer(string="Purchases", readonly=True)
    interval_days = fields.Float(string="Every (days)", readonly=True, digits=(16, 1))
    spread_days = fields.Float(string="± (days)", readonly=True, digits=(16, 1))
    last_on = fields.Date(string="Last on", readonly=True)
    quantity = fields.Float(string="Bought last", readonly=True)
    per_day = fields.Float(string="Uses a Day", readonly=True, digits=(16, 4))
    due_on = fields.Date(string="Due", readonly=True)
    opens_on = fields.Date(readonly=True)
    closes_on = fields.Date(readonly=True)

    _rule_customer_uniq = models.Constraint(
        "UNIQUE(rule_id, customer_id)", "His rhythm for this rule is there already."
    )
    # who is due now: the pass
    _rule_opens_idx = models.Index("(rule_id, opens_on)")

    @api.model
    def _refresh(self, rule, customer_ids=None, span=None):
        """Make the rows of these customers (or of all) what they should be.

        :param span: instead of their ids: those above the first number, up to the second
        """
        self.env.flush_all()
        asked = _span_sql(SQL.identifier("old", "customer_id"), span)
        # NOT IN is hashed whatever is guessed; NOT EXISTS met every row with every other
        if customer_ids is not None:
            asked = SQL("AND old.customer_id = ANY(%s)", list(customer_ids))
        names = SQL(", ").join(map(SQL.identifier, COLUMNS))
        self.env.cr.execute(
            SQL(
                """
                WITH fresh AS MATERIALIZED (%(select)s), gone AS (
                    DELETE FROM crm_repeat_rhythm old
                     WHERE old.rule_id = %(rule)s %(asked)s
                       AND old.customer_id NOT IN (SELECT fresh.customer_id FROM fresh)
                )
                INSERT INTO crm_repeat_rhythm AS old (rule_id, customer_id, %(names)s)
                SELECT %(rule)s, customer_id, %(names)s FROM fresh
                    ON CONFLICT (rule_id, customer_id) DO UPDATE SET %(assignments)s
                 WHERE (%(old)s) IS DISTINCT FROM (%(new)s)
                """,
                select=rule._rhythm_sql(customer_ids, span),
                rule=rule.id,
                asked=asked,
                names=names,
                assignments=SQL(", ").join(
                    SQL("%s = EXCLUDED.%s", SQL.identifier(name), SQL.identifier(name))
                    for name in COLUMNS
                ),
                old=SQL(", ").join(SQL.identifier("old", name) for name in COLUMNS),
                new=SQL(", ").join(
                    SQL.identifier("excluded", name) for name in COLUMNS
                ),
            )
        )
        self.invalidate_model()


class CrmRepeatRule(models.Model):
    _inherit = "crm.repeat.rule"

    def _rhythm_sql(self, customer_ids=None, span=None):
        """``SELECT`` of customer, figures and days, for these customers or all."""
        return SQL(
            RHYTHM,  # pylint: disable=sql-injection
            purchases=self._purchases_sql(customer_ids, span),
            company=self.company_id._origin.id,
            minimum=self.minimum_count,
            steady=self.steady_percent,
            ahead=self.ahead_days,
            by_use=self.basis == "consumption",
        )

    def _purchases_sql(self, customer_ids=None, span=None):
        """``SELECT customer_id, day, product_id, quantity`` of what the rule is about."""
        asked_move = asked_order = SQL()
        if customer_ids is not None:
            ids = list(customer_ids)
            asked_move = SQL(
                "JOIN unnest(%s::int[]) AS asked(id) "
                "ON asked.id = move.commercial_partner_id",
                ids,
            )
            asked_order = SQL(
                "JOIN unnest(%s::int[]) AS asked(id) "
                "ON asked.id = buyer.commercial_partner_id",
                ids,
            )
        parts = {
            "asked_move": asked_move,
            "asked_order": asked_order,
            "span_move": _span_sql(SQL("move.commercial_partner_id"), span),
            "span_buyer": _span_sql(SQL("buyer.commercial_partner_id"), span),
            "goods": SQL(GOODS),
            "order_days": self._order_days_sql(customer_ids is None and span is None),
            "local": self._local_sql(),
            "company": self.company_id._origin.id,
            "chosen": self._chosen_sql(),
        }
        # the texts are our own constants
        return SQL(
            PURCHASES,
            invoiced=SQL(  # pylint: disable=sql-injection
                INVOICED, day=_day_sql("move", "line"), **parts
            ),
            returned=SQL(  # pylint: disable=sql-injection
                RETURNED, day=_day_sql("sold_in", "sold_as"), **parts
            ),
            ordered=SQL(ORDERED, **parts),  # pylint: disable=sql-injection
        )

    def _order_days_sql(self, is_for_all):
        """``SELECT line_id, day``; a grouped join of all is no help to a few lines."""
        of_line = SQL("WHERE link.invoice_line_id = line.id")
        days = SQL(
            ORDER_DAYS,  # pylint: disable=sql-injection
            local=self._local_sql(),
            of_line=SQL() if is_for_all else of_line,
        )
        return days if is_for_all else SQL("LATERAL %s", days)

    def _local_sql(self):
        """After a naive UTC moment: the same on the company's own clock."""
        # sudo: where the company is
        zone = self.company_id.sudo().partner_id.tz or "UTC"
        return SQL("AT TIME ZONE 'UTC' AT TIME ZONE %s", zone)

    def _chosen_sql(self):
        """``AND …``: the goods of the rule; nothing chosen means all."""
        if not self.categ_ids and not self.product_tmpl_ids:
            return SQL()
        return SQL(
            "AND (template.id = ANY(%s) OR template.categ_id = ANY(%s))",
            self.product_tmpl_ids._origin.ids,
            self.env["product.category"]
            .search([("id", "child_of", self.categ_ids._origin.ids)])
            .ids,
        )

    def _get_need_key(self):
        """The same for rules about the same goods: a need has one deal."""
        if not self.categ_ids and not self.product_tmpl_ids:
            return "goods"
        categs = ",".join(map(str, sorted(self.categ_ids._origin.ids)))
        products = ",".join(map(str, sorted(self.product_tmpl_ids._origin.ids)))
        return f"goods:{categs}/{products}"
