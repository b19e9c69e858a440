from odoo import models
from odoo.exceptions import UserError


class CrmLead(models.Model):
    """What closes the checks of a stage, who did it and when."""

    _inherit = "crm.lead"

    def _get_done_checks(self, checks):
        """``{lead: those of checks that are done}``, in a few queries for all of them."""
        facts = self._get_done_facts(checks)
        return {lead: checks.browse().union(*facts[lead]) for lead in self}

    def _get_done_facts(self, checks):
        """``{lead: {check: (who closed it, when)}}``, in a few queries for all of them.

        Nobody for a field that was filled in before anybody asked for it.
        """
        facts = {lead: {} for lead in self}
        noted = self._get_noted_facts(checks)
        for requirement, group in checks.grouped("requirement").items():
            getattr(self, f"_add_done_by_{requirement}")(group, facts, noted)
        return facts

    def _get_noted_facts(self, checks):
        """``{(lead, check): (who, when)}``: ticks, documents given, fields filled in."""
        # sudo: a colleague's tick, document or activity closes a check too
        rows_sudo = (
            self.env["crm.stage.check.done"]
            .sudo()
            .search([("lead_id", "in", self.ids), ("check_id", "in", checks.ids)])
        )
        return {
            (self.browse(row.lead_id.id), checks.browse(row.check_id.id)): (
                row.user_id,
                row.done_at,
            )
            for row in rows_sudo
            if row.attachment_id or row.check_id.requirement != "document"
        }

    def _add_done_by_tick(self, checks, facts, noted):
        for (lead, check), fact in noted.items():
            if check in checks:
                facts[lead][check] = fact

    def _add_done_by_field(self, checks, facts, noted):
        nobody = (self.env["res.users"], False)
        for check in checks:
            name = check.field_name
            for lead in self:
                # sudo: that it is filled in is all that is read; 0 counts as empty
                if lead.sudo()[name]:
                    facts[lead][check] = noted.get((lead, check), nobody)

    def _add_done_by_document(self, checks, facts, noted):
        """The document given to the check; any, where the stage asks for one only."""
        self._add_done_by_tick(checks, facts, noted)
        lone = checks.browse(set(checks.ids) & checks._get_lone_document_ids())
        if not lone:
            return
        rows_sudo = self._get_free_attachments_sudo()
        entered = self._get_entered_at(lone.stage_id) if rows_sudo else {}
        for row_sudo in rows_sudo:
            lead = self.browse(row_sudo.res_id)
            for check in lone:
                if _is_since(row_sudo.create_date, entered.get((lead, check.stage_id))):
                    facts[lead].setdefault(
                        check, (row_sudo.create_uid, row_sudo.create_date)
                    )

    def _get_free_attachments_sudo(self):
        """Documents of the leads that are not given to any check, the oldest first."""
        # sudo: that there is a document, whose and since when is all that is read
        given_sudo = (
            self.env["crm.stage.check.done"]
            .sudo()
            .search([("lead_id", "in", self.ids), ("attachment_id", "!=", False)])
        )
        return (
            self.env["ir.attachment"]
            .sudo()
            .search_fetch(
                [
                    ("res_model", "=", "crm.lead"),
                    ("res_id", "in", self.ids),
                    ("id", "not in", given_sudo.attachment_id.ids),
                ],
                ["res_id", "name", "create_uid", "create_date"],
                order="id",
            )
        )

    def _add_done_by_activity(self, checks, facts, _noted):
        """Each activity closes one check of a stage: first one that names its type."""
        # sudo: that it was done is all that is read; done activities are archived
        activities_sudo = (
            self.env["mail.activity"].sudo().with_context(active_test=False)
        )
        rows_sudo = activities_sudo.search_fetch(
            [
                ("res_model", "=", "crm.lead"),
                ("res_id", "in", self.ids),
                ("active", "=", False),
                ("date_done", "!=", False),
            ],
            # the last write is that of marking it done; date_done is a day only
            ["res_id", "activity_type_id", "write_uid", "write_date"],
            order="id",
        )
        if not rows_sudo:
            return
        entered = self._get_entered_at(checks.stage_id)
        # also those not asked about: they take their activity too
        asking = checks.search(
            [
                ("stage_id", "in", checks.stage_id.ids),
                ("requirement", "=", "activity"),
            ]
        ).sorted(lambda check: not check.activity_type_id)
        taken = set()  # {(lead, check)}
        for row_sudo in rows_sudo:
            lead = self.browse(row_sudo.res_id)
            kinds = (row_sudo.activity_type_id, asking.activity_type_id.browse())
            for stage, group in asking.grouped("stage_id").items():
                if not _is_since(row_sudo.write_date, entered.get((lead, stage))):
                    continue
                check = group.filtered(
                    lambda check, lead=lead, kinds=kinds: check.activity_type_id
                    in kinds
                    and (lead, check) not in taken
                )[:1]
                taken.add((lead, check))
                if check in checks:
                    facts[lead][check] = (row_sudo.write_uid, row_sudo.write_date)

    def _get_entered_at(self, stages):
        """``{(lead, stage): when it first came there}``; without visits since its creation."""
        # sudo: see _get_noted_facts
        groups = (
            self.env["crm.lead.stage.log"]
            .sudo()
            ._read_group(
                [("lead_id", "in", self.ids), ("stage_id", "in", stages.ids)],
                ["lead_id", "stage_id"],
                ["entered_at:min"],
            )
        )
        entered = {
            (lead, lead.stage_id): lead.create_date
            for lead in self
            if lead.stage_id in stages
        }
        entered.update(((lead, stage), at) for lead, stage, at in groups)
        return entered

    # -- what is noted -------------------------------------------------------------

    def _tick_checks(self, checks, attachment=None):
        # sudo: see toggle_stage_check
        self.env["crm.stage.check.done"].sudo().create(
            [
                {
                    "check_id": check.id,
                    "lead_id": lead.id,
                    "user_id": self.env.uid,
                    "done_at": self.env.cr.now(),
                    "attachment_id": attachment and attachment.id,
                }
                for lead in self
                for check in checks
            ]
        )

    def _note_field_checks(self, names):
        """Keep who filled in the fields that checks ask for; forget it when emptied."""
        asked = self.env["crm.stage.check"]._get_field_checks()
        asked = {name: asked[name] for name in asked.keys() & set(names)}
        if not asked:
            return
        checks = self.env["crm.stage.check"].browse(
            {check_id for ids in asked.values() for check_id in ids}
        )
        # sudo: written here only, with time and person
        rows_sudo = (
            self.env["crm.stage.check.done"]
            .sudo()
            .search([("lead_id", "in", self.ids), ("check_id", "in", checks.ids)])
        )
        noted = rows_sudo.grouped("check_id")
        for name, check_ids in asked.items():
            # sudo: see _add_done_by_field
            filled = self.filtered(lambda lead, name=name: lead.sudo()[name])
            for check in checks.browse(check_ids):
                done_sudo = noted.get(check, rows_sudo.browse())
                new = set(filled.ids) - set(done_sudo.lead_id.ids)
                self.browse(new)._tick_checks(check)
                done_sudo.filtered(
                    lambda row, ids=filled.ids: row.lead_id.id not in ids
                ).unlink()

    # -- what the screen calls -----------------------------------------------------

    def attach_to_check(self, check_id, name, data):
        """Attach a document to the lead and close the check with it.

        :param int check_id: a check that asks for a document.
        :param str name: the file's name.
        :param str data: its content, base64.
        :return: the guide anew, see :meth:`load_stage_guide`.
        """
        self.ensure_one()
        self.check_access("write")
        attachment = self.env["ir.attachment"].create(
            {"name": name, "datas": data, "res_model": self._name, "res_id": self.id}
        )
        return self.use_for_check(check_id, attachment.id)

    def use_for_check(self, check_id, attachment_id):
        """Close the check with a document that the lead has already; see above."""
        self.ensure_one()
        self.check_access("write")
        check = self.env["crm.stage.check"].browse(check_id)
        attachment_sudo = self._get_free_attachments_sudo().filtered(
            lambda row: row.id == attachment_id
        )
        if check.requirement != "document" or not attachment_sudo:
            raise UserError(
                self.env._("This document is not the deal's, or closes another check.")
            )
        # sudo: see toggle_stage_check; a new document takes the place of the old one
        self.sudo().stage_check_done_ids.filtered(
            lambda row: row.check_id == check
        ).unlink()
        self._tick_checks(check, attachment_sudo)
        return self.load_stage_guide()


def _is_since(at, entered_at):
    """Whether ``at`` is not before the stage was entered, to the second; never entered: no."""
    if not entered_at:
        return False
    return at.replace(microsecond=0) >= entered_at.replace(microsecond=0)
