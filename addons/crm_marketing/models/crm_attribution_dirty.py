from odoo import api, fields, models
from odoo.tools import SQL


class CrmAttributionDirty(models.Model):
    """What changed, so that invoices must be shared out again.

    ``kind`` and ``res_id``: a document (``move``), all documents of a customer
    (``customer``), or those of a lead's orders (``lead``). Plain numbers: a row is
    appended by every posting and touch, and nothing may make those wait or fail.
    """

    _name = "crm.attribution.dirty"
    _inherit = "crm.dirty.mixin"
    _description = "Invoices to Share out Again"
    _log_access = False
    _dirty_key = ("kind", "res_id")

    kind = fields.Char(required=True, export_string_translation=False)
    res_id = fields.Integer(required=True, export_string_translation=False)

    @api.model
    def _mark_ids(self, kind, ids):
        """Queue these; one statement before the commit, nothing when there are none."""
        rows = [(kind, res_id) for res_id in ids if isinstance(res_id, int) and res_id]
        if rows:
            self._mark(rows)

    @api.model
    def _mark_company(self, company_ids, since=None):
        """Queue every document of these companies, or those booked since a day.

        What was given by a document that is no longer posted is queued too.
        """
        self.env["account.move"].flush_model(
            ["state", "move_type", "company_id", "date"]
        )
        later = SQL("AND date >= %s", since) if since else SQL()
        self._mark(
            SQL(
                """
                SELECT 'move', id FROM account_move
                 WHERE company_id = ANY(%(companies)s) AND state = 'posted'
                   AND move_type IN ('out_invoice', 'out_refund', 'out_receipt') %(later)s
                 UNION
                SELECT 'move', move_id FROM crm_attribution_line
                 WHERE company_id = ANY(%(companies)s) %(later)s
                """,
                companies=list(company_ids),
                later=later,
            )
        )

    @api.model
    def _expand(self, keys):
        """Ids of the documents that queued keys mean, with their whole families.

        A family is an invoice and its credit notes.

        :return: sorted ids of families' heads
        """
        ids = {kind: [] for kind in ("move", "customer", "lead")}
        for kind, res_id in keys:
            ids[kind].append(res_id)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT COALESCE(head.id, move.id)
                  FROM (
                      SELECT unnest(%(moves)s::int[]) AS id
                       UNION
                      SELECT move.id FROM account_move move
                       WHERE move.commercial_partner_id = ANY(%(customers)s::int[])
                         AND move.state = 'posted' AND move.move_type IN
                             ('out_invoice', 'out_refund', 'out_receipt')
                       UNION
                      SELECT item.move_id
                        FROM sale_order ordered
                        JOIN sale_order_line part ON part.order_id = ordered.id
                        JOIN sale_order_line_invoice_rel link
                          ON link.order_line_id = part.id
                        JOIN account_move_line item ON item.id = link.invoice_line_id
                       WHERE ordered.opportunity_id = ANY(%(leads)s::int[])
                  ) asked
                  JOIN account_move move ON move.id = asked.id
                  LEFT JOIN account_move head ON head.id = move.reversed_entry_id
                   AND move.move_type = 'out_refund'
                   AND head.move_type IN ('out_invoice', 'out_receipt')
                 ORDER BY 1
                """,
                moves=ids["move"],
                customers=ids["customer"],
                leads=ids["lead"],
            )
        )
        return [head for (head,) in rows]
