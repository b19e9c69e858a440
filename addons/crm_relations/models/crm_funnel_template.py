from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command


class CrmFunnel(models.Model):
    _inherit = "crm.funnel"

    @api.model
    def _get_usual_stages(self, kind):
        """``[(name, counts as won, event that moves a deal here)]`` for one kind."""
        after_order = [
            (self.env._("Ordered"), True, "confirmed"),
            (self.env._("Delivered"), True, "delivered"),
            (self.env._("Invoiced"), True, "invoiced"),
            (self.env._("Paid"), True, "paid"),
        ]
        before_order = {
            "cold": [
                self.env._("Found"),
                self.env._("First contact"),
                self.env._("Interested"),
            ],
            "warm": [
                self.env._("Asked us"),
                self.env._("In conversation"),
                self.env._("Need is clear"),
            ],
            "new_sale": [self.env._("Enquiry"), self.env._("Need is clear")],
            "repeat_sale": [self.env._("Time to remind"), self.env._("Reminded")],
            "service": [self.env._("Request"), self.env._("Diagnosed")],
        }
        stages = [(name, False, False) for name in before_order.get(kind, ())]
        if kind in ("new_sale", "repeat_sale", "service"):
            stages += [(self.env._("Proposal sent"), False, "sent"), *after_order]
        return stages

    def action_make_stages(self):
        """Make the usual stages of this funnel's kind, and its automatic moves."""
        self.ensure_one()
        if self.stage_ids:
            raise UserError(self.env._("This funnel has stages already."))
        usual = self._get_usual_stages(self.kind)
        stages = self.env["crm.stage"].create(
            [
                {
                    "name": name,
                    "is_won": is_won,
                    "sequence": 10 * place,
                    "team_ids": [Command.set(self.team_ids.ids)],
                }
                for place, (name, is_won, _event) in enumerate(usual, start=1)
            ]
        )
        stages._mark_as_ours()
        self._translate_stages(stages)
        self.stage_ids = [Command.set(stages.ids)]
        self.trigger_ids = [
            Command.create({"event": event, "stage_id": stage.id})
            for stage, (_name, _is_won, event) in zip(stages, usual, strict=True)
            if event
        ]

    def _translate_stages(self, stages):
        """The names in every language that is switched on."""
        for code, _name in self.env["res.lang"].get_installed():
            names = self.with_context(lang=code)._get_usual_stages(self.kind)
            for stage, (name, _is_won, _event) in zip(stages, names, strict=True):
                stage.with_context(lang=code).name = name
