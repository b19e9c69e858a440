"""Who starts a scenario: one statement for each scenario and pass.

Nothing remembers how far it has looked: a source gives all occurrences of the last days
and the unique key of runs lets each in once. So what commits late is not lost.
"""

from datetime import timedelta
from typing import NamedTuple

from odoo import api, models, tools
from odoo.tools import SQL

from ..tools.lift import PARTS
from ..tools.scenario_time import birthday_keys

START = 5000  # people in one statement
VIEWED_DAYS = 90  # views older than this are not what he looks for now
BOUGHT_DAYS = 365  # what he buys: of the last year
OWN_RHYTHM = 3  # days with an order that make a rhythm

INSERT = """
    INSERT INTO crm_scenario_run AS run
           (scenario_id, company_id, partner_id, occurrence, occurred_on, occurred_at,
            res_model, res_id, started_at, is_control, state)
    SELECT %(scenario)s, %(company)s, found.partner_id, found.occurrence,
           found.occurred_on, found.occurred_at, found.res_model, found.res_id, %(now)s,
           %(control)s, 'new'
      FROM (%(people)s) found
     ORDER BY found.partner_id LIMIT %(limit)s
        ON CONFLICT DO NOTHING
"""
# who may start at all, and has not started for this occurrence
PEOPLE = """
    SELECT found.*, partner.commercial_partner_id AS customer_id FROM (%(source)s)
           AS found(partner_id, occurrence, occurred_on, occurred_at, res_model, res_id)
      JOIN res_partner partner ON partner.id = found.partner_id
     WHERE partner.active AND partner.partner_share
       AND (partner.company_id IS NULL OR partner.company_id = %(company)s)
       AND NOT EXISTS (SELECT FROM res_company own WHERE own.partner_id = partner.id)
       AND NOT EXISTS (SELECT FROM crm_scenario_run run
                        WHERE run.scenario_id = %(scenario)s
                          AND run.partner_id = found.partner_id
                          AND run.occurrence = found.occurrence)
       %(audience)s
"""


def control_sql(key, customer, percent):
    """Whether a customer is among so many held out; ``lift.control_part`` in SQL."""
    return SQL(
        "('x' || substr(md5(%s || ':' || %s), 1, 8))::bit(32)::bigint %% %s < %s",
        str(key),
        customer,
        PARTS,
        round(percent * PARTS / 100),
    )


class Look(NamedTuple):
    """One look for occurrences."""

    since: object  # datetime, naive UTC: what is older does not count
    now: object  # datetime, naive UTC

    def days(self):
        """(first, last) of the days that may lie in it somewhere on earth."""
        return (self.since - timedelta(hours=14)).date(), (
            self.now + timedelta(hours=14)
        ).date()


class CrmScenario(models.Model):
    _inherit = "crm.scenario"

    def _start_people(self, now, limit=START, since=None):
        """Runs for what happened since it was switched on; how many were made."""
        self.ensure_one()
        since = since or max(self.valid_from, now - timedelta(days=self.late_days))
        self.env.cr.execute(
            SQL(
                INSERT,  # pylint: disable=sql-injection
                scenario=self.id,
                company=self.company_id.id,
                now=now,
                control=self._control_sql(SQL("found.customer_id")),
                people=self._people_sql(Look(since, now)),
                limit=limit,
            )
        )
        return self.env.cr.rowcount

    def _people_sql(self, look):
        audience = SQL()
        if self.audience_id:
            audience = SQL(
                "AND EXISTS (SELECT FROM crm_segment_member member "
                "WHERE member.segment_id = %s AND member.left_at IS NULL "
                "AND member.partner_id IN (partner.id, partner.commercial_partner_id))",
                self.audience_id._origin.id,
            )
        return SQL(
            PEOPLE,  # pylint: disable=sql-injection
            source=getattr(self, f"_source_{self.trigger}")(look),
            company=self.company_id._origin.id,
            scenario=self._origin.id or 0,
            audience=audience,
        )

    def _control_sql(self, customer):
        """Whether a customer is in the control group, with all his people.

        Goals are the customer's: a colleague who was told would buy for the one who
        was not.
        """
        return control_sql(self._origin.id or self.id, customer, self.control_percent)

    def _control_query(self, partner):
        """``SELECT`` of whether one person is in the control group."""
        customer = partner.commercial_partner_id.id
        return SQL("SELECT %s", self._control_sql(SQL("%s", str(customer))))

    @api.model
    @tools.ormcache()
    def _get_running_triggers(self):
        """Which things anybody waits for: whoever notices them asks first."""
        # sudo: whatever runs is run for everybody
        running_sudo = self.sudo().search([("state", "=", "running")])
        return frozenset(running_sudo.mapped("trigger"))

    # ------------------------------------------------------------ days of a person

    def _source_birthday(self, look):
        first, last = look.days()
        shift = timedelta(days=self.offset_days)
        keys = birthday_keys(first - shift, last - shift)
        return SQL(
            """
            SELECT person.id, to_char(kept.day, 'YYYY'), kept.day + %s,
                   NULL::timestamp, NULL::varchar, NULL::int4
              FROM unnest(%s::varchar[], %s::date[]) AS kept(key, day)
              JOIN res_partner person ON right(person.crm_birthday, 5) = kept.key
            """,
            self.offset_days,
            list(keys),
            list(keys.values()),
        )

    def _source_asset_service(self, look):
        return self._source_asset(look, SQL("asset.next_service_date"), "service")

    def _source_asset_since(self, look):
        return self._source_asset(look, SQL("asset.acquired_date"), "since")

    def _source_asset(self, look, column, name):
        """A day of a thing, and so many months and days later (or earlier)."""
        shift = SQL(
            "(%s + make_interval(months => %s, days => %s))::date",
            column,
            self.offset_months if name == "since" else 0,
            self.offset_days,
        )
        of_type = SQL()
        if self.asset_type_id:
            of_type = SQL("AND asset.type_id = %s", self.asset_type_id._origin.id)
        first, last = look.days()
        return SQL(
            """
            SELECT asset.partner_id, %(name)s || ':' || asset.id || ':' || %(column)s,
                   %(shift)s, NULL::timestamp, 'crm.customer.asset', asset.id
              FROM crm_customer_asset asset
             WHERE asset.active AND asset.company_id = %(company)s
               AND %(shift)s BETWEEN %(first)s AND %(last)s %(of_type)s
            """,
            name=name,
            column=column,
            shift=shift,
            company=self.company_id._origin.id,
            first=first,
            last=last,
            of_type=of_type,
        )

    # ------------------------------------------------------------ buying

    def _source_first_purchase(self, look):
        return SQL(
            """
            SELECT metric.customer_id, 'first', NULL::date, bill.at, 'account.move',
                   bill.id
              FROM crm_customer_metric metric
              JOIN LATERAL (
                   SELECT move.id, GREATEST(move.create_date, move.invoice_date) AS at
                     FROM account_move move
                    WHERE move.commercial_partner_id = metric.customer_id
                      AND move.company_id = metric.company_id AND move.state = 'posted'
                      AND move.move_type IN ('out_invoice', 'out_receipt')
                    ORDER BY move.invoice_date, move.id LIMIT 1) bill ON TRUE
             WHERE metric.company_id = %s AND metric.first_order_on >= %s
               AND bill.at >= %s
            """,
            self.company_id._origin.id,
            look.days()[0],
            look.since,
        )

    def _source_delivery(self, look):
        """Who ordered hears of it: the transfer goes to a door without an address."""
        person = SQL("picking.partner_id")
        if "sale_id" in self.env["stock.picking"]._fields:
            person = SQL(
                "COALESCE((SELECT sold.partner_id FROM sale_order sold "
                "WHERE sold.id = picking.sale_id), picking.partner_id)"
            )
        return SQL(
            """
            SELECT %s, 'picking:' || picking.id, NULL::date,
                   picking.date_done, 'stock.picking', picking.id
              FROM stock_picking picking
              JOIN stock_picking_type kind ON kind.id = picking.picking_type_id
             WHERE picking.state = 'done' AND kind.code = 'outgoing'
               AND picking.company_id = %s AND picking.date_done BETWEEN %s AND %s
            """,
            person,
            self.company_id._origin.id,
            look.since,
            look.now,
        )

    def _source_silent(self, look):
        """The day after the last one on which his own rhythm was still kept."""
        due = SQL(
            "(last_order_on + CEIL(COALESCE(interval_long_days, interval_days) * %s)::int4"
            " + 1)",
            self.intervals,
        )
        first, last = look.days()
        return SQL(
            """
            SELECT customer_id, 'since:' || last_order_on, %(due)s, NULL::timestamp,
                   NULL::varchar, NULL::int4
              FROM crm_customer_metric
             WHERE company_id = %(company)s AND interval_days > 0
               AND order_count >= %(rhythm)s
               AND %(due)s BETWEEN %(first)s AND %(last)s
            """,
            due=due,
            company=self.company_id._origin.id,
            rhythm=OWN_RHYTHM,
            first=first,
            last=last,
        )

    def _source_quotation(self, look):
        at = SQL("(quote.crm_sent_at + %s * interval '1 day')", self.quotation_days)
        return SQL(
            """
            SELECT quote.partner_id, 'order:' || quote.id, NULL::date, %(at)s,
                   'sale.order', quote.id
              FROM sale_order quote
             WHERE quote.state = 'sent' AND quote.company_id = %(company)s
               AND %(at)s BETWEEN %(since)s AND %(now)s
               AND NOT EXISTS (
                   SELECT FROM crm_interaction answer
                    WHERE answer.partner_id = quote.partner_id
                      AND answer.direction = 'in' AND answer.is_automatic IS NOT TRUE
                      AND answer.started_at > quote.crm_sent_at)
            """,
            at=at,
            company=self.company_id._origin.id,
            since=look.since,
            now=look.now,
        )

    def _source_class_change(self, look):
        """The hub's log, written in the transaction that decides the class."""
        way = {
            "any": SQL(),
            # letters: A is the best; N has none before it
            "up": SQL("AND log.new_class < log.old_class"),
            "down": SQL("AND log.new_class > log.old_class"),
        }[self.class_direction]
        return SQL(
            """
            SELECT log.customer_id, 'class:' || log.id, log.date, NULL::timestamp,
                   NULL::varchar, NULL::int4
              FROM crm_customer_class_log log
             WHERE log.company_id = %s AND log.old_class IS NOT NULL
               AND log.date BETWEEN %s AND %s %s
            """,
            self.company_id._origin.id,
            *look.days(),
            way,
        )

    # ------------------------------------------------------------ segments, products

    def _source_segment_in(self, look):
        return self._source_member(look, SQL("entered_at"), "in")

    def _source_segment_out(self, look):
        return self._source_member(look, SQL("left_at"), "out")

    def _source_member(self, look, column, name):
        """Members are read only when the segment's sizes say that somebody came or left."""
        counter = SQL.identifier("entered_count" if name == "in" else "left_count")
        return SQL(
            """
            SELECT member.partner_id, %(name)s || ':' || member.id, NULL::date,
                   member.%(column)s, NULL::varchar, NULL::int4
              FROM crm_segment_member member
             WHERE member.segment_id = %(segment)s
               AND member.%(column)s > %(since)s AND member.%(column)s <= %(now)s
               AND EXISTS (SELECT FROM crm_segment_size size
                            WHERE size.segment_id = %(segment)s
                              AND size.date >= %(first)s AND size.%(counter)s > 0)
            """,
            name=name,
            column=column,
            segment=self.segment_id._origin.id,
            since=look.since,
            now=look.now,
            first=look.days()[0],
            counter=counter,
        )

    def _source_arrivals(self, look):
        """New products of a category he bought in: once a category and week."""
        chosen = SQL()
        if self.categ_ids:
            chosen = SQL("AND fresh.categ_id = ANY(%s)", self.categ_ids._origin.ids)
        return SQL(
            """
            SELECT move.commercial_partner_id,
                   'arrival:' || news.categ_id || ':' || to_char(news.at, 'IYYY-IW'),
                   NULL::date, min(news.at), 'product.template', min(news.id)
              FROM (SELECT fresh.id, fresh.categ_id, fresh.create_date AS at
                      FROM product_template fresh
                     WHERE fresh.create_date BETWEEN %(since)s AND %(now)s
                       AND fresh.active AND fresh.sale_ok
                       AND (fresh.company_id IS NULL OR fresh.company_id = %(company)s)
                       %(chosen)s) news
              JOIN product_template template ON template.categ_id = news.categ_id
              JOIN product_product product ON product.product_tmpl_id = template.id
              JOIN account_move_line line ON line.product_id = product.id
              JOIN account_move move ON move.id = line.move_id
             WHERE move.state = 'posted' AND move.move_type IN ('out_invoice', 'out_receipt')
               AND move.company_id = %(company)s AND move.invoice_date > %(bought)s
             GROUP BY 1, 2
            """,
            since=look.since,
            now=look.now,
            company=self.company_id._origin.id,
            chosen=chosen,
            bought=(look.now - timedelta(days=BOUGHT_DAYS)).date(),
        )

    def _source_price_drop(self, look):
        """Whoever looked at it and has not bought it since, while it still is cheaper."""
        return SQL(
            """
            SELECT seen.partner_id, 'price:' || fall.id, NULL::date, min(fall.at),
                   'product.template', min(fall.product_tmpl_id)
              FROM crm_product_price_drop fall
              JOIN product_template template ON template.id = fall.product_tmpl_id
               AND (template.company_id IS NULL OR template.company_id = %(company)s)
              JOIN product_product product ON product.product_tmpl_id = template.id
              JOIN crm_interaction seen ON seen.product_id = product.id
               AND seen.touch_kind IN ('view', 'save') AND seen.partner_id IS NOT NULL
               AND seen.company_id = %(company)s
               AND seen.started_at BETWEEN fall.at - %(viewed)s * interval '1 day'
                                       AND fall.at
             WHERE fall.at BETWEEN %(since)s AND %(now)s
               AND fall.new_price <= fall.old_price * (1 - %(percent)s / 100.0)
               AND NOT EXISTS (
                   SELECT FROM account_move_line line
                     JOIN account_move move ON move.id = line.move_id
                    WHERE line.product_id = product.id AND move.state = 'posted'
                      AND move.commercial_partner_id = seen.customer_id
                      AND move.invoice_date >= seen.started_at::date)
             GROUP BY seen.partner_id, fall.id
            """,
            company=self.company_id._origin.id,
            viewed=VIEWED_DAYS,
            since=look.since,
            now=look.now,
            percent=self.drop_percent,
        )

    def _source_rating(self, look):
        return SQL(
            """
            SELECT rating.partner_id, 'rating:' || rating.id, NULL::date,
                   rating.rated_on, rating.res_model, rating.res_id
              FROM rating_rating rating
             WHERE rating.consumed AND rating.rating > 0 AND rating.rating <= %s
               AND rating.partner_id IS NOT NULL AND rating.rated_on BETWEEN %s AND %s
            """,
            self.rating_below,
            look.since,
            look.now,
        )
