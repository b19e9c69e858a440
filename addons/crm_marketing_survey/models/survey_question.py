from odoo import api, fields, models
from odoo.exceptions import ValidationError


class SurveyQuestion(models.Model):
    """What a question measures, and where its answer is kept."""

    _inherit = "survey.question"

    crm_measure = fields.Selection(
        [
            ("nps", "Would recommend us (NPS)"),
            ("csat", "Is satisfied (CSAT)"),
            ("ces", "Found it easy (CES)"),
        ],
        string="Measures",
        help="A question with a scale whose answers are counted: NPS from 0 to 10, "
        "satisfaction by the two best marks, ease by the mean mark.",
    )
    crm_heard_as = fields.Selection(
        [
            ("wish", "A wish"),
            ("complaint", "A complaint"),
            ("praise", "Praise"),
            ("mark", "As the mark beside it says"),
        ],
        string="Words are",
        help="The words of the answer go to the owner of the product that the "
        "questionnaire is about, as a task.",
    )
    crm_attribute = fields.Selection(
        "_selection_crm_attribute",
        string="Kept as",
        help="The customer's attribute that the answer is written to.",
    )

    @api.model
    def _selection_crm_measure(self):
        """The measures by their names in the language of the context."""
        return self._fields["crm_measure"]._description_selection(self.env)

    @api.model
    def _selection_crm_attribute(self):
        """Attributes of customers that an answer can be written to."""
        # sudo: names of attributes, which everybody who opens a card sees
        base_sudo = self.env["properties.base.definition"].sudo()
        definition_sudo = base_sudo._get_definition_for_property_field(
            "res.partner", "properties"
        )
        return [
            (attribute["name"], attribute.get("string") or attribute["name"])
            for attribute in definition_sudo.properties_definition or ()
            # no words say for sure which answer means yes
            if attribute["type"] in ("char", "integer", "float", "selection")
        ]

    @api.onchange("crm_measure")
    def _onchange_crm_measure(self):
        if self.crm_measure:
            self.question_type = "scale"
            self.constr_mandatory = True
            self.scale_min, self.scale_max = self._get_crm_scale()

    def _crm_get_scale(self):
        """(worst, best) mark that can be given."""
        return self.scale_min, self.scale_max

    def _get_crm_scale(self):
        return {"nps": (0, 10), "csat": (1, 5)}.get(self.crm_measure, (1, 7))

    @api.constrains("crm_measure", "question_type", "scale_min", "scale_max")
    def _check_crm_measure(self):
        for question in self.filtered("crm_measure"):
            if question.question_type != "scale":
                raise ValidationError(
                    self.env._(
                        "“%(question)s” is counted: its answers must be marks on a scale.",
                        question=question.title,
                    )
                )
            scale = (question.scale_min, question.scale_max)
            if question.crm_measure == "nps" and scale != (0, 10):
                raise ValidationError(
                    self.env._(
                        "Whether somebody would recommend us is asked from 0 to 10."
                    )
                )
