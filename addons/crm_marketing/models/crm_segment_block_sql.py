"""The conditions, each as one part of a segment's statement."""

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.sql import escape_psql

INVOICES = ("out_invoice", "out_receipt", "out_refund")
# {what happened: column of mailing_trace}
MAILING_COLUMNS = {
    "sent": "sent_datetime",
    "open": "open_datetime",
    "click": "links_click_datetime",
    "reply": "reply_datetime",
}


class CrmSegmentBlock(models.Model):
    _inherit = "crm.segment.block"

    # ------------------------------------------------------------ kinds

    def _sql_bought(self, look):
        """Posted invoices less credit notes; what was given back whole is not bought."""
        products = self._get_product_filter()
        move_day = SQL("COALESCE(move.invoice_date, move.date)")
        number = SQL(
            "COUNT(DISTINCT move.id) FILTER (WHERE move.move_type <> 'out_refund')"
        )
        amount = SQL("SUM(-line.balance)") if products else SQL(
            "SUM(move.amount_untaxed_signed)"
        )  # fmt: skip
        having = [SQL("%s >= %s", number, self.times or 1)]
        if products:
            having.append(
                SQL(
                    "SUM(CASE WHEN move.move_type = 'out_refund' "
                    "THEN -line.quantity ELSE line.quantity END) > 0"
                )
            )
        if self.amount_min:
            having.append(SQL("%s >= %s", amount, self.amount_min))
        if self.amount_max:
            having.append(SQL("%s <= %s", amount, self.amount_max))
        select = SQL(
            """
            SELECT move.commercial_partner_id FROM account_move move %(lines)s
             WHERE move.state = 'posted' AND move.move_type IN %(types)s
               AND move.company_id = %(company)s
               AND move.commercial_partner_id IS NOT NULL
               %(days)s %(only)s %(products)s
             GROUP BY move.commercial_partner_id HAVING %(having)s
            """,
            lines=SQL("JOIN account_move_line line ON line.move_id = move.id")
            if products
            else SQL(),
            types=INVOICES,
            company=self._company(),
            days=self._between(look, move_day, is_date=True),
            only=self._only(look, SQL("move.commercial_partner_id")),
            products=products or SQL(),
            having=SQL(" AND ").join(having),
        )
        return self._customer_in(look, select)

    def _get_product_filter(self):
        """`` AND …`` on ``line``, or None: whatever he bought."""
        parts = []
        if self.product_ids:
            parts.append(SQL("line.product_id = ANY(%s)", self.product_ids.ids))
        if self.categ_ids:
            parts.append(
                SQL(
                    """
                    line.product_id IN (
                        SELECT product.id FROM product_product product
                          JOIN product_template template
                            ON template.id = product.product_tmpl_id
                          JOIN product_category categ ON categ.id = template.categ_id
                          JOIN product_category asked
                            ON categ.parent_path LIKE asked.parent_path || '%%'
                         WHERE asked.id = ANY(%s))
                    """,
                    self.categ_ids.ids,
                )
            )
        if not parts:
            return None
        return SQL(
            "AND line.display_type = 'product' AND (%s)", SQL(" OR ").join(parts)
        )

    def _sql_silent(self, look):
        """No purchase for so many of his own usual intervals."""
        return self._customer_in(
            look,
            SQL(
                """
                SELECT customer_id FROM crm_customer_metric
                 WHERE company_id = %s AND interval_days > 0
                   AND last_order_on + interval_days * %s * interval '1 day' < %s %s
                """,
                self._company(),
                self.intervals,
                look.now,
                self._only(look, SQL("customer_id")),
            ),
        )

    def _sql_contacted(self, look):
        column = SQL("partner_id") if self._is_person() else SQL("customer_id")
        where = [SQL("company_id = %s AND %s IS NOT NULL", self._company(), column)]
        if self.channel_ids:
            # visits of the site are automatic, and are what was asked for by name
            where.append(SQL("channel_id = ANY(%s)", self.channel_ids.ids))
            where.append(SQL("(is_automatic IS NOT TRUE OR touch_kind IS NOT NULL)"))
        else:
            where.append(SQL("is_automatic IS NOT TRUE"))
        if self.direction:
            where.append(SQL("direction = %s", self.direction))
        if self.is_answered:
            where.append(SQL("answered_at IS NOT NULL"))
        select = SQL(
            "SELECT %s FROM crm_interaction WHERE %s %s %s",
            column,
            SQL(" AND ").join(where),
            self._between(look, SQL("started_at")),
            self._only(look, column),
        )
        select = self._at_least(select, column)
        return (self._partner_in if self._is_person() else self._customer_in)(
            look, select
        )

    def _at_least(self, select, column):
        if self.times > 1:
            return SQL(
                "%s GROUP BY %s HAVING COUNT(*) >= %s", select, column, self.times
            )
        return select

    def _sql_mailing(self, look):
        """By the recipient's card, or by his address when another list was mailed."""
        if self.mailing_event == "bounce":
            at, where = SQL("trace.write_date"), SQL("trace.trace_status = 'bounce'")
        else:
            name = MAILING_COLUMNS[self.mailing_event or "open"]
            at = SQL("trace.%s", SQL.identifier(name))
            where = SQL("%s IS NOT NULL", at)
        if self.mailing_ids:
            mailings = SQL("trace.mass_mailing_id = ANY(%s)", self.mailing_ids.ids)
            where = SQL("%s AND %s", where, mailings)
        where = SQL(
            "%s AND trace.is_test_trace IS NOT TRUE %s", where, self._between(look, at)
        )
        select = SQL(
            """
            SELECT who.%(column)s FROM mailing_trace trace
              JOIN res_partner who ON who.id = trace.res_id
             WHERE trace.model = 'res.partner' AND %(where)s %(only)s
             UNION ALL
            SELECT who.%(column)s FROM mailing_trace trace
              JOIN res_partner who ON who.email_normalized = trace.email
             WHERE trace.model <> 'res.partner' AND %(where)s %(only)s
            """,
            column=SQL("id") if self._is_person() else SQL("commercial_partner_id"),
            where=where,
            only=self._only(look, SQL("who.id")),
        )
        select = SQL("SELECT who FROM (%s) AS recipients(who)", select)
        select = self._at_least(select, SQL("who"))
        return (self._partner_in if self._is_person() else self._customer_in)(
            look, select
        )

    def _sql_class(self, look):
        where = SQL("company_id = %s", self._company())
        if self.class_from:
            where = SQL("%s AND old_class = %s", where, self.class_from)
        if self.class_to:
            where = SQL("%s AND new_class = %s", where, self.class_to)
        return self._customer_in(
            look,
            SQL(
                "SELECT customer_id FROM crm_customer_class_log WHERE %s %s %s",
                where,
                self._between(look, SQL("date"), is_date=True),
                self._only(look, SQL("customer_id")),
            ),
        )

    def _sql_asset(self, look):
        column = "partner_id" if self._is_person() else "customer_id"
        domain = self._parse_asset_domain() & Domain("company_id", "=", self._company())
        if look.asked is not None:
            domain &= Domain(column, "in", look.asked)
        # sudo: whether he has one counts, whoever may open it
        query = self.env["crm.customer.asset"].sudo()._search(domain)
        query.add_where(
            SQL("%s IS NOT NULL", SQL.identifier("crm_customer_asset", column))
        )
        select = query.select(SQL.identifier("crm_customer_asset", column))
        return (self._partner_in if self._is_person() else self._customer_in)(
            look, select
        )

    def _sql_region(self, look):
        parts = []
        if self.country_ids:
            column = SQL.identifier(look.alias, "country_id")
            parts.append(SQL("%s = ANY(%s)", column, self.country_ids.ids))
        if self.state_ids:
            column = SQL.identifier(look.alias, "state_id")
            parts.append(SQL("%s = ANY(%s)", column, self.state_ids.ids))
        for place in filter(None, map(str.strip, (self.places or "").split(","))):
            begins = f"{escape_psql(place)}%"
            parts.append(
                SQL(
                    "%s ILIKE %s OR %s LIKE %s",
                    SQL.identifier(look.alias, "city"),
                    begins,
                    SQL.identifier(look.alias, "zip"),
                    begins,
                )
            )
        # NULL is neither here nor there: "not here" must find it too
        return SQL("COALESCE(%s, FALSE)", SQL(" OR ").join(parts or [SQL("FALSE")]))

    @api.model
    def _get_measures(self, now=None):
        """``{code: (label, SQL of the table, SQL of the value, is noticed at once)}``.

        The table has customer_id and company_id. Modules add their columns with
        ``super()``.
        """
        metric = SQL("crm_customer_metric")
        return {
            "revenue_year": (self.env._("Revenue, 12 months"), metric, SQL("revenue_year"), True),
            "revenue_ever": (self.env._("Revenue, all"), metric, SQL("revenue_ever"), True),
            "order_count": (self.env._("Days with an order"), metric, SQL("order_count"), True),
            "interval_days": (
                self.env._("Usual interval (days)"), metric, SQL("interval_days"), True,
            ),
            "order_age": (
                self.env._("Days since the last order"), metric,
                SQL("%s::date - last_order_on", now), False,
            ),
            "owed": (self.env._("Owes"), metric, SQL("owed"), True),
            "overdue": (self.env._("Overdue"), metric, SQL("overdue"), False),
        }  # fmt: skip

    def _sql_measure(self, look):
        if self.measure not in self._get_measures():
            return SQL("FALSE")  # its module is gone, or nothing was chosen yet
        _label, table, value, _followed = self._get_measures(look.now)[self.measure]
        where = SQL(
            "company_id = %s AND %s >= %s", self._company(), value, self.measure_min
        )
        if self.measure_max:
            where = SQL("%s AND %s <= %s", where, value, self.measure_max)
        return self._customer_in(
            look,
            SQL(
                "SELECT customer_id FROM %s WHERE %s %s",
                table,
                where,
                self._only(look, SQL("customer_id")),
            ),
        )

    def _sql_segment(self, look):
        """Of the members as they are kept: the order of refreshing makes them fresh."""
        parts = [SQL("FALSE")]
        for other in self.other_ids:
            select = SQL(
                "SELECT partner_id FROM crm_segment_member "
                "WHERE segment_id = %s AND left_at IS NULL %s",
                other._origin.id or other.id,
                self._only(look, SQL("partner_id")),
            )
            if other.scope == "customer":
                parts.append(self._customer_in(look, select))
            elif self._is_person():
                parts.append(self._partner_in(look, select))
            else:
                people = SQL(
                    "SELECT commercial_partner_id FROM res_partner WHERE id IN (%s)",
                    select,
                )
                parts.append(self._customer_in(look, people))
        return SQL(" OR ").join(parts) if len(parts) == 1 else SQL(
            "(%s)", SQL(" OR ").join(parts)
        )  # fmt: skip

    def _sql_file(self, look):
        select = SQL(
            "SELECT partner_id FROM crm_segment_block_partner_rel WHERE block_id = %s %s",
            self._origin.id or None,
            self._only(look, SQL("partner_id")),
        )
        if self._is_person():
            return self._partner_in(look, select)
        return self._customer_in(
            look,
            SQL(
                "SELECT commercial_partner_id FROM res_partner WHERE id IN (%s)", select
            ),
        )
