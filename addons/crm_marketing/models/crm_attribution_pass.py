"""How credits follow the books and the touches: a queue by day, a check by night."""

import logging
from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.crm_relations.models.crm_customer_month_source import POSTED_SALE

from ..tools.attribution_ledger import allocate, differences, weights_on
from .res_company_attribution import MODEL_RELATION

_logger = logging.getLogger(__name__)

BATCH = 5_000  # queued keys of one transaction
CHUNK = 500  # families of documents worked out at once
CHECK_CODE = "attribution"

# what makes two rows of a document and model the same place
PLACE = ("interaction_id", "origin", "source_id", "medium_id", "campaign_id", "utm_term",
         "utm_content")  # fmt: skip
PLACE_TYPES = ("int", "varchar", "int", "int", "int", "varchar", "varchar")


class CrmAttributionLine(models.Model):
    _inherit = "crm.attribution.line"

    @api.model
    def _cron_credit(self):
        """Share out what changed."""
        self._run_all(fields.Datetime.now())

    @api.model
    def _run_all(self, now):
        """Batch by batch; every batch is one transaction: killed at any moment."""
        while True:
            count = self._pass(now)
            if count is None:
                return
            remaining = self._count_waiting()
            if not self.env["ir.cron"]._commit_progress(count, remaining=remaining):
                return
            if not remaining:
                return

    @api.model
    def _count_waiting(self):
        query = SQL("SELECT count(*) FROM crm_attribution_dirty")
        ((count,),) = self.env.execute_query(query)
        return count

    @api.model
    def _pass(self, now, limit=BATCH):
        """Take changed keys and append what is missing; all in the caller's transaction.

        :return: number of keys, or None when another pass is at work
        """
        queue_sudo = self.env["crm.attribution.dirty"].sudo()  # the engine's own table
        if not queue_sudo._lock():
            return None
        keys = queue_sudo._take(limit)
        heads = queue_sudo._expand(keys) if keys else []
        for start in range(0, len(heads), CHUNK):
            self._credit(heads[start : start + CHUNK], now)
        return len(keys)

    @api.model
    def _credit(self, heads, now):
        """Make the rows of these families say what they should, by appending.

        :param heads: ids of invoices (or of credit notes of none)
        :return: number of rows appended
        """
        families = self.env["crm.attribution.source"]._read_families(heads)
        wanted = self._get_wanted(families)
        standing, revisions = self._get_standing(heads)
        rows = []
        for key in dict.fromkeys([*wanted, *standing]):
            changed = differences(wanted.get(key, {}), standing.get(key, {}))
            rows += [
                (*key, revisions[key] + 1, position, day, *place, cents)
                for position, ((day, *place), cents) in enumerate(changed.items(), 1)
            ]
        self._append(rows, now)
        return len(rows)

    @api.model
    def _get_wanted(self, families):
        """``{(move, model id): {(day, *PLACE): cents}}``"""
        companies = self.env["res.company"].union(
            *(company for company, _f in families)
        )
        fits = self.env["crm.attribution.weight"]._get_fits(companies)
        options = {
            company.id: {
                "key": company.crm_attribution_key,
                "half_life_days": company.crm_attribution_half_life,
            }
            for company in companies
        }
        wanted = defaultdict(dict)
        for company, family in families:
            day = family.gives[0].day if family.gives else None
            for model in company.crm_attribution_model_ids:
                weights = day and weights_on(fits.get((company.id, model.id), []), day)
                shares = allocate(
                    family, model.code, weights=weights, **options[company.id]
                )
                for (move, booked, touch), cents in shares.items():
                    place = (booked, touch.key, touch.origin, *touch.values)
                    wanted[move, model.id][place] = cents
        return wanted

    @api.model
    def _get_standing(self, heads):
        """What the rows of these families say: sums, and each document's last revision."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT line.move_id, line.model_id, line.date, %(place)s,
                       round(SUM(line.amount) * 10 ^ MAX(money.places))::int8,
                       MAX(line.revision)
                  FROM account_move move
                  JOIN crm_attribution_line line ON line.move_id = move.id
                  JOIN (SELECT company.id, currency.decimal_places AS places
                          FROM res_company company
                          JOIN res_currency currency ON currency.id = company.currency_id
                       ) money ON money.id = line.company_id
                 WHERE move.id = ANY(%(heads)s) OR move.reversed_entry_id = ANY(%(heads)s)
                 GROUP BY line.move_id, line.model_id, line.date, %(place)s
                """,
                place=SQL(", ").join(SQL.identifier("line", name) for name in PLACE),
                heads=heads,
            )
        )
        standing, revisions = defaultdict(dict), defaultdict(int)
        for move, model, day, *place, cents, revision in rows:
            standing[move, model][(day, *place)] = int(cents)
            revisions[move, model] = max(revisions[move, model], revision)
        return standing, revisions

    @api.model
    def _append(self, rows, now):
        """Add rows of :meth:`_credit`; company, team and person come from the document."""
        if not rows:
            return
        kinds = ("int", "int", "int", "int", "date", *PLACE_TYPES, "int8")
        names = ("move_id", "model_id", "revision", "position", "date", *PLACE)
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_attribution_line
                       (%(columns)s, amount, company_id, team_id, user_id, booked_at)
                SELECT %(values)s, new.cents / 10::numeric ^ currency.decimal_places,
                       move.company_id, move.team_id, move.invoice_user_id, %(now)s
                  FROM unnest(%(arrays)s) AS new(%(columns)s, cents)
                  JOIN account_move move ON move.id = new.move_id
                  JOIN res_company company ON company.id = move.company_id
                  JOIN res_currency currency ON currency.id = company.currency_id
                """,
                columns=SQL(", ").join(map(SQL.identifier, names)),
                values=SQL(", ").join(SQL.identifier("new", name) for name in names),
                now=now,
                arrays=SQL(", ").join(
                    # the types are our own constants
                    SQL(f"%s::{kind}[]", list(values))  # pylint: disable=sql-injection
                    for kind, values in zip(kinds, zip(*rows, strict=True), strict=True)
                ),
            )
        )
        self.invalidate_model()
        self.env["crm.customer.acquisition"]._mark_won(
            SQL(
                "won.move_id = ANY(%s) AND EXISTS (SELECT FROM res_company company "
                "WHERE company.id = won.company_id "
                "AND company.crm_acquisition_model_id IS NOT NULL)",
                list({row[0] for row in rows}),
            )
        )

    # ------------------------------------------------------------ the night

    @api.model
    def _cron_check(self):
        """Credits agree with the books; what does not is shared out again and told."""
        self._check(fields.Datetime.now())

    @api.model
    def _check(self, now):
        """Queue and correct documents whose rows do not sum to their revenue.

        :return: their number
        """
        while self._pass(now):
            pass
        wrong = self._find_wrong()
        if wrong:
            # sudo: the queue belongs to the engine
            self.env["crm.attribution.dirty"].sudo()._mark_ids("move", wrong)
            self._pass(now)
            _logger.warning(
                "Attribution of %s documents was wrong: corrected", len(wrong)
            )
        # sudo: the health page is nobody's to write
        self.env["crm.health.check"].sudo()._report(CHECK_CODE, len(wrong), now)
        return len(wrong)

    @api.model
    def _find_wrong(self):
        """Ids of documents whose rows, by some model, are not what they should sum to."""
        source = self.env["crm.attribution.source"]
        source._flush()
        companies = self.env["res.company"].search(
            [("crm_attribution_model_ids", "!=", False)]
        )
        if not companies:
            return []
        companies.flush_recordset()
        rows = self.env.execute_query(
            SQL(
                """
                WITH chosen AS (
                    SELECT company_id, model_id FROM %(relation)s
                ), wanted AS (
                    SELECT money.move_id, chosen.model_id, SUM(money.cents) AS cents
                      FROM (%(money)s) money(move_id, day, cents)
                      JOIN account_move move ON move.id = money.move_id AND %(posted)s
                       AND move.commercial_partner_id IS NOT NULL
                      JOIN chosen ON chosen.company_id = move.company_id
                     GROUP BY 1, 2
                ), standing AS (
                    SELECT line.move_id, line.model_id, round(SUM(
                               line.amount * 10 ^ currency.decimal_places)) AS cents
                      FROM crm_attribution_line line
                      JOIN res_company company ON company.id = line.company_id
                      JOIN res_currency currency ON currency.id = company.currency_id
                     GROUP BY 1, 2
                )
                SELECT DISTINCT move_id
                  FROM wanted FULL JOIN standing USING (move_id, model_id)
                 WHERE COALESCE(wanted.cents, 0) <> COALESCE(standing.cents, 0)
                 ORDER BY 1
                """,
                relation=SQL.identifier(MODEL_RELATION),
                money=source._money_query(companies),
                posted=POSTED_SALE,
            )
        )
        return [move for (move,) in rows]
