"""Nightly: cards that were changed behind the ORM, found by sets, repaired, counted."""

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.misc import split_every

from .crm_contact_point_sync import CARD_SPLITTERS

BATCH = 5000


class CrmContactPoint(models.Model):
    _inherit = "crm.contact.point"

    @api.model
    def _get_stale_partner_ids(self):
        """Partners whose points may disagree with their cards: SQL went round the ORM."""
        self.flush_model()
        self.env["res.partner"].flush_model(
            [*CARD_SPLITTERS, "phone_sanitized", "email_normalized", "company_id"]
        )
        queries = [
            SQL(
                """
                SELECT p.id FROM res_partner p
                 WHERE p.%(field)s <> '' AND NOT EXISTS (
                       SELECT FROM crm_contact_point c
                        WHERE c.partner_id = p.id AND c.kind = %(kind)s
                          AND c.card_value = p.%(field)s)
                UNION
                SELECT p.id FROM res_partner p
                 WHERE p.%(host)s IS NOT NULL AND p.%(field)s <> '' AND NOT EXISTS (
                       SELECT FROM crm_contact_point c
                        WHERE c.partner_id = p.id AND c.kind = %(kind)s
                          AND c.normalized = p.%(host)s AND c.card_value IS NOT NULL)
                UNION
                SELECT p.id FROM crm_contact_point c JOIN res_partner p ON p.id = c.partner_id
                 WHERE c.kind = %(kind)s AND c.card_value IS NOT NULL
                   AND c.card_value IS DISTINCT FROM p.%(field)s
                """,
                field=SQL.identifier(kind),
                kind=kind,
                host=SQL.identifier(host),
            )
            for kind, host in (
                ("phone", "phone_sanitized"),
                ("email", "email_normalized"),
            )
        ]
        queries.append(
            SQL(
                """
                SELECT p.id FROM crm_contact_point c JOIN res_partner p ON p.id = c.partner_id
                 WHERE c.company_id IS DISTINCT FROM p.company_id
                """
            )
        )
        rows = self.env.execute_query(SQL(" UNION ").join(queries))
        return sorted(row[0] for row in rows)

    @api.model
    def _cron_compare_points(self):
        """Nightly: repair what imports and merges by SQL left behind, and count it."""
        now = fields.Datetime.now()
        stale = self._get_stale_partner_ids()
        repaired = done = 0
        for batch in split_every(BATCH, stale):
            repaired += self._sync_partners(batch, now)
            done += len(batch)
            if not self.env["ir.cron"]._commit_progress(
                len(batch), remaining=len(stale) - done
            ):
                break
        self.env["crm.health.check"]._report("contact_points", repaired, now)
