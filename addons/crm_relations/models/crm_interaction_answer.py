"""What becomes known of a contact later: how it ended, when it was answered."""

from odoo import api, models
from odoo.tools import SQL

# Answers are looked for where a person writes back on the same document; a call or a
# chat brings its own answered_at.
ANSWERED_BY_DOCUMENT = ("email", "form")


class CrmInteraction(models.Model):
    _inherit = "crm.interaction"

    @api.model
    def _set_outcome(self, channel, keys, outcome):
        """Rows of these keys, in any company, end so: only if that is a step forward."""
        rank = self._outcome_rank()
        lower = [code for code in rank if rank[code] < rank[outcome]]
        self.flush_model(["outcome"])
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_interaction SET outcome = %s
                 WHERE company_id IN (SELECT id FROM res_company)
                   AND channel_id = %s AND external_key = ANY(%s)
                   AND (outcome IS NULL OR outcome = ANY(%s))
                RETURNING id
                """,
                outcome,
                self.env["crm.channel"]._id_of_code(channel),
                list(keys),
                lower,
            )
        )
        rows = self.browse(row_id for (row_id,) in self.env.cr.fetchall())
        rows.invalidate_recordset(["outcome"])
        return rows

    @api.model
    def _fill_answers(self, documents):
        """Incoming contacts on these documents are answered by the first human reply.

        :param documents: ``{(model, id)}``
        """
        if not documents:
            return
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_interaction asked SET answered_at = answer.at
                  FROM (
                    SELECT asked.id, min(reply.started_at) AS at
                      FROM crm_interaction asked
                      JOIN crm_channel channel
                        ON channel.id = asked.channel_id AND channel.kind IN %(kinds)s
                      JOIN crm_interaction reply
                        ON reply.res_model = asked.res_model AND reply.res_id = asked.res_id
                       AND reply.direction = 'out' AND reply.is_automatic IS NOT TRUE
                       AND reply.started_at >= asked.started_at
                     WHERE (asked.res_model, asked.res_id) IN %(documents)s
                       AND asked.direction = 'in' AND asked.is_automatic IS NOT TRUE
                       AND asked.answered_at IS NULL AND asked.ended_at IS NULL
                     GROUP BY asked.id
                  ) answer
                 WHERE asked.id = answer.id
                RETURNING asked.id
                """,
                kinds=ANSWERED_BY_DOCUMENT,
                documents=tuple(sorted(documents)),
            )
        )
        answered = self.browse(row_id for (row_id,) in self.env.cr.fetchall())
        self.env["crm.alarm.dirty"]._touch(self._name, answered.ids)
        answered.invalidate_recordset(
            ["answered_at", "wait_seconds", "handling_seconds"]
        )
