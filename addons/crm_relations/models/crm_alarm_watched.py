"""Records that tell the alarms when they change."""

from odoo import api, models
from odoo.tools import SQL


class CrmAlarmWatched(models.AbstractModel):
    """A model whose records mark themselves dirty in the transaction that changes them.

    Models without it are watched too, but polled.
    """

    _name = "crm.alarm.watched"
    _description = "Record Watched by Alarms"
    _crm_alarm_marks = True
    # seen through its customer: who may read him is told, and the notice hangs on him
    _crm_alarm_of_customer = False

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        self.env["crm.alarm.dirty"]._touch(self._name, records.ids)
        return records

    def _write_multi(self, vals_list):
        """Every change of a stored field comes through here, computed ones too."""
        result = super()._write_multi(vals_list)
        rules_sudo = self.env["crm.alarm.rule"].sudo()  # sudo: what is watched
        names = rules_sudo._get_watched_fields().get(self._name, ())
        changed = [
            row_id
            for row_id, vals in zip(self._ids, vals_list, strict=True)
            if names is None or not vals.keys().isdisjoint(names)
        ]
        self.env["crm.alarm.dirty"]._touch(self._name, changed)
        return result

    def unlink(self):
        ids = self.ids
        result = super().unlink()
        self.env["crm.alarm.dirty"]._touch(self._name, ids)
        return result


class CrmLead(models.Model):
    _name = "crm.lead"
    _inherit = ["crm.lead", "crm.alarm.watched"]

    @api.model
    def _crm_merge_leads(self, source_ids, destination):
        """Alarms go to the lead that stays, with the older clock."""
        if "crm_alarm" in self._get_merge_tables(source_ids):
            self.env["crm.alarm"].sudo()._merge_records(  # sudo: follows the merge
                self._name, list(source_ids), destination.id
            )
        self.env["crm.alarm.dirty"]._touch(self._name, [destination.id])
        return super()._crm_merge_leads(source_ids, destination)


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "crm.alarm.watched"]


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "crm.alarm.watched"]


class CrmPromise(models.Model):
    _name = "crm.promise"
    _inherit = ["crm.promise", "crm.alarm.watched"]


class CrmCustomerAsset(models.Model):
    _name = "crm.customer.asset"
    _inherit = ["crm.customer.asset", "crm.alarm.watched"]


class CrmInteraction(models.Model):
    _name = "crm.interaction"
    _inherit = ["crm.interaction", "crm.alarm.watched"]

    @api.model
    def _get_upsert_marks(self):
        """Feeds write by one statement: it marks the rows too."""
        marks = super()._get_upsert_marks()
        rules_sudo = self.env["crm.alarm.rule"].sudo()  # sudo: what is watched
        if self._name not in rules_sudo._get_watched_fields():
            return marks
        return SQL(
            """%s, alarm_mark AS (
                INSERT INTO crm_alarm_dirty (res_model, res_id)
                SELECT 'crm.interaction', id FROM created
                 UNION ALL SELECT 'crm.interaction', id FROM updated
            )""",
            marks,
        )


class MailActivity(models.Model):
    _name = "mail.activity"
    _inherit = ["mail.activity", "crm.alarm.watched"]

    @api.model_create_multi
    def create(self, vals_list):
        activities = super().create(vals_list)
        activities._crm_alarm_touch(activities._crm_alarm_get_documents())
        return activities

    def _write_multi(self, vals_list):
        result = super()._write_multi(vals_list)
        self._crm_alarm_touch(self._crm_alarm_get_documents())
        return result

    def unlink(self):
        documents = self._crm_alarm_get_documents()
        result = super().unlink()
        self._crm_alarm_touch(documents)
        return result

    def _crm_alarm_get_documents(self):
        """{model: ids} of documents whose rules ask what is planned on them."""
        rules_sudo = self.env["crm.alarm.rule"].sudo()  # sudo: what is watched
        asking = {
            model
            for model, names in rules_sudo._get_watched_fields().items()
            if names and any(name.startswith("activity_") for name in names)
        }
        documents = {}
        if asking:
            for row in self.sudo():  # sudo: where it hangs
                if row.res_model in asking:
                    documents.setdefault(row.res_model, []).append(row.res_id)
        return documents

    @api.model
    def _crm_alarm_touch(self, documents):
        for model, ids in documents.items():
            self.env["crm.alarm.dirty"]._touch(model, ids)

    def _action_done(self, feedback=False, attachment_ids=None):
        """Done work may be what an alarm of its document waits for."""
        documents = {(row.res_model, row.res_id) for row in self if row.res_model}
        result = super()._action_done(feedback, attachment_ids)
        rules_sudo = self.env["crm.alarm.rule"].sudo()  # sudo: what is watched
        if "progress" in rules_sudo._get_watched_fields():
            self.env["crm.alarm.dirty"].sudo()._mark(documents)
        return result
