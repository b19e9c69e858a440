from odoo import api, models
from odoo.exceptions import AccessError


class CrmCourseMixin(models.AbstractModel):
    """Rows that people plan, but whose course only buttons and passes change.

    ``_course_values`` maps the fields of the course to their first values: a form may
    send these, nobody may send others. Whose row it is (``team_id``, computed from the
    person) is asked again after the write: the host asks before it only, so a row could
    be renamed into a stranger's.
    """

    _name = "crm.course.mixin"
    _description = "Course by Buttons Only"

    _course_values = {}

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            for vals in vals_list:
                self._refuse_course_values(
                    name for name in vals if vals[name] != self._course_values.get(name)
                )
            # named here, so that a default of the context does not count
            vals_list = [{**vals, **self._course_values} for vals in vals_list]
        records = super().create(vals_list)
        records._check_changed()
        return records

    @api.model
    def _keep_own_values(self, vals):
        """What a person may write of ``vals``; the team follows from the person.

        :raises AccessError: for a field of the course
        """
        if self.env.su:
            return vals
        self._refuse_course_values(vals)
        return {name: vals[name] for name in vals if name != "team_id"}

    @api.model
    def _refuse_course_values(self, names):
        if not self._course_values.keys().isdisjoint(names):
            raise AccessError(self._get_course_refusal())

    @api.model
    def _get_course_refusal(self):
        """What to do instead, in one sentence."""
        return self.env._("This is changed by its buttons only.")

    def _check_changed(self):
        """Rules look at a row before it is written; here they look at what became of it."""
        if self.env.su:
            return
        self.env.add_to_compute(self._fields["team_id"], self)  # whatever was sent
        self.flush_recordset()
        self.check_access("write")
