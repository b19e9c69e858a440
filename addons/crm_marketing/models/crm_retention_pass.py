"""Every night: who left his own rhythm, who came back and after what."""

from odoo import api, fields, models
from odoo.tools import SQL

from .crm_scenario_trigger import OWN_RHYTHM

LOCK = "crm_retention_pass"
CHECK_CODE = "retention"
AFTER_DAYS = 60  # a try longer ago than this is not what he came after

FADING = """
    INSERT INTO crm_retention_episode
           (customer_id, company_id, user_id, team_id, crm_class, last_order_on,
            order_count, interval_days, began_on, revenue, profit, state)
    SELECT metric.customer_id, metric.company_id, metric.user_id, metric.team_id,
           metric.crm_class, metric.last_order_on, metric.order_count,
           metric.interval_days,
           metric.last_order_on + ceil(metric.interval_days * company.crm_fading_times)::int,
           COALESCE(sums.revenue, 0), COALESCE(sums.profit, 0), 'fading'
      FROM crm_customer_metric metric
      JOIN res_company company ON company.id = metric.company_id
      JOIN res_partner customer ON customer.id = metric.customer_id AND customer.active
      LEFT JOIN LATERAL (
           SELECT SUM(month.revenue) AS revenue, SUM(month.profit) AS profit
             FROM crm_customer_month month
            WHERE month.customer_id = metric.customer_id
              AND month.company_id = metric.company_id
              AND month.month > metric.last_order_on - interval '12 months'
              AND month.month <= metric.last_order_on) sums ON TRUE
     WHERE metric.interval_days > 0 AND metric.order_count >= %(rhythm)s
       AND metric.last_order_on + ceil(metric.interval_days * company.crm_fading_times)::int
           < %(today)s
       AND NOT EXISTS (SELECT FROM crm_retention_episode old
                        WHERE old.customer_id = metric.customer_id
                          AND old.company_id = metric.company_id
                          AND old.last_order_on = metric.last_order_on)
        ON CONFLICT DO NOTHING
"""
RETURNED = """
    UPDATE crm_retention_episode episode
       SET state = CASE WHEN found.day IS NULL THEN 'fading' ELSE 'back' END,
           returned_on = found.day, user_id = found.user_id, team_id = found.team_id
      FROM (SELECT own.id, metric.user_id, metric.team_id,
                   (SELECT min(COALESCE(move.invoice_date, move.date))
                      FROM account_move move
                     WHERE metric.last_order_on > own.last_order_on
                       AND move.commercial_partner_id = own.customer_id
                       AND move.company_id = own.company_id AND move.state = 'posted'
                       AND move.move_type IN ('out_invoice', 'out_receipt')
                       AND COALESCE(move.invoice_date, move.date) > own.last_order_on
                   ) AS day
              FROM crm_retention_episode own
              JOIN crm_customer_metric metric
                ON metric.customer_id = own.customer_id
               AND metric.company_id = own.company_id
             WHERE own.state = 'fading'
               AND (metric.last_order_on > own.last_order_on
                    OR (metric.user_id, metric.team_id)
                       IS DISTINCT FROM (own.user_id, own.team_id))) found
     WHERE found.id = episode.id
 RETURNING episode.id, episode.state
"""


class ResCompany(models.Model):
    _inherit = "res.company"

    crm_fading_times = fields.Float(
        string="Fading after so many Intervals",
        default=1.5,
        help="1.5: no purchase for half as long again as usual. Only customers who "
        "bought on at least three days have an interval of their own.",
    )

    _crm_fading_check = models.Constraint(
        "CHECK(crm_fading_times >= 1)",
        "Nobody fades before his own interval is over.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    crm_fading_times = fields.Float(
        related="company_id.crm_fading_times", readonly=False
    )


class CrmRetentionEpisode(models.Model):
    _inherit = "crm.retention.episode"

    @api.model
    def _cron_run(self):
        now = fields.Datetime.now()
        self._run_committed(self._pass, now)
        self._run_committed(self._report_health, now)

    @api.model
    def _report_health(self, now):
        """That somebody is alive."""
        self.env["crm.health.check"]._report(CHECK_CODE, 0, now)
        return 0

    @api.model
    def _pass(self, now):
        """All of it, in this transaction; how many rows changed."""
        if not self._lock_engine(LOCK):
            return 0
        self.env.flush_all()
        today = fields.Date.context_today(self, now)
        rows = self.env.execute_query(SQL(RETURNED))
        self._note_after([key for key, state in rows if state == "back"])
        self.env.cr.execute(SQL(FADING, rhythm=OWN_RHYTHM, today=today))
        self.invalidate_model()
        return len(rows) + self.env.cr.rowcount

    @api.model
    def _note_after(self, ids):
        """The last thing of ours before each of them came back."""
        if not ids:
            return
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_retention_episode episode
                   SET returned_after = COALESCE((
                       SELECT tries.kind FROM (%s) tries
                        WHERE tries.id = episode.id
                          AND tries.at::date <= episode.returned_on
                        ORDER BY tries.at DESC LIMIT 1), 'alone')
                 WHERE episode.id = ANY(%s)
                """,
                self._tries_sql(
                    SQL(
                        "GREATEST(episode.last_order_on, episode.returned_on - %s)",
                        AFTER_DAYS,
                    ),
                    ids,
                ),
                ids,
            )
        )


class ResPartner(models.Model):
    _inherit = "res.partner"

    @api.model
    def _crm_merge_partners(self, source_ids, destination):
        """Of two cards' silences of the same day one stays; the night finds the rest."""
        result = super()._crm_merge_partners(source_ids, destination)
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM crm_retention_episode
                 WHERE id IN (
                       SELECT id FROM (
                           SELECT id, row_number() OVER (
                                      PARTITION BY company_id, last_order_on
                                      ORDER BY (state = 'back') DESC, id) AS place
                             FROM crm_retention_episode
                            WHERE customer_id = ANY(%s)) twins
                        WHERE place > 1)
                """,
                [*source_ids, destination.id],
            )
        )
        self.env["crm.retention.episode"].invalidate_model(flush=False)
        return result
