"""What worse customers pay for the same: the prices behind the fairness guard.

Definitions: docs/accounting.md. One statement for all asked lines; every customer
counts once, with the last order that compares.
"""

from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.tools import SQL

from ..tools.customer_class import CLASSES

COMPARED_MONTHS = 12  # others' orders
HISTORY_MONTHS = 36  # how far back "his last one" may be

# Quantity brackets of both price lists (and of the lists they are based on) that lie
# between the two quantities: then the quantities are of different brackets.
OTHER_BRACKET = """
    SELECT FROM lists
      JOIN product_pricelist_item item ON item.pricelist_id = lists.id
     WHERE lists.root IN (asked.pricelist_id, bought.pricelist_id)
       AND item.min_quantity > LEAST(asked.quantity, bought.quantity)
       AND item.min_quantity <= GREATEST(asked.quantity, bought.quantity)
       AND (item.date_start IS NULL OR item.date_start <= %(now)s)
       AND (item.date_end IS NULL OR item.date_end >= bought.date_order)
       AND CASE item.applied_on
           WHEN '0_product_variant' THEN item.product_id = asked.product_id
           WHEN '1_product' THEN item.product_tmpl_id = asked.template_id
           WHEN '2_product_category' THEN EXISTS (
                SELECT FROM product_category above
                  JOIN product_category own
                    ON own.parent_path LIKE above.parent_path || '%%'
                 WHERE above.id = item.categ_id AND own.id = asked.categ_id)
           ELSE TRUE END
"""

COMPARE = """
WITH RECURSIVE lists(root, id) AS (
    SELECT id, id FROM product_pricelist
     UNION
    SELECT lists.root, item.base_pricelist_id
      FROM lists JOIN product_pricelist_item item ON item.pricelist_id = lists.id
     WHERE item.base = 'pricelist' AND item.base_pricelist_id IS NOT NULL
), asked AS MATERIALIZED (
    SELECT asked.*, template.id AS template_id, template.categ_id,
           unit.factor AS unit_factor,
           strpos(%(letters)s, metric.crm_class) AS place
      FROM unnest(%(numbers)s::int[], %(orders)s::int[], %(companies)s::int[],
                  %(customers)s::int[], %(products)s::int[], %(quantities)s::numeric[],
                  %(pricelists)s::int[])
           AS asked(n, order_id, company_id, customer_id, product_id, quantity,
                    pricelist_id)
      JOIN product_product product ON product.id = asked.product_id
      JOIN product_template template ON template.id = product.product_tmpl_id
      JOIN uom_uom unit ON unit.id = template.uom_id
      JOIN crm_customer_metric metric ON metric.customer_id = asked.customer_id
       AND metric.company_id = asked.company_id AND metric.crm_class IS NOT NULL
), bought AS MATERIALIZED (
    SELECT asked.n, o.id AS order_id, o.date_order, o.pricelist_id,
           COALESCE(NULLIF(o.currency_rate, 0), 1) AS rate,
           buyer.commercial_partner_id AS customer_id, metric.crm_class,
           SUM(line.product_uom_qty * unit.factor / asked.unit_factor)::numeric
               AS quantity,
           SUM(line.price_subtotal) AS subtotal
      FROM asked
      JOIN sale_order_line line ON line.product_id = asked.product_id
       AND line.company_id = asked.company_id AND line.state = 'sale'
       AND line.is_downpayment IS NOT TRUE AND line.product_uom_qty > 0
       AND line.price_subtotal >= 0
      JOIN uom_uom unit ON unit.id = line.product_uom_id
      JOIN sale_order o ON o.id = line.order_id AND o.id <> asked.order_id
       AND o.date_order >= %(history)s AND o.date_order <= %(now)s
      JOIN res_partner buyer ON buyer.id = o.partner_id
      LEFT JOIN crm_customer_metric metric
        ON metric.customer_id = buyer.commercial_partner_id
       AND metric.company_id = asked.company_id
     WHERE buyer.commercial_partner_id = asked.customer_id
        OR strpos(%(letters)s, metric.crm_class) > asked.place
     GROUP BY asked.n, o.id, buyer.commercial_partner_id, metric.crm_class
    HAVING NOT bool_or(COALESCE(line.crm_is_promotion, FALSE))
), whole AS (
    SELECT line.order_id,
           GREATEST(0, 1 + COALESCE(
               SUM(line.price_subtotal) FILTER (WHERE line.price_subtotal < 0
                   AND NOT %(is_delivery)s)
               / NULLIF(SUM(line.price_subtotal) FILTER (WHERE line.price_subtotal > 0
                   AND NOT %(is_delivery)s), 0), 0)) AS factor,
           COALESCE(SUM(line.price_subtotal) FILTER (WHERE %(is_delivery)s), 0)
               AS delivery
      FROM sale_order_line line
     WHERE line.order_id IN (SELECT order_id FROM bought)
       AND line.display_type IS NULL AND line.is_downpayment IS NOT TRUE
     GROUP BY line.order_id
), terms AS (
    SELECT bought.n, bought.order_id, bought.customer_id, bought.crm_class,
           bought.date_order, bought.quantity, whole.delivery / bought.rate AS delivery,
           bought.subtotal * whole.factor / bought.quantity / bought.rate AS price
      FROM bought JOIN whole USING (order_id) JOIN asked USING (n)
     WHERE bought.quantity BETWEEN asked.quantity * 0.5 AND asked.quantity * 1.5
       AND NOT EXISTS (%(other_bracket)s)
), latest AS MATERIALIZED (
    SELECT DISTINCT ON (n, customer_id) ranked.*, price / NULLIF(before, 0) - 1 AS rise
      FROM (SELECT terms.*, lag(price) OVER (
                       PARTITION BY n, customer_id ORDER BY date_order, order_id
                   ) AS before FROM terms) ranked
     ORDER BY n, customer_id, date_order DESC, order_id DESC
), others AS (
    SELECT latest.* FROM latest JOIN asked USING (n)
     WHERE latest.customer_id <> asked.customer_id
       AND latest.date_order >= %(since)s
), medians AS (
    SELECT n, count(*) AS count, count(rise) AS rise_count,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY price::float8) AS median,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY rise::float8) AS rise
      FROM others GROUP BY n
)
SELECT asked.n, medians.median, COALESCE(medians.count, 0) AS count, medians.rise,
       COALESCE(medians.rise_count, 0) AS rise_count, own.price::float8 AS last,
       own.order_id AS last_order_id, near_price.example AS above_example,
       near_rise.example AS rise_example
  FROM asked
  LEFT JOIN medians USING (n)
  LEFT JOIN latest own ON own.n = asked.n AND own.customer_id = asked.customer_id
  LEFT JOIN LATERAL (
      SELECT to_jsonb(o) AS example FROM others o WHERE o.n = asked.n
       ORDER BY abs(o.price - medians.median), o.order_id DESC LIMIT 1
  ) near_price ON TRUE
  LEFT JOIN LATERAL (
      SELECT to_jsonb(o) AS example FROM others o
       WHERE o.n = asked.n AND o.rise IS NOT NULL
       ORDER BY abs(o.rise - medians.rise), o.order_id DESC LIMIT 1
  ) near_rise ON TRUE
"""
COLUMNS = ("order_id", "company_id", "customer_id", "product_id", "quantity",
           "pricelist_id")  # fmt: skip


class CrmFairness(models.AbstractModel):
    """Prices of worse customers, for whoever asks about an offer."""

    _name = "crm.fairness"
    _description = "Fairness of an Offer"

    @api.model
    def _compare(self, asked, now):
        """What worse customers pay for the same product in the same quantity.

        Past the rules of orders by raw SQL: a median is made of everybody's prices.
        Names stay with the rules, the caller looks them up as the user.

        :param asked: [{order_id, company_id, customer_id, product_id, quantity,
            pricelist_id}]: quantity in the product's own unit, ids or None
        :param now: datetime
        :return: [row or None for each asked]: ``median``, ``count``, ``rise``,
            ``rise_count``, ``last`` (as :func:`..tools.fairness.judge` wants them),
            ``last_order_id``, ``above_example`` and ``rise_example`` (order_id,
            customer_id, crm_class, date_order, quantity, price, delivery, before).
            None: the customer has no class, so nobody's is worse.
        """
        if not asked:
            return []
        self._flush_compared()
        rows = self.env.execute_query_dict(
            SQL(
                COMPARE,  # pylint: disable=sql-injection
                letters="".join(CLASSES),
                numbers=list(range(len(asked))),
                orders=[row["order_id"] or 0 for row in asked],
                companies=[row["company_id"] for row in asked],
                customers=[row["customer_id"] for row in asked],
                products=[row["product_id"] for row in asked],
                quantities=[row["quantity"] for row in asked],
                pricelists=[row["pricelist_id"] or None for row in asked],
                history=now - relativedelta(months=HISTORY_MONTHS),
                since=now - relativedelta(months=COMPARED_MONTHS),
                now=now,
                other_bracket=SQL(
                    OTHER_BRACKET,  # pylint: disable=sql-injection
                    now=now,
                ),
                is_delivery=self._is_delivery(),
            )
        )
        found = {row["n"]: row for row in rows}
        return [found.get(n) for n in range(len(asked))]

    @api.model
    def _is_delivery(self):
        """SQL: whether an order line ``line`` is the charge for delivery."""
        if "is_delivery" in self.env["sale.order.line"]._fields:
            return SQL("COALESCE(line.is_delivery, FALSE)")
        return SQL("FALSE")

    @api.model
    def _flush_compared(self):
        for model in ("sale.order", "sale.order.line", "product.pricelist.item",
                      "crm.customer.metric"):  # fmt: skip
            self.env[model].flush_model()
        self.env["res.partner"].flush_model(["commercial_partner_id"])
