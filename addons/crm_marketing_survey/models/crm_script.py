"""A questionnaire beside a script: the button opens it for the person one speaks with."""

from odoo import api, fields, models


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
        # sudo: the title of what may be asked
        survey_sudo = self.sudo().survey_id
        if survey_sudo and self.env["crm.survey.ask"].has_access("create"):
            askable = survey_sudo._crm_get_askable_domain(self.env.companies)
            survey_sudo = survey_sudo.search([("id", "=", survey_sudo.id), *askable])
            guide["survey"] = survey_sudo.title
        else:
            guide["survey"] = False
        return guide

    @api.constrains("survey_id")
    def _check_survey(self):
        for script in self:
            # sudo: whom it asks, for whoever may not open it
            survey_sudo = script.sudo().survey_id
            company = script.company_id or survey_sudo.crm_company_id
            survey_sudo._crm_check_customers(company)


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
        lead = self.with_company(self.company_id)
        return lead.env["crm.survey.ask"]._open(
            lead.partner_id,
            lead.env["crm.interaction"],
            lead.env["crm.script"].browse(script_id),
        )
