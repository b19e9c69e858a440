"""The funnel of repeat deals: the first rule makes it where nobody has."""

from odoo import api, fields, models
from odoo.fields import Command


class CrmRepeatRule(models.Model):
    _inherit = "crm.repeat.rule"

    has_funnel = fields.Boolean(
        compute="_compute_has_funnel", export_string_translation=False
    )

    @api.depends("company_id")
    def _compute_has_funnel(self):
        for rule in self:
            rule.has_funnel = bool(self._find_funnel(rule.company_id))

    @api.model
    def _find_funnel(self, company):
        """The company's first repeat-sale funnel."""
        return self.env["crm.funnel"].search(
            [("kind", "=", "repeat_sale"), ("company_id", "in", [False, company.id])],
            limit=1,
        )

    @api.model
    def _default_funnel(self):
        return self._find_funnel(self.env.company)

    @api.model_create_multi
    def create(self, vals_list):
        return super().create(
            [
                vals
                if vals.get("funnel_id")
                else dict(vals, funnel_id=self._get_funnel(vals))
                for vals in vals_list
            ]
        )

    @api.model
    def _get_funnel(self, vals):
        """Id of the funnel of a rule that names none."""
        company = self.env["res.company"].browse(
            vals.get("company_id") or self.env.company.id
        )
        return (self._find_funnel(company) or self._make_funnel_sudo(company)).id

    @api.model
    def _make_funnel_sudo(self, company):
        """The usual stages of the kind, for the teams that sell by funnels.

        Where none does, a team of its own: a funnel takes the new leads of a team that
        had none. sudo: the form says that saving a rule makes it; funnels are a sales
        manager's, rules a marketer's.
        """
        funnels_sudo = self.env["crm.funnel"].sudo().with_company(company)
        teams_sudo = funnels_sudo.search(
            [("company_id", "in", [False, company.id])]
        ).team_ids.filtered(lambda team: team.company_id in (company, company.browse()))
        name = self.env._("Repeat sales")
        if not teams_sudo:
            # not the first, which takes what nobody's team takes
            teams_sudo = teams_sudo.create(
                {
                    "name": name,
                    "company_id": company.id,
                    "sequence": 1000,
                    "use_leads": False,
                }
            )
        last_sudo = funnels_sudo.search([], order="sequence DESC", limit=1)
        funnel_sudo = funnels_sudo.create(
            {
                "name": name,
                "kind": "repeat_sale",
                # after those that take new leads
                "sequence": (last_sudo.sequence or 0) + 10,
                "company_id": company.id,
                "team_ids": [Command.set(teams_sudo.ids)],
            }
        )
        funnel_sudo.action_make_stages()
        return funnel_sudo.sudo(False)
