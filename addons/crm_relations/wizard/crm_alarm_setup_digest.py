from odoo import models

DIGEST = "crm_relations.digest_alarm"


class CrmAlarmSetup(models.TransientModel):
    _inherit = "crm.alarm.setup"

    def _fill_roles(self):
        """Owners get the daily letter about alarms; each may unsubscribe in it."""
        _head, owner = self._get_roles()
        before = owner.user_ids
        result = super()._fill_roles()
        digest = self.env.ref(DIGEST, raise_if_not_found=False)
        if digest and before != self.owner_user_ids:
            # sudo: recipients of this letter are the role's people
            digest_sudo = digest.sudo()
            digest_sudo.user_ids = digest_sudo.user_ids - before | self.owner_user_ids
        return result
