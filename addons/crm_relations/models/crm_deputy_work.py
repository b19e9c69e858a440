from odoo import models, tools
from odoo.fields import Domain


class CrmDeputy(models.Model):
    """What goes to the deputy when somebody leaves, and comes back with him.

    A row that moved is marked with whose it is. Only what those who stand in still have
    comes back: what a head gave to somebody else meanwhile stays there.
    """

    _inherit = "crm.deputy"

    def _get_work_sudo(self):
        """[(empty recordset, its due day, domain of what is open)] of all that moves."""
        # sudo: a colleague's activities and promises are not readable by everybody;
        # quick_update: one notice about all instead of one each
        moving = {"mail_activity_quick_update": True, "crm_deputy_pass": True}
        activities_sudo = self.env["mail.activity"].sudo().with_context(**moving)
        promises_sudo = self.env["crm.promise"].sudo().with_context(**moving)
        return [
            (activities_sudo, "date_deadline", Domain.TRUE),
            (promises_sudo, "due_date", Domain("state", "=", "open")),
        ]

    def _get_leads_sudo(self):
        # sudo: the deputy's leads are not the owner's to read until they are his;
        # archived ones too: what was put aside comes back some day
        return (
            self.env["crm.lead"]
            .sudo()
            .with_context(active_test=False, mail_auto_subscribe_no_notify=True)
        )

    def _start(self, now):
        """Hand the deputy what is due while the other is away."""
        self.ensure_one()
        self.write({"state": "active", "started_at": now})
        acting = self._get_acting(self.user_id)
        self._tell_deputy(acting, self._hand_on(acting))

    def _change_last_day(self, before):
        """Days were added: what is due in them goes too; taken off: it comes back."""
        self.ensure_one()
        if self.date_to == before:
            return
        if self.date_to > before:
            acting = self._get_acting(self.user_id)
            self._tell_deputy(acting, self._hand_on(acting, after=before))
            return
        chains = self._get_chains()
        for model_sudo, due, is_open in self._get_work_sudo():
            self._take_back(
                model_sudo, is_open & Domain(due, ">", self.date_to), chains
            )

    def _hand_on(self, acting, after=None):
        """Move what is due until the last day to ``acting``; the number of activities.

        What he has himself in place of others keeps their mark: it is still theirs.
        """
        theirs = self._get_others(self._get_chains())
        counts = {}
        for model_sudo, due, is_open in self._get_work_sudo():
            domain = is_open & Domain("user_id", "=", self.user_id.id)
            domain &= Domain(due, "<=", self.date_to)
            if after:
                domain &= Domain(due, ">", after)
            rows_sudo = model_sudo.search(domain)
            own_sudo = rows_sudo.filtered(
                lambda row: row.crm_deputy_for_id.id not in theirs
            )
            own_sudo.crm_deputy_for_id = self.user_id
            rows_sudo.write({"user_id": acting.id})
            counts[model_sudo._name] = len(rows_sudo)
        return counts["mail.activity"]

    def _get_others(self, chains):
        """Ids of those who are away and for whom this person stands in."""
        return [absent for absent, chain in chains.items() if self.user_id.id in chain]

    def _take_back(self, model_sudo, domain, chains):
        """What comes back to this person of all in ``domain``, his own and the others'.

        :param chains: as :meth:`_get_chains` gave them while he was away
        :return: his own
        """
        holders = chains.get(self.user_id.id, [])
        own_sudo = model_sudo.search(
            domain
            & Domain("crm_deputy_for_id", "=", self.user_id.id)
            & Domain("user_id", "in", [*holders, self.user_id.id])
        )
        others_sudo = model_sudo.search(
            domain
            & Domain("crm_deputy_for_id", "in", self._get_others(chains))
            & Domain("user_id", "in", holders)
        )
        own_sudo.write({"user_id": self.user_id.id, "crm_deputy_for_id": False})
        others_sudo.write({"user_id": self.user_id.id})
        return own_sudo

    def _tell_deputy(self, acting, moved):
        row = self.with_context(lang=acting.lang)
        row.message_notify(
            subject=row.env._("You stand in for %(user)s", user=self.user_id.name),
            body=row.env._(
                "Until %(day)s what comes for %(user)s comes to you. Activities that are "
                "due in this time: %(count)s.",
                day=tools.format_date(row.env, self.date_to),
                user=self.user_id.name,
                count=moved,
            ),
            partner_ids=acting.partner_id.ids,
        )

    def _finish(self, now):
        """Give back what is still open, and tell what happened meanwhile."""
        self.ensure_one()
        was_active = self.state == "active"
        chains = self._get_chains()
        # sudo: action_end has checked; nobody writes these two by himself
        self.sudo().write({"state": "done", "ended_at": now})
        if not was_active:
            return
        back = {
            model_sudo._name: self._take_back(model_sudo, is_open, chains)
            for model_sudo, __, is_open in self._get_work_sudo()
        }
        leads_sudo = self._take_back(self._get_leads_sudo(), Domain.TRUE, chains)
        self._tell_owner(self._get_summary(now, back["mail.activity"], leads_sudo))
        self._forget_marks()

    def _forget_marks(self):
        """What others have now is no longer kept for him."""
        given = Domain("crm_deputy_for_id", "=", self.user_id.id)
        for model_sudo, __, is_open in self._get_work_sudo():
            model_sudo.search(given & is_open).crm_deputy_for_id = False
        self._get_leads_sudo().search(given).crm_deputy_for_id = False
