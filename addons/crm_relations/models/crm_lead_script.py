from odoo import api, models
from odoo.tools import SQL, formatLang

FREE_DOCUMENTS = 5  # the newest are offered to a check


class CrmLead(models.Model):
    _inherit = "crm.lead"

    @api.model
    def _get_script_places(self):
        """Placeholders a script may use; ``_get_script_values`` fills them."""
        return [
            "person", "customer", "company", "salesperson", "deal", "amount", "city", "phone",
        ]  # fmt: skip

    def _get_script_values(self):
        self.ensure_one()
        company = self.company_id or self.env.company
        amount = self.expected_revenue
        return {
            "person": self.contact_name or self.partner_id.name,
            "customer": self.partner_id.commercial_partner_id.name
            or self.partner_name
            or self.contact_name,
            "company": company.name,
            "salesperson": (self.user_id or self.env.user).name,
            "deal": self.name,
            "amount": amount
            and formatLang(self.env, amount, currency_obj=self.company_currency),
            "city": self.city,
            "phone": self.phone,
        }

    def load_stage_guide(self):
        """Script, checks and instructions beside a lead, in one call.

        :return: ``{"script": {"id", "name", "steps": [...], "is_over"} or False,
            "checks": [...], "instructions": [...], "can_write"}``
        """
        self.ensure_one()
        self.check_access("read")
        return {
            "script": self._load_script(),
            "checks": self._load_checks(),
            "instructions": [
                {
                    "id": row.id,
                    "name": row.name,
                    "kind": row.kind,
                    "body": row.body or "",
                }
                for row in self.env["crm.instruction"]._get_for_lead(self)
            ],
            "can_write": self.has_access("write"),
        }

    def _load_checks(self):
        checks = self.env["crm.stage.check"].search(
            [("stage_id", "=", self.stage_id.id)]
        )
        facts = self._get_done_facts(checks)[self]
        nothing = (self.env["res.users"], False)
        # sudo: see below; which document closed it
        given = {
            row_sudo.check_id.id: row_sudo.attachment_id.name
            for row_sudo in self.sudo().stage_check_done_ids
        }
        free = self._load_free_documents(checks)
        return [
            {
                "id": check.id,
                "name": check.name,
                "todo": check._get_demand(),
                "is_mandatory": check.is_mandatory,
                "requirement": check.requirement,
                "field": check.field_name or False,
                "is_done": check in facts,
                # sudo: who closed it is told to whoever reads the deal
                "done_by": facts.get(check, nothing)[0].sudo().name or "",
                "done_at": facts.get(check, nothing)[1],
                "document": given.get(check.id) or "",
                "free": free if check.requirement == "document" else [],
            }
            for check in checks
        ]

    def _load_free_documents(self, checks):
        """``[{"id", "name"}]`` of documents that may still be given to a check."""
        if "document" not in checks.mapped("requirement"):
            return []
        return [
            {"id": row_sudo.id, "name": row_sudo.name}
            for row_sudo in self._get_free_attachments_sudo()[-FREE_DOCUMENTS:]
        ]

    def _load_script(self):
        script = self.env["crm.script"]._get_for_lead(self)
        if not script:
            return False
        replies = {
            reply.step_id: reply
            for reply in self.env["crm.script.reply"].search(
                [("lead_id", "=", self.id), ("script_id", "=", script.id)]
            )
        }
        return script._load_steps(self._get_script_values(), replies)

    def reply_to_script(self, step_id, answer_id=False, words=False):
        """Keep what the customer answered; the last answer to a step counts.

        :param int step_id: the step that was said.
        :param int answer_id: the answer chosen, or False.
        :param str words: what he said, in words, or False.
        :return: the guide anew, see :meth:`load_stage_guide`.
        """
        self.ensure_one()
        self.check_access("write")
        self.env["crm.script.reply"]._keep_sudo(
            {"lead_id": self.id},
            {
                "partner_id": self.partner_id.id,
                "company_id": self.company_id.id,
                "team_id": self.team_id.id,
            },
            step_id,
            answer_id,
            words,
        )
        return self.load_stage_guide()

    @api.model
    def _crm_merge_leads(self, source_ids, destination):
        """Replies and ticks the remaining lead lacks move to it; its own stand."""
        if not {"crm_script_reply", "crm_stage_check_done"} & self._get_merge_tables(
            source_ids
        ):
            return super()._crm_merge_leads(source_ids, destination)
        self.env["crm.script.reply"].flush_model(["lead_id", "step_id"])
        self.env["crm.stage.check.done"].flush_model(["lead_id", "check_id"])
        parts = [
            self._merge_rows_once(table, key, list(source_ids), destination.id)
            for table, key in (
                ("crm_script_reply", "step_id"),
                ("crm_stage_check_done", "check_id"),
            )
        ]
        self.env.cr.execute(
            SQL("WITH replies AS (%s), checks AS (%s) SELECT", parts[0], parts[1])
        )
        self.env["crm.script.reply"].invalidate_model(flush=False)
        self.env["crm.stage.check.done"].invalidate_model(flush=False)
        return super()._crm_merge_leads(source_ids, destination)

    def _merge_rows_once(self, table, key, source_ids, destination_id):
        """One row per ``key`` of the sources goes over where the destination has none."""
        return SQL(
            """UPDATE %(table)s SET lead_id = %(destination)s WHERE id IN (
                   SELECT max(source.id) FROM %(table)s source
                    WHERE source.lead_id = ANY(%(sources)s)
                      AND NOT EXISTS (SELECT FROM %(table)s own
                           WHERE own.lead_id = %(destination)s
                             AND own.%(key)s = source.%(key)s)
                    GROUP BY source.%(key)s)""",
            table=SQL.identifier(table),
            key=SQL.identifier(key),
            sources=source_ids,
            destination=destination_id,
        )
