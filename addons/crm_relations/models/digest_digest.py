"""Alarms in the host's digest: how many wait, and the ten that wait most."""

from odoo import fields, models

LINES = 10


class DigestDigest(models.Model):
    _inherit = "digest.digest"

    kpi_crm_alarm = fields.Boolean("Alarms")
    kpi_crm_alarm_value = fields.Integer(compute="_compute_kpi_crm_alarm_value")

    def _compute_kpi_crm_alarm_value(self):
        """Alarms that somebody was told of in the period, those the reader may see."""
        start, end, companies = self._get_kpi_compute_parameters()
        counts = dict(
            self.env["crm.alarm"]._read_group(
                [
                    ("level", ">", 0),
                    ("fired_at", ">=", start),
                    ("fired_at", "<", end),
                    ("company_id", "in", companies.ids),
                ],
                ["company_id"],
                ["__count"],
            )
        )
        for digest in self:
            company = digest.company_id or self.env.company
            digest.kpi_crm_alarm_value = counts.get(company, 0)

    def _compute_kpis_actions(self, company, user):
        actions = super()._compute_kpis_actions(company, user)
        menu_id = self.env.ref("crm.crm_menu_root").id
        actions["kpi_crm_alarm"] = (
            f"crm_relations.crm_alarm_action_board?menu_id={menu_id}"
        )
        return actions

    def _get_crm_alarm_lines(self, user):
        """The ten open alarms that climbed highest, as ``user`` sees them.

        :return: list of ``{"who", "what", "waited", "next", "url", "severity"}``, none
            when the digest is not about alarms
        """
        self.ensure_one()
        if not self.kpi_crm_alarm:
            return []
        alarms = (
            self.env["crm.alarm"]
            .with_user(user)
            .with_context(
                lang=user.lang, tz=user.tz, allowed_company_ids=user.company_ids.ids
            )
        )
        rows = alarms.search(
            [("state", "!=", "stopped"), ("level", ">", 0)],
            limit=LINES,
            order="severity DESC, level DESC, started_at, id",
        )
        base_url = self.get_base_url()
        return [
            {
                "who": row["who"] or row["what"],
                "what": f"{row['what']}, {row['rule']}" if row["who"] else row["rule"],
                "waited": row["waited"],
                "next": row["hold"] or row["next"],
                "url": f"{base_url}/odoo/crm.alarm/{row['id']}",
                "severity": row["severity"],
            }
            for row in rows._to_bell(fields.Datetime.now())
        ]

    def _check_daily_logs(self):
        """Who is away is told of alarms all the same: such a digest never slows down."""
        return super()._check_daily_logs().filtered(lambda row: not row.kpi_crm_alarm)
