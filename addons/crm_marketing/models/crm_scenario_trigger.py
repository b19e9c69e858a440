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
                         JOIN res_partner told ON told.id = run.partner_id
                        WHERE run.scenario_id = %(scenario)s
                          AND run.occurrence = found.occurrence AND %(same)s)
       %(audience)s
"""
# of a firm the one who bought last hears it, if he can be reached; else its own card
BUYERS = """
    SELECT COALESCE(buyer.id, found.customer_id), found.occurrence, found.occurred_on,
           found.occurred_at, found.res_model, found.res_id
      FROM (%(source)s)
           AS found(customer_id, occurrence, occurred_on, occurred_at, res_model, res_id)
      JOIN res_partner customer ON customer.id = found.customer_id
      LEFT JOIN LATERAL (
           SELECT mate.id
             FROM res_partner mate
            CROSS JOIN LATERAL (
                  SELECT max(deed.at) AS at FROM (
                         SELECT sold.date_order AS at FROM sale_order sold
                          WHERE sold.partner_id = mate.id AND sold.state = 'sale'
                            AND sold.company_id = %(company)s
                          UNION ALL
                         SELECT bill.invoice_date FROM account_move bill
                          WHERE bill.partner_id = mate.id AND bill.state = 'posted'
                            AND bill.move_type IN ('out_invoice', 'out_receipt')
                            AND bill.company_id = %(company)s) deed) last
            WHERE mate.commercial_partner_id = customer.id AND mate.id <> customer.id
              AND mate.active AND mate.partner_share AND last.at IS NOT NULL
              AND (mate.email_normalized IS NOT NULL OR mate.phone_sanitized IS NOT NULL)
            ORDER BY last.at DESC, mate.id LIMIT 1) buyer ON customer.is_company
"""
# what happens to a customer, and is told once to one of his people
OF_CUSTOMERS = ("first_purchase", "silent", "class_change", "arrivals")


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
        company_id = self.company_id._origin.id
        source = getattr(self, f"_source_{self.trigger}")(look)
        same = SQL("told.id = partner.id")
        if self.trigger in OF_CUSTOMERS:
            source = SQL(BUYERS, source=source, company=company_id)  # pylint: disable=sql-injection
            same = SQL("told.commercial_partner_id = partner.commercial_partner_id")
        return SQL(
            PEOPLE,  # pylint: disable=sql-injection
            source=source,
            same=same,
            company=company_id,
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
              JOIN res_partner asked ON asked.id = quote.partner_id
             WHERE quote.state = 'sent' AND quote.company_id = %(company)s
               AND %(at)s BETWEEN %(since)s AND %(now)s
               AND NOT EXISTS (
                   SELECT FROM crm_interaction answer
                    WHERE answer.customer_id = asked.commercial_partner_id
                      AND answer.company_id = quote.company_id
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
