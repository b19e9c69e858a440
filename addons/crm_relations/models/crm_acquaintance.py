from odoo import api, fields, models
from odoo.tools import SQL


class CrmAcquaintance(models.Model):
    """Who knows whom: a person or company, another, and what binds them.

    One row is read from both sides: the one who was recommended sees by whom, the other
    one sees whom he recommended.
    """

    _name = "crm.acquaintance"
    _description = "Acquaintance"
    _order = "id"

    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, ondelete="cascade"
    )
    other_id = fields.Many2one(
        "res.partner", string="Knows", required=True, ondelete="cascade"
    )
    kind = fields.Selection(
        [
            ("colleague", "Colleague"),
            ("relative", "Relative"),
            ("friend", "Friend"),
            ("business", "Business partner"),
            ("recommender", "Recommended by"),
            ("decision", "Decision maker"),
        ],
        string="As",
        required=True,
        default="colleague",
        help="What the second is to the first: recommended by him, his decision maker.",
    )
    note = fields.Char(help="Anything worth knowing about it.")

    _pair_uniq = models.Constraint(
        "UNIQUE(partner_id, other_id, kind)", "This is known already."
    )
    _self_check = models.Constraint(
        "CHECK(partner_id <> other_id)", "Nobody is his own acquaintance."
    )
    # the card reads from the other side too
    _other_idx = models.Index("(other_id)")

    @api.depends("partner_id", "other_id", "kind")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for row in self:
            row.display_name = self.env._(
                "%(partner)s: %(kind)s %(other)s",
                partner=row.partner_id.display_name or "",
                kind=kinds.get(row.kind, ""),
                other=row.other_id.display_name or "",
            )

    @api.model
    def _get_kind_label(self, kind, is_reverse):
        """What to write beside the other's name on one's card."""
        reverse = {
            "recommender": self.env._("Recommended"),
            "decision": self.env._("Decides there"),
        }
        if is_reverse and kind in reverse:
            return reverse[kind]
        return dict(self._fields["kind"]._description_selection(self.env))[kind]


class ResPartner(models.Model):
    _inherit = "res.partner"

    @api.model
    def _crm_merge_partners(self, source_ids, destination):
        """Of equal rows the oldest stays, and nobody becomes his own acquaintance."""
        result = super()._crm_merge_partners(source_ids, destination)
        self.env.cr.execute(
            SQL(
                """
                WITH turned AS (
                    SELECT id, kind,
                           CASE WHEN partner_id = ANY(%(sources)s) THEN %(destination)s
                                ELSE partner_id END AS partner_id,
                           CASE WHEN other_id = ANY(%(sources)s) THEN %(destination)s
                                ELSE other_id END AS other_id
                      FROM crm_acquaintance
                     WHERE partner_id = ANY(%(all)s) OR other_id = ANY(%(all)s)
                ), ranked AS (
                    SELECT id, partner_id = other_id AS is_self,
                           row_number() OVER (
                               PARTITION BY partner_id, other_id, kind ORDER BY id) AS n
                      FROM turned
                )
                DELETE FROM crm_acquaintance
                 WHERE id IN (SELECT id FROM ranked WHERE is_self OR n > 1)
                """,
                sources=list(source_ids),
                all=[*source_ids, destination.id],
                destination=destination.id,
            )
        )
        self.env["crm.acquaintance"].invalidate_model()
        return result

    def _erase_interactions(self):
        """Who knew a forgotten person, and what was noted about it, goes with him."""
        # sudo: whoever may erase a person erases all of it
        known_sudo = self.env["crm.acquaintance"].sudo()
        known_sudo.search(
            ["|", ("partner_id", "in", self.ids), ("other_id", "in", self.ids)]
        ).unlink()
        return super()._erase_interactions()

    def action_open_acquaintances(self):
        """Who knows this customer, and whom he knows."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relations.crm_acquaintance_action"
        )
        return dict(
            action,
            domain=["|", ("partner_id", "=", self.id), ("other_id", "=", self.id)],
            context={"default_partner_id": self.id},
        )
