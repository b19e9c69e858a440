"""The bell and the red strip: what the browser asks, and when it is told to ask again."""

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

BELL_LIMIT = 50
STRIP_LIMIT = 5
HELD = ("acknowledged", "snoozed")
BUS_TYPE = "crm_relations.alarm/changed"


class CrmAlarm(models.Model):
    _inherit = "crm.alarm"

    # -- the bell ------------------------------------------------------------------

    @api.model
    @api.readonly
    def load_bell(self):
        """Who waits for the caller, the most urgent first, in words.

        :return: ``{"count": how many nobody holds, "more": whether there are others,
            "rows": [{"id", "severity", "who", "what", "rule", "whose", "waited",
            "percent", "next", "climbs", "hold", "is_held", "is_running"}]}``; ``whose``
            is who has to act when that is somebody else
        """
        domain = self._get_bell_domain(self.env.user)
        alarms = self.search(
            domain, limit=BELL_LIMIT + 1, order="severity DESC, started_at, id"
        )
        more, alarms = len(alarms) > BELL_LIMIT, alarms[:BELL_LIMIT]
        count = sum(alarm.state not in HELD for alarm in alarms)
        if more:
            count = self.search_count(domain & Domain("state", "not in", HELD))
        rows = alarms._to_bell(fields.Datetime.now())
        # what somebody sees to comes last
        rows.sort(key=lambda row: row["is_held"])
        return {"count": count, "more": more, "rows": rows}

    def _to_bell(self, now):
        return [
            {
                "id": alarm.id,
                "severity": alarm.severity,
                "who": alarm.customer_id.name or alarm.user_id.name or "",
                "what": alarm.res_name or "",
                "rule": alarm.rule_id.name,
                "whose": alarm._get_whose(),
                "waited": alarm.wait_text,
                "percent": alarm.wait_percent,
                "next": alarm.climb_text,
                "climbs": bool(alarm.climb_text) and alarm.state != "exhausted",
                "hold": alarm._format_hold(now),
                "is_held": alarm.state in HELD,
                "is_running": alarm.state != "paused",
            }
            for alarm in self.sudo()  # sudo: names on rows that are readable
        ]

    def _get_whose(self):
        return "" if self.user_id == self.env.user else self.user_id.name or ""

    # -- the strip -----------------------------------------------------------------

    @api.model
    @api.readonly
    def load_strip(self, model, res_id):
        """Alarms of a document or, for a contact, of the customer, explained.

        :return: list of ``{"id", "severity", "is_told", "is_held", "may_snooze",
            "title", "why", "hold"}``; on a contact only what somebody was told of
        """
        alarms = self.search(
            self._get_strip_domain(model, res_id),
            limit=STRIP_LIMIT,
            order="level DESC, severity DESC, started_at",
        )
        return alarms._to_strip(fields.Datetime.now())

    @api.model
    def _get_strip_domain(self, model, res_id):
        running = Domain("state", "!=", "stopped") & Domain(
            "started_at", "<=", fields.Datetime.now()
        )
        if model == "res.partner":
            customer = self.env[model].browse(res_id).commercial_partner_id
            return self._get_customer_domain(customer.ids)
        about = Domain("res_model", "=", model) & Domain("res_id", "=", res_id)
        if model == "crm.lead":
            about |= Domain("lead_id", "=", res_id) & Domain("level", ">", 0)
        return running & about

    @api.model
    def _get_customer_domain(self, customer_ids):
        return (
            Domain("customer_id", "in", customer_ids)
            & Domain("state", "!=", "stopped")
            & Domain("level", ">", 0)
        )

    def _to_strip(self, now):
        explained = self._explain_all(now) if self else {}
        return [
            {
                "id": alarm.id,
                "severity": alarm.severity,
                "is_told": alarm.level > 0,
                "is_held": alarm.state in HELD,
                "may_hold": alarm.state != "paused",
                "may_snooze": alarm.snoozed_level != alarm.level,
                "title": alarm._get_strip_title(explained[alarm.id]),
                "why": alarm._get_why(explained[alarm.id], now),
                "hold": alarm._format_hold(now),
            }
            for alarm in self.sudo()  # sudo: names on rows that are readable
        ]

    def _get_strip_title(self, found):
        limits = [
            step["limit_minutes"] + found["held_minutes"]
            for step in found["steps"]
            if step["state"] == "next"
        ]
        waited = self._format_wait(found["waited_minutes"], *limits)
        return self.env._(
            "%(record)s waits %(waited)s", record=found["name"], waited=waited
        )

    def _get_why(self, found, now):
        """Since when, who was told, and why the next step comes when it does.

        :param dict found: of ``_explain``
        """
        lines = [
            self.env._(
                "%(rule)s, since %(start)s",
                rule=found["rule"],
                start=self._format_moment(found["started_at"], now),
            )
        ]
        lines += [
            self._get_why_step(step, found, now)
            for step in found["steps"]
            if step["state"] != "skipped"  # after downtime only the highest was told
        ]
        if found["is_broken"]:
            lines.append(self.env._("its calendar has no working hours"))
        if found["state"] == "paused":
            lines.append(self.env._("the clock stands still"))
        return "; ".join(lines)

    @api.model
    def _get_why_step(self, step, found, now):
        values = {
            "who": step["who"] or self.env._("nobody new"),
            "moment": step["due_at"]
            and self._format_moment(step["due_at"], now)
            or "—",
        }
        if step["state"] == "told":
            return self.env._("told %(who)s %(moment)s", **values)
        if step["state"] != "next":
            return self.env._("then %(who)s %(moment)s", **values)
        if found["hold_until"] or found["held_minutes"]:
            return self.env._("due %(moment)s, %(who)s", **values)
        values["limit"] = self._format_minutes(step["limit_minutes"])
        if found["clock"] == "wall":
            return self.env._("due %(moment)s = + %(limit)s, %(who)s", **values)
        return self.env._(
            "due %(moment)s = + %(limit)s working time in %(calendar)s, %(who)s",
            calendar=found["calendar"],
            **values,
        )

    # -- news ----------------------------------------------------------------------

    def _ring(self):
        """The browsers of those concerned ask again; sent when the transaction ends."""
        if not self.ids:
            return
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT user_id FROM crm_alarm
                 WHERE id = ANY(%(ids)s) AND level > 0 AND user_id IS NOT NULL
                 UNION
                SELECT user_id FROM crm_alarm_notified_rel
                 WHERE alarm_id = ANY(%(ids)s)
                """,
                ids=self.ids,
            )
        )
        # sudo: whoever acts rings at colleagues' browsers
        users_sudo = self.env["res.users"].sudo().browse(row[0] for row in rows)
        users_sudo._bus_send(BUS_TYPE, {})

    @api.model
    def _stop_known(self, rows, reason, note=None, user=None, spent=False):
        result = super()._stop_known(rows, reason, note, user, spent)
        self.browse(row[0] for row in rows)._ring()
        return result

    def _hold(self, now, untils, kind, reason):
        silenced = super()._hold(now, untils, kind, reason)
        self._ring()
        return silenced


class CrmAlarmEvent(models.Model):
    _inherit = "crm.alarm.event"

    def _deliver_together(self, channel, now):
        result = super()._deliver_together(channel, now)
        self.alarm_id._ring()
        return result
