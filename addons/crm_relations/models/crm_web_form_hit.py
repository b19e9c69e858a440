from odoo import fields, models


class CrmWebFormHit(models.Model):
    """One row per submission."""

    _name = "crm.web.form.hit"
    _inherit = "crm.public.hit.mixin"
    _description = "Web Form Submission"
    _log_access = False

    form_id = fields.Many2one("crm.web.form", required=True, ondelete="cascade")
    state = fields.Selection(
        [
            ("accepted", "Accepted"),
            ("double", "Double"),
            ("wrong", "Wrong input"),
            ("robot", "Robot"),
        ],
        required=True,
    )

    # _is_over_limit(): the last minute of an address, the last hour of a form
    _form_created_idx = models.Index("(form_id, created_at)")
