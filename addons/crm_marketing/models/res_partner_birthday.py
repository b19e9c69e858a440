from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.scenario_time import parse_birthday


class ResPartner(models.Model):
    _inherit = "res.partner"

    # one column and not three: a merge must not mix one's day with another's year
    crm_birthday = fields.Char(
        string="Birthday",
        help="Such as 29.02.1988, or 29.02 when nobody knows the year. Who was born on "
        "29 February is congratulated on the 28th in other years.",
    )

    # scenarios: whose birthday it is these days
    _crm_birthday_idx = models.Index(
        "(right(crm_birthday, 5)) WHERE crm_birthday IS NOT NULL"
    )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._keep_birthday(vals)
        return super().create(vals_list)

    def write(self, vals):
        if "crm_birthday" in vals:
            vals = dict(vals)
            self._keep_birthday(vals)
        return super().write(vals)

    @api.onchange("crm_birthday")
    def _onchange_crm_birthday(self):
        vals = {"crm_birthday": self.crm_birthday}
        self._keep_birthday(vals)
        self.crm_birthday = vals["crm_birthday"]

    @api.model
    def _keep_birthday(self, vals):
        """One spelling, whatever was typed."""
        if not vals.get("crm_birthday"):
            return
        try:
            vals["crm_birthday"] = parse_birthday(vals["crm_birthday"]) or False
        except ValueError as error:
            raise ValidationError(
                self.env._(
                    "“%(text)s” is no birthday. Write it such as 29.02.1988, or 29.02 "
                    "without the year.",
                    text=error,
                )
            ) from error
