from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Command

ROLE_GROUP = "base.group_erp_manager"


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
