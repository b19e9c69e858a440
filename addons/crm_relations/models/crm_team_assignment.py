"""The host's assignment of leads, knowing whose customer it is and who is away."""

from odoo import api, models


class CrmTeam(models.Model):
    _inherit = "crm.team"

    def _assign_and_convert_leads(self, force_quota=False):
        """Leads of customers with an owner go to him first, the rest as the host deals."""
        given = self._crm_assign_to_owners()
        result = super()._assign_and_convert_leads(force_quota=force_quota)
        for member, leads in given.items():
            entry = result.setdefault(member, {"assigned": leads.browse(), "quota": 0})
            entry["assigned"] |= leads
        return result

    def _crm_assign_to_owners(self):
        """Give waiting leads to the owners of their customers, or to their deputies.

        A customer stays with his person, whatever that person's quota.

        :return: ``{team member: leads}``, of those who are members of these teams.
        """
        leads = self.env["crm.lead"].search(self._get_lead_to_assign_domain())
        takers = self._crm_get_takers(leads)
        members = {
            (member.crm_team_id, member.user_id): member
            for member in self.crm_team_member_ids
        }
        given = {}
        for lead, (user, absent) in takers.items():
            team = lead.team_id
            lead.with_context(mail_auto_subscribe_no_notify=True).convert_opportunity(
                lead.partner_id, user_ids=user.ids
            )
            if absent:
                lead.crm_deputy_for_id = absent
            if member := members.get((team, user)):
                given[member] = given.get(member, leads.browse()) | lead
        if takers:
            # counted without dependencies: the host deals the rest by it
            self.env.flush_all()
            self.crm_team_member_ids.invalidate_recordset(
                ["lead_day_count", "lead_month_count"]
            )
        return given

    def _crm_get_takers(self, leads):
        """``{lead: (who takes it, whom he stands in for or nobody)}``.

        The owner of the customer, his deputy while he is away, else whom
        :meth:`_crm_assign_prefer` names. Leads that are missing here are dealt by the
        host's quotas and domains.
        """
        deputies, nobody = self.env["crm.deputy"], self.env["res.users"]
        preferred = self._crm_assign_prefer(leads)
        takers = {}
        for lead in leads:
            owner = lead._crm_get_owner()
            acting = deputies._get_acting(owner) if owner else nobody
            if lead.team_id._crm_can_take(acting, lead):
                takers[lead] = (acting, owner if acting != owner else nobody)
                continue
            for user in preferred.get(lead, nobody):
                if lead.team_id._crm_can_take(user, lead):
                    takers[lead] = (user, nobody)
                    break
        return takers

    @api.model
    def _crm_assign_prefer(self, leads):
        """Hook: who should get these leads before everybody else takes his turn.

        Asked for all waiting leads at once, so that a module which knows the value of a
        customer can name its best people in one query. Whoever is away, inactive or of
        another company is passed over.

        :return: ``{lead: users, the best first}``; leads left out are dealt in turn.
        """
        return {}


class CrmTeamMember(models.Model):
    _inherit = "crm.team.member"

    def _get_assignment_quota(self, force_quota=False):
        """Nothing for who is away or has left."""
        away = self.env["crm.deputy"]._get_away()
        if self.user_id.id in away or not self.user_id.active:
            return 0
        return super()._get_assignment_quota(force_quota=force_quota)


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _crm_get_owner(self):
        """The salesperson of the customer: of the person, else of his company."""
        self.ensure_one()
        partner = self.partner_id
        return partner.user_id or partner.commercial_partner_id.user_id
