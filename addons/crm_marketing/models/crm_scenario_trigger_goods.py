"""Who starts a scenario: by segments, by what we sell, by what he said of us."""

from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

VIEWED_DAYS = 90  # views older than this are not what he looks for now
BOUGHT_DAYS = 365  # what he buys: of the last year


class CrmScenario(models.Model):
    _inherit = "crm.scenario"

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
        """New products of a category he bought in: once a week, however many.

        A category is it and all below it: what he bought in Tyres / Winter counts for
        Tyres, and so does what is new there.
        """
        around = SQL("around.id = kept.id")
        if self.categ_ids:
            around = SQL("around.id = ANY(%s)", self.categ_ids._origin.ids)
        return SQL(
            """
            SELECT move.commercial_partner_id,
                   'arrival:' || to_char(news.at, 'IYYY-IW'),
                   NULL::date, min(news.at), 'product.template', min(news.id)
              FROM (SELECT fresh.id, around.parent_path AS path, fresh.create_date AS at
                      FROM product_template fresh
                      JOIN product_category kept ON kept.id = fresh.categ_id
                      JOIN product_category around ON %(around)s
                       AND kept.parent_path LIKE around.parent_path || '%%'
                     WHERE fresh.create_date BETWEEN %(since)s AND %(now)s
                       AND fresh.active AND fresh.sale_ok
                       AND (fresh.company_id IS NULL OR fresh.company_id = %(company)s)
                   ) news
              JOIN product_category category ON category.parent_path LIKE news.path || '%%'
              JOIN product_template template ON template.categ_id = category.id
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
            around=around,
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
               AND template.active AND template.sale_ok
               AND template.list_price <= fall.new_price
               AND fall.new_price <= fall.old_price * (1 - %(percent)s / 100.0)
               AND NOT EXISTS (
                   SELECT FROM crm_product_price_drop later
                    WHERE later.product_tmpl_id = fall.product_tmpl_id
                      AND later.at > fall.at AND later.at <= %(now)s
                      AND later.new_price <= later.old_price * (1 - %(percent)s / 100.0))
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
        """Of the company whose document, or else whose colleague, was rated."""
        return SQL(
            """
            SELECT rating.partner_id, 'rating:' || rating.id, NULL::date,
                   rating.rated_on, rating.res_model, rating.res_id
              FROM rating_rating rating
             WHERE rating.consumed AND rating.rating > 0 AND rating.rating <= %(below)s
               AND rating.partner_id IS NOT NULL
               AND rating.rated_on BETWEEN %(since)s AND %(now)s
               AND COALESCE(%(document)s,
                            (SELECT min(rated.company_id) FROM res_users rated
                              WHERE rated.partner_id = rating.rated_partner_id),
                            %(main)s) = %(company)s
            """,
            below=self.rating_below,
            since=look.since,
            now=look.now,
            document=self._rated_company_sql(),
            # nobody knows whose it was: one word about it, not one of each company
            main=self.env.ref("base.main_company").id,
            company=self.company_id._origin.id,
        )

    @api.model
    def _rated_company_sql(self):
        """The company of the document of ``rating``."""
        rows = self.env.execute_query(
            SQL("SELECT DISTINCT res_model FROM rating_rating")
        )
        cases = [
            SQL(
                "WHEN %s THEN (SELECT document.company_id FROM %s document "
                "WHERE document.id = rating.res_id)",
                name,
                SQL.identifier(self.env[name]._table),
            )
            for (name,) in rows
            if name in self.env
            and "company_id" in self.env[name]._fields
            and self.env[name]._fields["company_id"].column_type
            and self.env[name]._fields["company_id"].store
        ]
        if not cases:
            return SQL("NULL::int4")
        return SQL("CASE rating.res_model %s END", SQL(" ").join(cases))
