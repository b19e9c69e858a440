from odoo import fields, models


class SurveyUser_Input(models.Model):
    """An answered survey may be what a customer waits after."""

    _name = "survey.user_input"
    _inherit = ["survey.user_input", "crm.alarm.watched"]
    # salespeople have no right to surveys: what they hear is that their customer is unhappy
    _crm_alarm_of_customer = True

    crm_seller_id = fields.Many2one(
        related="partner_id.user_id",
        string="Salesperson",
        help="Whose customer answered.",
    )
