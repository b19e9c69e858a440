"""While somebody is away, what comes for him goes to his deputy."""

from odoo import api, fields, models


class MailActivity(models.Model):
    _inherit = "mail.activity"

    crm_deputy_for_id = fields.Many2one(
        "res.users",
        string="In Place of",
        ondelete="set null",
        index="btree_not_null",
        help="Who is away: it comes back to him when he does.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        away = self.env["crm.deputy"]._get_away()
        if away:
            for vals in vals_list:
                self._send_to_deputy(vals, away)
        return super().create(vals_list)

    @api.model
    def _send_to_deputy(self, vals, away):
        user_id = vals.get("user_id")
        # who plans something for himself knows that he is away
        if user_id not in away or user_id == self.env.uid:
            return
        acting, until = away[user_id]
        deadline = fields.Date.to_date(vals.get("date_deadline")) or until
        if deadline <= until:
            vals.update(user_id=acting, crm_deputy_for_id=user_id)

    def write(self, vals):
        user_id = vals.get("user_id")
        away = self.env["crm.deputy"]._get_away() if user_id else {}
        if user_id not in away or self.env.context.get("crm_deputy_pass"):
            return super().write(vals)
        if user_id == self.env.uid:
            return super().write(vals)
        acting, until = away[user_id]
        due = fields.Date.to_date(vals.get("date_deadline"))
        meanwhile = self.filtered(lambda row: (due or row.date_deadline) <= until)
        super(MailActivity, self - meanwhile).write(vals)
        return super(MailActivity, meanwhile).write(
            {**vals, "user_id": acting, "crm_deputy_for_id": user_id}
        )


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        """Whoever stands in for a recipient who is away is told as well."""
        recipients = super()._notify_get_recipients(
            message, msg_vals=msg_vals, **kwargs
        )
        away = self.env["crm.deputy"]._get_away()
        acting = {away[row["uid"]][0] for row in recipients if row["uid"] in away}
        acting -= {row["uid"] for row in recipients}
        if not acting:
            return recipients
        # sudo: partners of colleagues, to notify them
        partners_sudo = self.env["res.users"].sudo().browse(acting).partner_id
        author = (msg_vals or {}).get("author_id") or message.sudo().author_id.id
        extra = self.env["mail.followers"]._get_recipient_data(
            self, "user_notification", False, partners_sudo.ids
        )[self.id if self else 0]
        return recipients + [row for pid, row in extra.items() if pid != author]


class CrmLead(models.Model):
    _inherit = "crm.lead"

    crm_deputy_for_id = fields.Many2one(
        "res.users",
        string="In Place of",
        ondelete="set null",
        index="btree_not_null",
        copy=False,
        help="It came while its salesperson was away, and goes to him on his return.",
    )


class CrmTeam(models.Model):
    _inherit = "crm.team"

    def _crm_find_responsible(self, lead, use_owner=True):
        owner = lead._crm_get_owner()
        acting = self.env["crm.deputy"]._get_acting(owner)
        if use_owner and acting != owner and self._crm_can_take(acting, lead):
            return acting, "deputy"
        return super()._crm_find_responsible(lead, use_owner)

    def _crm_can_take(self, user, lead):
        if user and user.id in self.env["crm.deputy"]._get_away():
            return False
        return super()._crm_can_take(user, lead)


class CrmArrival(models.AbstractModel):
    _inherit = "crm.arrival"

    @api.model
    def _welcome(self, lead, rule, channel, now):
        user = super()._welcome(lead, rule, channel, now)
        owner = lead._crm_get_owner()
        if user and user != owner and user == self.env["crm.deputy"]._get_acting(owner):
            lead.crm_deputy_for_id = owner
        return user


class ResUsers(models.Model):
    _inherit = "res.users"

    crm_deputized_user_ids = fields.Many2many(
        "res.users",
        compute="_compute_crm_deputized_user_ids",
        help="Whom this person stands in for now; record rules read it.",
        export_string_translation=False,
    )

    @api.depends_context("uid")
    def _compute_crm_deputized_user_ids(self):
        away = self.env["crm.deputy"]._get_away()
        for user in self:
            user.crm_deputized_user_ids = [
                absent for absent, (acting, __) in away.items() if acting == user.id
            ]
