from odoo import api, models
from odoo.tools import SQL
from odoo.tools.misc import split_every

from .crm_lead_stage_log import _seconds_between

# One row per visit out of the host's tracking messages, for leads that have no visit
# yet: a first visit from the lead's creation, one for each tracked change, and one more
# when the lead is now in a stage no message tells of. Stage ids in tracking values are
# bare numbers: a deleted stage becomes NULL.
HISTORY = """
    WITH lead AS (
        SELECT *, CASE WHEN qualification_state IN ('rejected', 'nurture')
                       THEN qualification_state
                       WHEN won_status = 'lost' THEN 'lost' END AS ended
          FROM crm_lead
         WHERE stage_id IS NOT NULL AND NOT EXISTS (
               SELECT FROM crm_lead_stage_log log WHERE log.lead_id = crm_lead.id)
    ), change AS (
        SELECT lead.id AS lead_id, value.id AS place, value.create_uid AS moved_by,
               COALESCE(message.date, value.create_date) AS at,
               value.old_value_integer AS old_id, value.new_value_integer AS new_id,
               row_number() OVER (PARTITION BY lead.id ORDER BY value.id) AS n,
               row_number() OVER (PARTITION BY lead.id ORDER BY value.id DESC) AS n_last
          FROM lead
          JOIN mail_message message
            ON message.model = 'crm.lead' AND message.res_id = lead.id
          JOIN mail_tracking_value value
            ON value.mail_message_id = message.id AND value.field_id = %(field_id)s
    ), visit AS (
        SELECT lead.id AS lead_id, 0 AS place, lead.create_uid AS moved_by,
               LEAST(lead.create_date, change.at) AS at,
               COALESCE(NULLIF(change.old_id, 0), lead.stage_id) AS stage_id
          FROM lead LEFT JOIN change ON change.lead_id = lead.id AND change.n = 1
         WHERE change.lead_id IS NULL OR change.old_id > 0
        UNION ALL
        SELECT lead_id, place, moved_by, at, new_id FROM change WHERE new_id > 0
        UNION ALL
        SELECT lead.id, 2147483647, lead.write_uid,
               GREATEST(change.at, lead.date_last_stage_update), lead.stage_id
          FROM lead JOIN change ON change.lead_id = lead.id AND change.n_last = 1
         WHERE change.new_id IS DISTINCT FROM lead.stage_id
    ), chain AS (
        SELECT visit.*,
               lag(stage_id) OVER trail AS from_id,
               lead(stage_id) OVER trail AS to_id,
               lead(at) OVER trail AS next_at,
               max(at) OVER trail AS entered_at
          FROM visit
        WINDOW trail AS (PARTITION BY lead_id ORDER BY place)
    )
    INSERT INTO crm_lead_stage_log (
        lead_id, company_id, funnel_id, team_id, user_id, stage_id, from_stage_id,
        to_stage_id, entered_at, left_at, moved_by_id, kind, exit, lost_reason_id,
        reject_reason_id, product_id, words)
    SELECT lead.id, lead.company_id, lead.funnel_id, lead.team_id, lead.user_id, stage.id,
           came.id, went.id, chain.entered_at,
           CASE WHEN chain.next_at IS NOT NULL
                THEN GREATEST(chain.entered_at, chain.next_at)
                WHEN lead.ended IS NOT NULL
                THEN GREATEST(chain.entered_at,
                              COALESCE(lead.date_closed, lead.write_date)) END,
           author.id, 'history',
           CASE WHEN chain.next_at IS NULL THEN lead.ended
                WHEN went.is_won AND stage.is_won IS NOT TRUE THEN 'won'
                WHEN (went.sequence, (went.name ->> 'en_US') COLLATE "C", went.id)
                     < (stage.sequence, (stage.name ->> 'en_US') COLLATE "C", stage.id)
                THEN 'back'
                ELSE 'forward' END,
           CASE WHEN last.how = 'lost' THEN lead.lost_reason_id END,
           CASE WHEN last.how <> 'lost' THEN lead.reject_reason_id END,
           CASE WHEN last.how = 'lost' THEN lead.lost_product_id
                WHEN last.how <> 'lost' THEN lead.reject_product_id END,
           CASE WHEN last.how = 'lost' THEN lead.lost_words
                WHEN last.how <> 'lost' THEN lead.reject_words END
      FROM chain
      JOIN lead ON lead.id = chain.lead_id
     CROSS JOIN LATERAL (
           SELECT CASE WHEN chain.next_at IS NULL THEN lead.ended END AS how) last
      LEFT JOIN crm_stage stage ON stage.id = chain.stage_id
      LEFT JOIN crm_stage came ON came.id = chain.from_id
      LEFT JOIN crm_stage went ON went.id = chain.to_id
      LEFT JOIN res_users author ON author.id = chain.moved_by
     ORDER BY chain.lead_id, chain.place
"""


class CrmLeadStageLog(models.Model):
    _inherit = "crm.lead.stage.log"

    @api.model
    def _backfill(self):
        """Write the visits of leads that have none, from the host's tracking messages.

        Run when the module is installed and by every nightly check, so that leads
        which came in round the ORM are in the report too. Returns how many rows.
        """
        self.env.flush_all()
        field_sudo = self.env["ir.model.fields"].sudo()._get("crm.lead", "stage_id")
        # our constant, pylint: disable-next=sql-injection
        self.env.cr.execute(SQL(HISTORY, field_id=field_sudo.id))
        written = self.env.cr.rowcount
        self._fill_working_seconds()
        self.invalidate_model()
        return written

    @api.model
    def _fill_working_seconds(self):
        """Working time of closed visits that have none yet, one calendar at a time."""
        rows = self.env.execute_query(
            SQL(
                """SELECT id, company_id, entered_at, left_at FROM crm_lead_stage_log
                    WHERE working_seconds IS NULL AND left_at IS NOT NULL"""
            )
        )
        if not rows:
            return
        companies = [
            self.env["res.company"].browse(company_id or [])
            for company_id in {row[1] for row in rows}
        ]
        clocks = self._get_clocks(
            companies, min(row[2] for row in rows), max(row[3] for row in rows)
        )
        for batch in split_every(5000, rows):
            self.env.cr.execute(
                SQL(
                    """UPDATE crm_lead_stage_log log SET working_seconds = new.seconds
                         FROM unnest(%s::int[], %s::int[]) AS new(id, seconds)
                        WHERE log.id = new.id""",
                    [row[0] for row in batch],
                    [
                        _seconds_between(clocks[company_id or False], start, end)
                        for _id, company_id, start, end in batch
                    ],
                )
            )
