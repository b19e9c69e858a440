from odoo import api, fields, models
from odoo.tools import SQL

FOLD_LOCK = 7301001  # one pass at a time


class CrmContactPointSeen(models.Model):
    """Append-only queue: when a contact point was last heard of.

    Two senders hear of the same number in the same second all the time. If each wrote
    the point itself, the later transaction would fail and repeat its whole call; so
    they append here, and one pass folds the queue into ``last_seen_at`` and, once the
    customer himself was heard through it, ``verified_at``.
    """

    _name = "crm.contact.point.seen"
    _description = "Contact Point Seen"
    _log_access = False

    point_id = fields.Integer(required=True, help="No foreign key: the pass joins.")
    seen_at = fields.Datetime(required=True)
    reached_at = fields.Datetime(
        help="First contact that the customer began or answered; empty: we only tried."
    )

    @api.model
    def _fold(self):
        """Take the queue and move the times of its points forward; points moved."""
        times = ["last_seen_at", "verified_at"]
        self.env["crm.contact.point"].flush_model(times)
        self.env.cr.execute(
            SQL(
                """
                WITH taken AS (
                    DELETE FROM crm_contact_point_seen
                     WHERE pg_try_advisory_xact_lock(%s)
                    RETURNING point_id, seen_at, reached_at
                ), latest AS (
                    SELECT point_id, max(seen_at) AS seen_at, min(reached_at) AS reached_at
                      FROM taken GROUP BY point_id
                )
                UPDATE crm_contact_point point
                   SET last_seen_at = GREATEST(point.last_seen_at, latest.seen_at),
                       verified_at = COALESCE(point.verified_at, latest.reached_at)
                  FROM latest
                 WHERE point.id = latest.point_id
                   AND (point.last_seen_at IS NULL OR point.last_seen_at < latest.seen_at
                        OR point.verified_at IS NULL AND latest.reached_at IS NOT NULL)
                """,
                FOLD_LOCK,
            )
        )
        moved = self.env.cr.rowcount
        self.env["crm.contact.point"].invalidate_model(times)
        return moved

    @api.model
    def _cron_fold(self):
        self._fold()
