"""Weights of the models that learn from data: fitted on a day, kept with it."""

from collections import defaultdict

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.attribution import attribute
from .crm_attribution_source import CHANNELS, IS_TOUCH, TOUCH_AT

FITTED = ("markov", "shapley")


class CrmAttributionWeight(models.Model):
    """A channel's share of all conversions, as found on one day. Never rewritten:
    an invoice is shared out by the weights of its own day."""

    _name = "crm.attribution.weight"
    _description = "Fitted Weight of a Channel"
    _order = "fitted_on DESC, model_id, share DESC, id"
    _rec_name = "channel"
    _log_access = False

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )
    model_id = fields.Many2one(
        "crm.attribution.model",
        string="Model",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    key = fields.Char(
        string="Kind of Channel",
        required=True,
        readonly=True,
        help="By what touches were told apart: source, medium, campaign, or two of them.",
    )
    fitted_on = fields.Date(string="Fitted", required=True, readonly=True)
    channel = fields.Char(
        string="Channel's Number",
        required=True,
        readonly=True,
        help="Numbers of the source, medium or campaign; direct; unknown.",
    )
    channel_name = fields.Char(
        string="Channel", compute="_compute_channel_name", help="The channel in words."
    )
    share = fields.Float(
        digits=(16, 6), readonly=True, help="Its part of all conversions, 0 to 1."
    )

    _channel_uniq = models.Constraint(
        "UNIQUE(company_id, model_id, key, fitted_on, channel)",
        "This day's weights are fitted already.",
    )

    @api.depends("channel", "key")
    def _compute_channel_name(self):
        origins = dict(
            self.env["crm.attribution.line"]
            ._fields["origin"]
            ._description_selection(self.env)
        )
        utm = self.env["crm.utm"]
        wanted = defaultdict(set)  # {kind: ids}
        parts = {row: row._split_channel() for row in self}
        for found in parts.values():
            for kind, record_id in found:
                wanted[kind].add(record_id)
        names = {kind: utm._get_names(kind, ids) for kind, ids in wanted.items()}
        for row, found in parts.items():
            words = [names[kind].get(record_id, "–") for kind, record_id in found]
            row.channel_name = " / ".join(words) or origins.get(
                row.channel, row.channel
            )

    def _split_channel(self):
        """``[(kind, id or 0)]``; nothing for direct and unknown."""
        if self.channel in ("direct", "unknown"):
            return []
        ids = [int(part) if part.isdigit() else 0 for part in self.channel.split("/")]
        return list(zip(self.key.split("_"), ids, strict=True))

    @api.model
    def _get_fits(self, companies):
        """``{(company id, model id): [(day, {channel: share})]}`` by the keys in use."""
        fits = defaultdict(lambda: defaultdict(dict))
        for company in companies:
            rows = self.search_fetch(
                [
                    ("company_id", "=", company.id),
                    ("key", "=", company.crm_attribution_key),
                ],
                ["model_id", "fitted_on", "channel", "share"],
                order="fitted_on",
            )
            for row in rows:
                days = fits[company.id, row.model_id.id]
                days[row.fitted_on][row.channel] = row.share
        return {key: list(days.items()) for key, days in fits.items()}

    @api.model
    def _cron_fit(self):
        """Learn anew from the last months; the sharing out follows by its queue."""
        today = fields.Date.context_today(self)
        for company in self.env["res.company"].search(
            [("crm_attribution_model_ids.code", "in", FITTED)]
        ):
            self._fit(company, today)

    @api.model
    def _fit(self, company, today):
        """Fit the chosen data-driven models of a company; a day's fit stands.

        :return: ``{code: {channel: share}}`` of what was fitted now
        """
        chosen = company.crm_attribution_model_ids.filtered(
            lambda model: model.code in FITTED
        )
        key = company.crm_attribution_key
        kept = self.search([("company_id", "=", company.id), ("key", "=", key)])
        wanted = chosen - kept.filtered(lambda row: row.fitted_on == today).model_id
        paths = self._find_paths(company, today) if wanted else []
        found = {model.code: attribute(paths, model.code) for model in wanted}
        self.create(
            [
                {
                    "company_id": company.id,
                    "model_id": model.id,
                    "key": key,
                    "fitted_on": today,
                    "channel": channel,
                    "share": share,
                }
                for model in wanted
                for channel, share in found[model.code].items()
            ]
        )
        if any(found.values()):
            fresh = (
                wanted - kept.model_id
            )  # the first fit counts for what was before, too
            # sudo: the queue belongs to the engine
            self.env["crm.attribution.dirty"].sudo()._mark_company(
                company.ids, since=None if fresh else today
            )
        return found

    @api.model
    def _find_paths(self, company, today):
        """``[(channels, conversions, 0, non-conversions)]`` of the last months.

        A conversion is an invoice with touches in its window; a path that led nowhere
        is that of a customer, lead or visitor without an invoice since then.
        """
        self.env["crm.interaction"].flush_model()
        self.env["account.move"].flush_model()
        since = today - relativedelta(months=company.crm_attribution_months)
        values = {
            "company": company.id,
            "since": since,
            "until": today + relativedelta(days=1),
            "days": company.crm_attribution_days,
            "channel": CHANNELS[company.crm_attribution_key],
            "at": TOUCH_AT,
            "is_touch": IS_TOUCH,
        }
        won = SQL(
            """
            SELECT path, count(*), 0, 0 FROM (
                SELECT array_agg(%(channel)s ORDER BY %(at)s, i.id) AS path
                  FROM account_move move
                  JOIN crm_interaction i ON i.customer_id = move.commercial_partner_id
                   AND i.company_id = move.company_id AND %(is_touch)s
                   AND %(at)s < move.date + 1 AND %(at)s >= move.date + 1 - %(days)s
                 WHERE move.state = 'posted' AND move.company_id = %(company)s
                   AND move.move_type IN ('out_invoice', 'out_receipt')
                   AND move.date >= %(since)s AND move.date < %(until)s
                 GROUP BY move.id
            ) found GROUP BY path ORDER BY path
            """,
            **values,
        )
        lost = SQL(
            """
            SELECT path, 0, 0, count(*) FROM (
                SELECT array_agg(%(channel)s ORDER BY %(at)s, i.id) AS path
                  FROM crm_interaction i
                 WHERE i.company_id = %(company)s AND %(is_touch)s
                   AND i.started_at >= %(since)s AND i.started_at < %(until)s
                   AND NOT EXISTS (
                       SELECT FROM account_move move
                        WHERE move.commercial_partner_id = i.customer_id
                          AND move.state = 'posted' AND move.date >= %(since)s
                          AND move.company_id = %(company)s
                          AND move.move_type IN ('out_invoice', 'out_receipt'))
                 GROUP BY COALESCE('c' || i.customer_id, 'l' || i.lead_id,
                                   'v' || i.visitor_id, 't' || i.id)
            ) found GROUP BY path ORDER BY path
            """,
            **values,
        )
        rows = [*self.env.execute_query(won), *self.env.execute_query(lost)]
        return [(tuple(path), *figures) for path, *figures in rows]
