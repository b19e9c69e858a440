"""Every night: who left his own rhythm, who came back and after what."""

from odoo import api, fields, models
from odoo.tools import SQL

from .crm_scenario_trigger import OWN_RHYTHM

LOCK = "crm_retention_pass"
CHECK_CODE = "retention"
AFTER_DAYS = 60  # a try longer ago than this is not what he came after
LOOK_BACK = 400  # days: who came back longer ago is not looked at again

# nine of ten of his pauses are not longer than the long one: who buys in bursts, or has an
# order invoiced in parts, is not silent between them
SILENT_ON = """metric.last_order_on + ceil(
               COALESCE(metric.interval_long_days, metric.interval_days)
               * company.crm_fading_times)::int"""
BOUGHT = """
    move.company_id = own.company_id AND move.state = 'posted'
    AND move.move_type IN ('out_invoice', 'out_receipt')
    AND move.payment_state IS DISTINCT FROM 'reversed'
    AND COALESCE(move.invoice_date, move.date) > own.last_order_on
"""
FADING = """
    INSERT INTO crm_retention_episode
           (customer_id, company_id, user_id, team_id, crm_class, last_order_on,
            order_count, interval_days, began_on, revenue, profit, state)
    SELECT metric.customer_id, metric.company_id, metric.user_id, metric.team_id,
           metric.crm_class, metric.last_order_on, metric.order_count,
           metric.interval_days,
           %(silent_on)s,
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
       AND %(silent_on)s < %(today)s
       AND NOT EXISTS (SELECT FROM crm_retention_episode old
                        WHERE old.customer_id = metric.customer_id
                          AND old.company_id = metric.company_id
                          AND old.last_order_on = metric.last_order_on)
        ON CONFLICT DO NOTHING
"""
# a purchase before his own time was over, booked late or on a card that became his: he
# never was silent; and of what was undone no silence is counted
NEVER = """
    DELETE FROM crm_retention_episode own
     WHERE %(which)s AND EXISTS (
           SELECT FROM account_move move
            WHERE move.commercial_partner_id = ANY(%(customers)s) AND %(bought)s
              AND COALESCE(move.invoice_date, move.date) <= own.began_on)
"""
NEVER_TONIGHT = """own.state = 'fading' AND EXISTS (
    SELECT FROM crm_customer_metric metric
     WHERE metric.customer_id = own.customer_id AND metric.company_id = own.company_id
       AND metric.last_order_on > own.last_order_on)
"""
UNDONE = """
    DELETE FROM crm_retention_episode own USING crm_customer_metric metric
     WHERE own.state = 'fading' AND metric.customer_id = own.customer_id
       AND metric.company_id = own.company_id AND metric.last_order_on < own.last_order_on
"""
# the first purchase since, as the books say tonight: what was undone brings nobody back
RETURNED = """
    UPDATE crm_retention_episode episode
       SET state = CASE WHEN found.day IS NULL THEN 'fading' ELSE 'back' END,
           returned_on = found.day,
           returned_after = CASE WHEN found.day IS NOT NULL THEN episode.returned_after END,
           user_id = CASE WHEN found.is_known THEN found.user_id ELSE episode.user_id END,
           team_id = CASE WHEN found.is_known THEN found.team_id ELSE episode.team_id END
      FROM (SELECT own.id, metric.user_id, metric.team_id,
                   metric.customer_id IS NOT NULL AS is_known,
                   (SELECT min(COALESCE(move.invoice_date, move.date))
                      FROM account_move move
                     WHERE move.commercial_partner_id = own.customer_id AND %(bought)s
                   ) AS day
              FROM crm_retention_episode own
              LEFT JOIN crm_customer_metric metric
                ON metric.customer_id = own.customer_id
               AND metric.company_id = own.company_id
             WHERE own.state = 'back' AND own.returned_on > %(today)s - %(look_back)s
                OR own.state = 'fading'
               AND (metric.last_order_on > own.last_order_on
                    OR (metric.user_id, metric.team_id)
                       IS DISTINCT FROM (own.user_id, own.team_id))) found
     WHERE found.id = episode.id
       AND (episode.state = 'fading' OR found.day IS DISTINCT FROM episode.returned_on)
 RETURNING episode.id, episode.state
"""


def _never_sql(which, customers):
    """:param SQL which, customers: rows to look at, and whose purchases count for them"""
    # the text is our own constant
    return SQL(
        NEVER,  # pylint: disable=sql-injection
        which=which,
        customers=customers,
        bought=SQL(BOUGHT),
    )


class ResCompany(models.Model):
    _inherit = "res.company"

    crm_fading_times = fields.Float(
        string="Fading after so many Intervals",
        default=1.5,
        help="1.5: no purchase for half as long again as his own longer intervals (nine of "
        "ten are not longer). Only customers who bought on at least three days have a "
        "rhythm of their own.",
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
        self.env.cr.execute(SQL(UNDONE))
        self.env.cr.execute(
            _never_sql(SQL(NEVER_TONIGHT), SQL("ARRAY[own.customer_id]"))
        )
        rows = self.env.execute_query(
            SQL(RETURNED, bought=SQL(BOUGHT), today=today, look_back=LOOK_BACK)
        )
        self._note_after([key for key, state in rows if state == "back"])
        self.env.cr.execute(
            SQL(FADING, silent_on=SQL(SILENT_ON), rhythm=OWN_RHYTHM, today=today)
        )
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
        """Of two cards' silences of the same day one stays, and none in which the other card
        bought; the night finds the rest."""
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
        ids = [*source_ids, destination.id]
        self.env.flush_all()
        self.env.cr.execute(
            _never_sql(SQL("own.customer_id = ANY(%s)", ids), SQL("%s", ids))
        )
        self.env["crm.retention.episode"].invalidate_model(flush=False)
        return result
