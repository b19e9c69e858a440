from odoo import api, fields, models
from odoo.tools import SQL

FOLD_LOCK = 7301001  # one pass at a time


class CrmContactPointSeen(models.Model):
    """Append-only queue: when a contact point was last heard of.

    Two senders hear of the same number in the same second all the time. If each wrote
    the point itself, the later transaction would fail and repeat its whole call; so
    they append here, and one pass folds the queue into ``last_seen_at``.
    """

    _name = "crm.contact.point.seen"
    _description = "Contact Point Seen"
    _log_access = False

    point_id = fields.Integer(required=True, help="No foreign key: the pass joins.")
    seen_at = fields.Datetime(required=True)

    @api.model
    def _fold(self):
        """Take the queue and move ``last_seen_at`` of its points forward; points moved."""
        self.env["crm.contact.point"].flush_model(["last_seen_at"])
        self.env.cr.execute(
            SQL(
                """
                WITH taken AS (
                    DELETE FROM crm_contact_point_seen
                     WHERE pg_try_advisory_xact_lock(%s)
                    RETURNING point_id, seen_at
                ), latest AS (
                    SELECT point_id, max(seen_at) AS seen_at FROM taken GROUP BY point_id
                )
                UPDATE crm_contact_point point SET last_seen_at = latest.seen_at
                  FROM latest
                 WHERE point.id = latest.point_id
                   AND (point.last_seen_at IS NULL OR point.last_seen_at < latest.seen_at)
                """,
                FOLD_LOCK,
            )
        )
        moved = self.env.cr.rowcount
        self.env["crm.contact.point"].invalidate_model(["last_seen_at"])
        return moved

    @api.model
    def _cron_fold(self):
        self._fold()
