"""Promises watched by somebody who is away are watched by his deputy."""

from odoo import api, fields, models


class CrmPromise(models.Model):
    _inherit = "crm.promise"

    crm_deputy_for_id = fields.Many2one(
        "res.users",
        string="In Place of",
        ondelete="set null",
        index="btree_not_null",
        copy=False,
        help="Who is away: it comes back to him when he does.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        away = self.env["crm.deputy"]._get_away()
        if away:
            vals_list = [
                self._send_to_deputy(
                    {**vals, "user_id": vals.get("user_id", self.env.uid)}, away
                )
                for vals in vals_list
            ]
        return super().create(vals_list)

    @api.model
    def _send_to_deputy(self, vals, away):
        user_id = vals["user_id"]
        # who notes down something for himself knows that he is away
        if user_id not in away or user_id == self.env.uid:
            return vals
        acting, until = away[user_id]
        due = fields.Date.to_date(vals.get("due_date"))
        if due and due > until:
            return vals
        return {**vals, "user_id": acting, "crm_deputy_for_id": user_id}

    def write(self, vals):
        user_id = vals.get("user_id")
        away = self.env["crm.deputy"]._get_away() if user_id else {}
        if (
            user_id not in away
            or user_id == self.env.uid
            or self.env.context.get("crm_deputy_pass")
        ):
            return super().write(vals)
        acting, until = away[user_id]
        due = fields.Date.to_date(vals.get("due_date"))
        meanwhile = self.filtered(lambda row: (due or row.due_date) <= until)
        super(CrmPromise, self - meanwhile).write(vals)
        return super(CrmPromise, meanwhile).write(
            {**vals, "user_id": acting, "crm_deputy_for_id": user_id}
        )
