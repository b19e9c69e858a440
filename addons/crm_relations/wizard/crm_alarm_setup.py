from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Command

ROLE_GROUP = "base.group_erp_manager"
SURVEY_RULE = "crm_relations.alarm_rule_survey"


class CrmAlarmSetup(models.TransientModel):
    """Choose the rules that come with the system, and say who is told."""

    _name = "crm.alarm.setup"
    _description = "Set Up Alarms"

    rule_ids = fields.Many2many(
        "crm.alarm.rule",
        string="Rules",
        context={"active_test": False},
        domain="[('active', 'in', [True, False])]",
        help="What is here raises alarms from now on; the others do not.",
    )
    head_user_ids = fields.Many2many(
        "res.users",
        "crm_alarm_setup_head_rel",
        string="Head of Sales",
        domain="[('share', '=', False)]",
    )
    owner_user_ids = fields.Many2many(
        "res.users",
        "crm_alarm_setup_owner_rel",
        string="Owner",
        domain="[('share', '=', False)]",
    )
    may_edit_roles = fields.Boolean(compute="_compute_may_edit_roles")

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        self._ensure_survey_rule()
        values["rule_ids"] = [
            Command.set(self.env["crm.alarm.rule"].search([("active", "=", True)]).ids)
        ]
        head, owner = self._get_roles()
        values["head_user_ids"] = [Command.set(head.user_ids.ids)]
        values["owner_user_ids"] = [Command.set(owner.user_ids.ids)]
        return values

    @api.depends_context("uid")
    def _compute_may_edit_roles(self):
        self.may_edit_roles = self.env.user.has_group(ROLE_GROUP)

    @api.model
    def _get_roles(self):
        roles = self.env["res.role"]
        return (
            self.env.ref("crm_relations.role_head_of_sales", False) or roles,
            self.env.ref("crm_relations.role_owner", False) or roles,
        )

    @api.model
    def _ensure_survey_rule(self):
        """Where surveys are installed there is a rule for negative answers."""
        if "survey.user_input" not in self.env or self.env.ref(SURVEY_RULE, False):
            return
        # sudo: a rule that comes with the system, whoever opens this page first
        fields_sudo = self.env["ir.model.fields"].sudo()
        rule_sudo = (
            self.env["crm.alarm.rule"]
            .sudo()
            .create(
                {
                    "name": "Negative survey answer",
                    "description": "A customer finished a survey with a score below half.",
                    "active": False,
                    "sequence": 60,
                    "model_id": self.env["ir.model"]._get_id("survey.user_input"),
                    "start_domain": "[('state', '=', 'done'), ('test_entry', '=', False), "
                    "('survey_id.scoring_type', '!=', 'no_scoring'), "
                    "('scoring_percentage', '<', 50)]",
                    "date_field_id": fields_sudo._get(
                        "survey.user_input", "end_datetime"
                    ).id,
                    "poll_minutes": 15,
                    "progress_in": False,
                    "progress_out": True,
                    "step_ids": [
                        Command.create(
                            {
                                "limit_minutes": 60,
                                "target": "path",
                                "path": "partner_id.user_id",
                                "channel": "activity",
                            }
                        ),
                        Command.create(
                            {
                                "limit_minutes": 240,
                                "target": "role",
                                "role_id": self._get_roles()[0].id,
                                "channel": "inbox",
                                "severity": "3",
                            }
                        ),
                    ],
                }
            )
        )
        module, name = SURVEY_RULE.split(".")
        self.env["ir.model.data"].sudo().create(
            {"module": module, "name": name, "model": rule_sudo._name,
             "res_id": rule_sudo.id, "noupdate": True}
        )  # fmt: skip

    def action_apply(self):
        """Chosen rules run from now on, the others stop; roles get their people."""
        self.ensure_one()
        rules = self.env["crm.alarm.rule"].search([("active", "in", [True, False])])
        (rules - self.rule_ids).filtered("active").write({"active": False})
        self.rule_ids.filtered(lambda rule: not rule.active).write({"active": True})
        self._fill_roles()
        return self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relations.crm_alarm_rule_action"
        )

    def _fill_roles(self):
        wanted = (self.head_user_ids, self.owner_user_ids)
        for role, users in zip(self._get_roles(), wanted, strict=True):
            if not role or role.user_ids == users:
                continue
            if not self.may_edit_roles:
                raise AccessError(
                    self.env._("Only access managers may say who has a role.")
                )
            role.user_ids = users
