from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Command, Domain
from odoo.tools import email_normalize, html2plaintext

from ..tools.contact_point import normalize

PREVIEW_LENGTH = 200


class CrmArrival(models.AbstractModel):
    """A contact arrives: nothing new, a lead or an opportunity, and who is responsible.

    Everything runs as the superuser: who writes to us has no rights of his own. The
    values are ours or checked before (web form), and rules are read, never written.
    """

    _name = "crm.arrival"
    _description = "Arrival of a Contact"

    @api.model
    def _arrive(self, vals, now):
        """Decide what a contact becomes and tell the responsible.

        :param dict vals: ``channel`` (crm.channel), ``company``, ``team`` (records),
            ``name`` (subject), and where known ``email``, ``phone``, ``contact_name``,
            ``partner_name``, ``description`` (Markup), ``products``, ``tags``
            (records), ``source_id``, ``medium_id``, ``campaign_id``, ``partner``.
        :return: the lead, order or customer that the contact now belongs to.
        """
        partner = vals.get("partner") or self._identify(
            vals.get("email"), vals.get("phone"), vals["company"]
        )
        rule = self.env["crm.arrival.rule"]._match(
            channel=vals["channel"],
            team=vals["team"],
            company=vals["company"],
            known=bool(partner),
            with_product=bool(vals.get("products")),
        )
        document = self._find_open_document(
            rule, vals["team"], vals["company"], partner, vals, now
        )
        if not document and rule.action == "none":
            document = partner
        if document:
            self._attach(document, partner, vals)
            return document
        lead = self.env["crm.lead"].with_context(
            mail_create_nolog=True,
            mail_create_nosubscribe=True,
            mail_auto_subscribe_no_notify=True,
        )
        lead = lead.create(self._prepare_lead_values(rule, partner, vals))
        lead = lead.with_env(self.env)
        responsible = self._welcome(lead, rule, vals["channel"], now)
        self._tell_followers_of_team(lead, vals["channel"], responsible)
        return lead

    # -- who is it -----------------------------------------------------------

    @api.model
    def _identify(self, email, phone, company):
        """The customer behind an address or number, or an empty record."""
        points = self.env["crm.contact.point"]
        partners = self.env["res.partner"]
        for kind, value in (("email", email), ("phone", phone)):
            found = value and points._resolve(kind, value, company)["partner"]
            if found:
                return partners.browse(found)
        return partners

    # -- what is open --------------------------------------------------------

    @api.model
    def _find_open_document(self, rule, team, company, partner, vals, now):
        """The open lead or deal of this person in this team, else the open order."""
        if not rule.attach_to_open:
            return self.env["crm.lead"]
        since = now - timedelta(days=rule.attach_days)
        return self._find_open_lead(
            team, company, partner, vals, since
        ) or self._find_open_order(company, partner, since)

    @api.model
    def _find_open_lead(self, team, company, partner, vals, since):
        leads = self.env["crm.lead"]
        region = company.country_id.code
        email = email_normalize(vals.get("email") or "")
        number = normalize("phone", vals.get("phone") or "", region).normalized
        same_person = [
            Domain(name, "=", value)
            for name, value in (
                ("partner_id", partner.id),
                ("email_normalized", email),
                ("phone_sanitized", number),
            )
            if value
        ]
        if not same_person:
            return leads
        domain = Domain.AND(
            [
                Domain.OR(same_person),
                Domain("won_status", "=", "pending"),
                Domain("write_date", ">=", since),
                Domain("team_id", "in", team.ids),
                Domain("company_id", "in", [False, *company.ids]),
            ]
        )
        return leads.search(domain, order="write_date desc, id desc", limit=1)

    @api.model
    def _find_open_order(self, company, partner, since):
        """An order is open until it is delivered and invoiced as far as it goes."""
        orders = self.env["sale.order"]
        if not partner:
            return orders
        domain = Domain.AND(
            [
                Domain("partner_id", "=", partner.id),
                Domain("company_id", "=", company.id),
                Domain("date_order", ">=", since),
                Domain("state", "in", ["draft", "sent"])
                | (
                    Domain("state", "=", "sale")
                    & Domain("invoice_status", "in", ["no", "to invoice"])
                ),
            ]
        )
        return orders.search(domain, order="date_order desc, id desc", limit=1)

    @api.model
    def _attach(self, document, partner, vals):
        """Keep what was said on the document; its responsible is told once."""
        responsible = self.env["res.users"]
        if "user_id" in document._fields:
            responsible = document.user_id
        channel = vals["channel"].with_context(lang=responsible.lang)
        title = self.env._(
            "%(channel)s: %(subject)s", channel=channel.name, subject=vals["name"]
        )
        body = Markup("<p><b>%s</b></p>%s") % (title, vals.get("description") or "")
        document.message_post(
            body=body,
            # a note: the ledger's row of this contact is written by its channel
            subtype_xmlid="mail.mt_note",
            partner_ids=responsible.partner_id.ids,
            attachment_ids=vals.get("attachment_ids") or [],
        )

    # -- a new lead ----------------------------------------------------------

    @api.model
    def _prepare_lead_values(self, rule, partner, vals):
        values = {
            "name": vals["name"],
            "type": rule._get_lead_type(vals["team"]),
            "team_id": vals["team"].id,
            "company_id": vals["company"].id,
            "user_id": False,
            "description": vals.get("description"),
        }
        for name, key in (("crm_product_ids", "products"), ("tag_ids", "tags")):
            if vals.get(key):
                values[name] = [Command.set(vals[key].ids)]
        for name in ("source_id", "medium_id", "campaign_id"):
            values[name] = vals.get(name)
        if partner:
            # not the address and number: the host would write them onto the card
            return {**values, "partner_id": partner.id}
        return {
            **values,
            "email_from": vals.get("email"),
            "phone": vals.get("phone"),
            "contact_name": vals.get("contact_name"),
            "partner_name": vals.get("partner_name"),
        }

    @api.model
    def _welcome(self, lead, rule, channel, now):
        """Give the lead its responsible, one notice and a follow-up; returns the user."""
        team = lead.team_id
        user, reason = team._crm_find_responsible(lead, rule.use_owner)
        if not user:
            return user
        lead.with_context(mail_auto_subscribe_no_notify=True).user_id = user
        self._notify_responsible(lead, user, reason, channel)
        if rule.plan_activity:
            self._plan_follow_up(lead, rule, user, now)
        return user

    @api.model
    def _notify_responsible(self, lead, user, reason, channel):
        """One notice; the host sends it by inbox or e-mail, as the person prefers."""
        lead = lead.with_context(lang=user.lang)
        channel = channel.with_context(lang=user.lang)
        env = lead.env
        reasons = {
            "owner": env._("This customer is yours."),
            "deputy": env._("You stand in for the salesperson of this customer."),
            "member": env._(
                "You are the next in the team %(team)s.", team=lead.team_id.name
            ),
            "leader": env._("You lead the team %(team)s.", team=lead.team_id.name),
        }
        facts = [
            (
                env._("From"),
                lead.contact_name or lead.partner_name or lead.partner_id.name,
            ),
            (env._("E-mail"), lead.email_from),
            (env._("Phone"), lead.phone),
            (
                env._("Asked for"),
                ", ".join(lead.crm_product_ids.mapped("display_name")),
            ),
        ]
        rows = Markup("").join(
            Markup("<li>%s: %s</li>") % fact for fact in facts if fact[1]
        )
        text = html2plaintext(lead.description or "")[:PREVIEW_LENGTH]
        lead.message_notify(
            subject=env._(
                "%(channel)s: %(lead)s", channel=channel.name, lead=lead.display_name
            ),
            body=Markup("<p>%s</p><ul>%s</ul><p>%s</p>")
            % (reasons[reason], rows, text),
            partner_ids=user.partner_id.ids,
            email_layout_xmlid="mail.mail_notification_layout",
            model_description=env["ir.model"]._get(lead._name).display_name,
        )

    @api.model
    def _plan_follow_up(self, lead, rule, user, now):
        activity_type = rule.activity_type_id or self.env.ref(
            "mail.mail_activity_data_call"
            if lead.phone
            else "mail.mail_activity_data_email"
        )
        today = fields.Datetime.context_timestamp(
            lead.with_context(tz=user.tz), now
        ).date()
        # quick_update: the notice is sent already
        lead.with_context(mail_activity_quick_update=True).activity_schedule(
            activity_type_id=activity_type.id,
            user_id=user.id,
            date_deadline=today + timedelta(days=rule.activity_days),
            summary=lead.with_context(lang=user.lang).env._("First answer"),
        )

    @api.model
    def _tell_followers_of_team(self, lead, channel, responsible):
        """The host's message 'created', for those who follow the team's new leads."""
        noticed = lead.with_context(crm_noticed_partner_ids=responsible.partner_id.ids)
        noticed.message_post(
            body=self.env._("Came by: %(channel)s", channel=channel.name),
            subtype_xmlid="crm.mt_lead_create",
            message_type="notification",
        )

    # -- e-mail --------------------------------------------------------------

    @api.model
    def _match_email_rule(self, msg_dict, team):
        return self.env["crm.arrival.rule"]._match(
            channel=self.env.ref("crm_relations.crm_channel_email"),
            team=team,
            company=team.company_id or self.env.company,
            known=bool(self._get_email_customer(msg_dict, team)),
        )

    @api.model
    def _get_email_customer(self, msg_dict, team):
        """The customer who writes, also from a former or learned address; or nobody.

        The host knows an author by the address on his card alone, and a colleague who
        forwards a letter is no customer.
        """
        author = self.env["res.partner"].browse(msg_dict.get("author_id") or [])
        if author.partner_share:
            return author
        email = msg_dict.get("email_from")
        found = self._identify(email, None, team.company_id or self.env.company)
        return found.filtered("partner_share")

    @api.model
    def _redirect_route(self, route, msg_dict):
        """Send an e-mail that would become a lead to what is open, where rules say so.

        :param route: the host's ``(model, thread_id, custom_values, user_id, alias)``.
        """
        model, thread_id, values, *rest = route
        if model != "crm.lead" or thread_id:
            return route
        # sudo: the gateway's user may be anyone, teams and rules are only read
        arrival_sudo = self.sudo()
        team_sudo = arrival_sudo.env["crm.team"].browse((values or {}).get("team_id"))
        if not team_sudo.crm_use_arrival_rules:
            return route
        rule = arrival_sudo._match_email_rule(msg_dict, team_sudo)
        partner = arrival_sudo._get_email_customer(msg_dict, team_sudo)
        document = arrival_sudo._find_open_document(
            rule,
            team_sudo,
            team_sudo.company_id or self.env.company,
            partner,
            {"email": msg_dict.get("email_from")},
            self.env.cr.now(),
        )
        if not document and rule.action == "none":
            document = partner
        return (document._name, document.id, values, *rest) if document else route
