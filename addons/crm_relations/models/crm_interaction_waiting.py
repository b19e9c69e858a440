from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

# Who wrote longer ago does not wait any more: he has gone elsewhere.
WAITING_DAYS = 60
# outcomes of our own calls that reached nobody
NOT_REACHED = ("no_answer", "busy", "missed", "bounced", "cancelled")


class CrmInteraction(models.Model):
    """Who waits for an answer."""

    _inherit = "crm.interaction"

    settled_at = fields.Datetime(
        string="No Answer Needed",
        help="When somebody decided that the customer expects no answer to this.",
    )

    # My Day: unanswered incoming contacts of the last weeks
    _waiting_idx = models.Index(
        "(started_at) WHERE direction = 'in' AND answered_at IS NULL "
        "AND settled_at IS NULL AND is_automatic IS NOT TRUE"
    )

    @api.model
    def _get_unanswered_where(self, now):
        """SQL: ``row`` is an incoming contact that nobody has answered in any channel.

        Answered also means: we spoke with the same customer, or about the same deal,
        after it. A call of ours that reached nobody is no answer.
        """
        return SQL(
            """
            row.direction = 'in' AND row.answered_at IS NULL AND row.settled_at IS NULL
            AND row.is_automatic IS NOT TRUE AND row.started_at > %(since)s
            AND (row.ended_at IS NULL OR row.outcome = 'missed')
            AND NOT EXISTS (
                SELECT FROM crm_interaction ours
                 WHERE ours.customer_id = row.customer_id AND %(answer)s)
            AND NOT EXISTS (
                SELECT FROM crm_interaction ours
                 WHERE ours.lead_id = row.lead_id AND %(answer)s)
            """,
            since=now - timedelta(days=WAITING_DAYS),
            answer=SQL(
                "ours.started_at >= row.started_at AND ours.is_automatic IS NOT TRUE "
                "AND (ours.direction = 'out' OR ours.answered_at IS NOT NULL) "
                "AND (ours.outcome IS NULL OR NOT ours.outcome = ANY(%s))",
                list(NOT_REACHED),
            ),
        )

    @api.model
    def _select_unanswered(self, now):
        """The oldest unanswered contact of each customer and deal.

        Not those of a lead that nobody has touched yet (it is *new*), nor of one that
        was closed or put aside since.
        """
        return SQL(
            """
            SELECT DISTINCT ON (row.company_id, row.customer_id, row.lead_id) row.*
              FROM crm_interaction row
         LEFT JOIN crm_lead lead ON lead.id = row.lead_id
             WHERE %(where)s
               AND COALESCE(row.customer_id, row.partner_id, row.lead_id) IS NOT NULL
               AND (lead.id IS NULL
                    OR (NOT lead.active AND row.started_at > COALESCE(
                        lead.date_closed,
                        (SELECT max(aside.decided_at) FROM crm_qualification_decision aside
                          WHERE aside.lead_id = lead.id)))
                    OR (lead.active AND (
                        lead.user_id IS NULL
                        OR lead.won_status <> 'pending'
                        OR EXISTS (SELECT FROM mail_activity a
                                    WHERE a.res_model = 'crm.lead' AND a.res_id = lead.id)
                        OR EXISTS (SELECT FROM crm_interaction known
                                    WHERE known.lead_id = lead.id
                                      AND known.is_automatic IS NOT TRUE
                                      AND (known.direction = 'out'
                                           OR known.answered_at IS NOT NULL)))))
          ORDER BY row.company_id, row.customer_id, row.lead_id, row.started_at, row.id
            """,
            where=self._get_unanswered_where(now),
        )

    def _settle(self, now):
        """Nobody waits for these and for what the same people wrote about the same."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE crm_interaction row SET settled_at = %s
                  FROM (SELECT DISTINCT company_id, customer_id, lead_id
                          FROM crm_interaction WHERE id = ANY(%s)) chosen
                 WHERE %s AND row.company_id = chosen.company_id
                   AND row.customer_id IS NOT DISTINCT FROM chosen.customer_id
                   AND row.lead_id IS NOT DISTINCT FROM chosen.lead_id
                RETURNING row.id
                """,
                now,
                self.ids,
                self._get_unanswered_where(now),
            )
        )
        self.env["crm.interaction"].invalidate_model(["settled_at"])
        self.env["crm.alarm.dirty"]._touch(self._name, [row[0] for row in rows])
