from ast import literal_eval

from odoo import api, fields, models


class CrmTeam(models.Model):
    _inherit = "crm.team"

    crm_use_arrival_rules = fields.Boolean(
        string="Arrival Rules",
        help="Incoming e-mail of this team goes by the arrival rules: it attaches to an "
        "open lead or order, and somebody is responsible at once. Without, the host's "
        "own way: a new lead for the team leader. Teams made on the screen start with "
        "it, teams made by another program do not.",
    )

    def _init_column(self, column_name):
        """Teams that are there when the module comes use the rules from then on."""
        if column_name != "crm_use_arrival_rules":
            return super()._init_column(column_name)
        self.env.cr.execute("UPDATE crm_team SET crm_use_arrival_rules = TRUE")
        return None

    def onchange(self, values, field_names, fields_spec):
        # the first call of an empty form: see the help of the field
        if not field_names and not self:
            self = self.with_context(default_crm_use_arrival_rules=True)
        return super().onchange(values, field_names, fields_spec)

    @api.model_create_multi
    def create(self, vals_list):
        teams = super().create(vals_list)
        teams._crm_forget_leaders()
        return teams

    def write(self, vals):
        result = super().write(vals)
        if "user_id" in vals:
            self._crm_forget_leaders()
        return result

    def _crm_forget_leaders(self):
        # record rules keep the teams one leads in the cache
        self.env.registry.clear_cache()
        self.env["res.users"].invalidate_model(["crm_led_team_ids"])

    def _crm_find_responsible(self, lead, use_owner=True):
        """Who takes this lead now: owner of the customer, next member, team leader.

        :return: (user, reason), reason in ``owner``, ``member``, ``leader`` or False.
        """
        owner = lead._crm_get_owner()
        if use_owner and self._crm_can_take(owner, lead):
            return owner, "owner"
        member = self._crm_find_next_member(lead)
        if member:
            return member.user_id, "member"
        if self._crm_can_take(self.user_id, lead):
            return self.user_id, "leader"
        return self.env["res.users"], False

    def _crm_can_take(self, user, lead):
        if not user or not user.active or user.share:
            return False
        company = lead.company_id or self.company_id
        return not company or company in user.company_ids

    def _crm_find_next_member(self, lead):
        """The host's own capacity and filters, for this lead alone.

        The host's assignment distributes everything that waits in the team; here one
        lead must not move the others.
        """
        members = self.crm_team_member_ids.filtered(
            lambda member: not member.assignment_optout
            and self._crm_can_take(member.user_id, lead)
        )
        if not members or self.assignment_optout:
            return members.browse()
        # counted without dependencies: a second lead in this transaction must see it
        lead.flush_recordset()
        members.invalidate_recordset(["lead_day_count"])
        quotas = {member: member._get_assignment_quota() for member in members}
        fitting = members.filtered(
            lambda member: quotas[member] > 0
            and lead.filtered_domain(literal_eval(member.assignment_domain or "[]"))
        )
        last = self._crm_last_assigned(fitting)
        ranked = fitting.sorted(
            lambda member: (
                not self._crm_prefers(member, lead),
                -quotas[member],
                last.get(member.user_id.id, ""),
                member.id,
            )
        )
        return ranked[:1]

    @api.model
    def _crm_prefers(self, member, lead):
        domain = literal_eval(member.assignment_domain_preferred or "[]")
        return bool(domain and lead.filtered_domain(domain))

    def _crm_last_assigned(self, members):
        groups = self.env["crm.lead"]._read_group(
            [("team_id", "in", self.ids), ("user_id", "in", members.user_id.ids)],
            ["user_id"],
            ["date_open:max"],
        )
        return {user.id: str(date or "") for user, date in groups}
