from odoo import api, fields, models
from odoo.exceptions import ValidationError


class CrmStage(models.Model):
    _inherit = "crm.stage"

    funnel_ids = fields.Many2many(
        "crm.funnel",
        "crm_funnel_stage_rel",
        "stage_id",
        "funnel_id",
        string="Funnels",
        help="The funnels this stage belongs to.",
    )

    @api.constrains("team_ids", "funnel_ids")
    def _check_funnel_stage_has_team(self):
        for stage in self:
            if stage.funnel_ids and not stage.team_ids:
                raise ValidationError(
                    self.env._(
                        "The stage “%(stage)s” belongs to the funnel “%(funnel)s” and "
                        "needs a sales team: a stage without team shows up in everybody's "
                        "pipeline.",
                        stage=stage.name,
                        funnel=stage.funnel_ids[0].name,
                    )
                )

    @api.constrains("is_won", "sequence", "funnel_ids")
    def _check_won_stages_last(self):
        self.funnel_ids._check_won_stages_last()

    def _get_order_key(self):
        """The host's order (its stages are all 1 by default), also before saving."""
        self.ensure_one()
        return self.sequence, self.name or "", self.id

    def _mark_as_ours(self):
        """An external id of the module: uninstalling it takes these stages back."""
        # sudo: a sales administrator may not write external ids
        self.env["ir.model.data"].sudo().create(
            [
                {
                    "module": "crm_relations",
                    "name": f"crm_stage_of_funnel_{stage.id}",
                    "model": self._name,
                    "res_id": stage.id,
                    "noupdate": True,
                }
                for stage in self
            ]
        )
