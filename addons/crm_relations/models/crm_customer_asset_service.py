import pytz

from odoo import api, fields, models
from odoo.tools import SQL

# Reminders planned between two commits of the pass.
BATCH = 500


class MailActivity(models.Model):
    _inherit = "mail.activity"

    crm_is_service_reminder = fields.Boolean(
        help="Planned by the asset's service date; closed with the service.",
        export_string_translation=False,
    )


class CrmCustomerAsset(models.Model):
    """Reminders of the next service or renewal: one activity per asset and date."""

    _inherit = "crm.customer.asset"

    @api.model
    def _cron_plan_service(self):
        now = fields.Datetime.now()
        while self._plan_service_reminders(now, BATCH) == BATCH:
            if not self.env["ir.cron"]._commit_progress(BATCH):
                return

    @api.model
    def _plan_service_reminders(self, now, limit=BATCH):
        """Plan a reminder for every asset due at ``now``; how many were taken."""
        assets = self._get_service_due(now, limit)
        activity_model = self.env["mail.activity"].with_context(
            mail_activity_quick_update=True
        )
        todo = self.env.ref("mail.mail_activity_data_todo")
        admin = self.env.ref("base.user_admin")
        activity_model.create(
            [asset._prepare_service_activity(todo, admin) for asset in assets]
        )
        for asset in assets:
            asset.service_reminded_for = asset.next_service_date
        return len(assets)

    @api.model
    def _get_service_due(self, now, limit):
        """Assets whose reminder is due by the calendar of their company, oldest first."""
        self.flush_model()
        self.env["crm.customer.asset.type"].flush_model()
        companies = self.sudo()._read_group(
            [("next_service_date", "!=", False)], ["company_id"]
        )
        zones = [
            (company.id, company.partner_id.tz or "UTC") for (company,) in companies
        ]
        if not zones:
            return self.browse()
        due = SQL(" OR ").join(
            SQL(
                "(a.company_id = %s AND a.next_service_date - t.remind_days <= %s)",
                company_id,
                pytz.utc.localize(now).astimezone(pytz.timezone(zone)).date(),
            )
            for company_id, zone in zones
        )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT a.id FROM crm_customer_asset a
                  JOIN crm_customer_asset_type t ON t.id = a.type_id
                 WHERE a.active AND a.next_service_date IS NOT NULL
                   AND a.service_reminded_for IS DISTINCT FROM a.next_service_date
                   AND (%s)
                 ORDER BY a.next_service_date, a.id LIMIT %s
                """,
                due,
                limit,
            )
        )
        return self.browse(row[0] for row in rows)

    def _prepare_service_activity(self, todo, admin):
        self.ensure_one()
        asset_type = self.type_id
        kind = asset_type.activity_type_id or todo
        user = self._get_service_user() or admin
        what = asset_type.with_context(
            lang=user.lang
        ).service_label or self.with_context(lang=user.lang).env._("Service or renewal")
        return {
            "res_model_id": self.env["ir.model"]._get_id(self._name),
            "res_id": self.id,
            "activity_type_id": kind.id,
            "summary": f"{what}: {self.display_name}",
            "date_deadline": self.next_service_date,
            "user_id": user.id,
            "automated": True,
            "crm_is_service_reminder": True,
        }

    def _get_service_user(self):
        """Salesperson, else the team's leader, else who entered the asset."""
        self.ensure_one()
        return (
            self.user_id.filtered("active")
            or self.team_id.user_id
            or self.create_uid.filtered("active")
        )
