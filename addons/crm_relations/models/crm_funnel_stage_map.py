from odoo import api, fields, models


class CrmFunnelStageMap(models.Model):
    """Which stage of a funnel stands for a stage of another: asked once, kept."""

    _name = "crm.funnel.stage.map"
    _description = "Stage Mapping between Funnels"
    _order = "funnel_id, id"
    _rec_name = "funnel_id"

    funnel_id = fields.Many2one(
        "crm.funnel", string="To Funnel", required=True, ondelete="cascade", index=True
    )
    stage_id = fields.Many2one(
        "crm.stage", string="From Stage", required=True, ondelete="cascade", index=True
    )
    target_stage_id = fields.Many2one(
        "crm.stage", string="To Stage", required=True, ondelete="cascade", index=True
    )

    _stage_uniq = models.Constraint(
        "UNIQUE(funnel_id, stage_id)", "This stage is mapped already."
    )

    @api.model
    def _recall(self, funnel, stage):
        """The remembered stage of ``funnel`` for ``stage``, or an empty recordset."""
        # sudo: a computed stage does not depend on who writes the lead
        row_sudo = self.sudo().search(
            [("funnel_id", "=", funnel.id), ("stage_id", "=", stage.id)]
        )
        return row_sudo.target_stage_id.filtered(
            lambda own: own in funnel.stage_ids
        ).with_env(self.env)

    @api.model
    def _remember(self, funnel, targets):
        """Keep ``{stage: stage of funnel}``; a newer answer replaces the older."""
        # sudo: everybody who moves a deal teaches the mapping, nobody edits it
        known_sudo = {
            row.stage_id: row
            for row in self.sudo().search(
                [
                    ("funnel_id", "=", funnel.id),
                    ("stage_id", "in", [stage.id for stage in targets]),
                ]
            )
        }
        new = []
        for stage, target in targets.items():
            if stage in known_sudo:
                known_sudo[stage].target_stage_id = target
            else:
                new.append(
                    {
                        "funnel_id": funnel.id,
                        "stage_id": stage.id,
                        "target_stage_id": target.id,
                    }
                )
        self.sudo().create(new)
