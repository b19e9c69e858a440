"""A questionnaire beside a script: the button opens it for the person one speaks with."""

from odoo import fields, models


class CrmScript(models.Model):
    _inherit = "crm.script"

    survey_id = fields.Many2one(
        "survey.survey",
        string="Questionnaire",
        ondelete="set null",
        domain="[('crm_audience', '=', 'customer')]",
        help="Its button stands below the script: the questions open for whoever speaks "
        "with the customer, the answers are the customer's.",
    )

    def _load_steps(self, values, replies=None):
        guide = super()._load_steps(values, replies)
        may_ask = self.env["crm.survey.ask"].has_access("create")
        # sudo: the title of what may be asked
        guide["survey"] = (may_ask and self.sudo().survey_id.title) or False
        return guide


class CrmInteraction(models.Model):
    _inherit = "crm.interaction"

    def action_crm_ask(self):
        """Ask whom one speaks with; the answers belong to this conversation too."""
        self.ensure_one()
        self.check_access("read")
        return self.env["crm.survey.ask"]._open(self.partner_id, self)

    def ask_by_script(self, script_id):
        """Open the questionnaire of the script that is said in this conversation."""
        self.ensure_one()
        self.check_access("read")
        script = self.env["crm.script"].browse(script_id)
        return self.env["crm.survey.ask"]._open(self.partner_id, self, script)


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def ask_by_script(self, script_id):
        """Open the questionnaire of the script that is said beside this deal."""
        self.ensure_one()
        self.check_access("read")
        return self.env["crm.survey.ask"]._open(
            self.partner_id,
            self.env["crm.interaction"],
            self.env["crm.script"].browse(script_id),
        )
