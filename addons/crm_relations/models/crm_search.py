"""The one search box: any word, number or address -> what it may be, in groups."""

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.contact_point import PHONE_KINDS
from ..tools.search_term import parse_term

CANDIDATES = 60  # looked at per group before ranking; a common word has more
LIMIT = 20
COUNT_LIMIT = 1000  # "a thousand or more" is all one needs to know of a colleague


class CrmSearch(models.AbstractModel):
    """Glue and spokes extend :meth:`_get_groups` and add a ``_find_<code>`` method."""

    _name = "crm.search"
    _description = "Search Everywhere"

    @api.model
    @api.readonly
    def search_everywhere(self, term, limit=8):
        """Find customers, people, leads, deals, documents, products and colleagues.

        :param str term: what was typed: name, phone in any spelling, e-mail, number
        :param int limit: items per group, at most 20
        :return: ``[{"group": code, "label": str, "items": [{"model", "id", "title",
            "subtitle", "extra"}]}]``: groups that found something the caller may read
        """
        if not self.env.user._is_internal():
            raise AccessError(self.env._("Only employees may search here."))
        parsed = parse_term(term, self.env.company.country_id.code)
        if not parsed:
            return []
        limit = max(1, min(int(limit), LIMIT))
        reached = self._match_points(parsed)
        result = []
        for code, label, model in self._get_groups():
            if not self.env[model].has_access("read"):
                continue
            items = getattr(self, f"_find_{code}")(parsed, reached, limit)
            if items:
                result.append({"group": code, "label": label, "items": items})
        return result

    @api.model
    def _get_groups(self):
        """``[(code, label, model whose read right opens the group)]`` in screen order"""
        return [
            ("customers", self.env._("Customers"), "res.partner"),
            ("people", self.env._("People"), "res.partner"),
            ("leads", self.env._("Leads"), "crm.lead"),
            ("deals", self.env._("Deals"), "crm.lead"),
            ("orders", self.env._("Orders"), "sale.order"),
            ("invoices", self.env._("Invoices"), "account.move"),
            ("products", self.env._("Products"), "product.template"),
            ("colleagues", self.env._("Colleagues"), "res.users"),
        ]

    # ------------------------------------------------------------ how to look

    @api.model
    def _match_points(self, term):
        """{partner id: (value as shown, is former)} of a phone or e-mail typed"""
        points = self.env["crm.contact.point"]
        if term.phone:
            domain = Domain("kind", "in", PHONE_KINDS) & like("normalized", term.phone)
        elif term.email:
            kind = Domain("kind", "=", "email")
            domain = kind & Domain("normalized", "=", term.email)
            if not points._search(domain, limit=1):  # not the whole address
                domain = kind & like("normalized", f"%{escape(term.email)}%")
        else:
            return {}
        points = points.browse(points._search(domain, limit=CANDIDATES))
        points.fetch(["partner_id", "value", "state"])
        reached = {}
        for point in points.sorted(lambda point: point.state == "former"):
            reached.setdefault(
                point.partner_id.id, (point.value, point.state == "former")
            )
        return reached

    @api.model
    def _words_domain(self, field, term):
        """Each word somewhere in ``field``: what a trigram index answers."""
        return Domain.AND(Domain(field, "ilike", escape(word)) for word in term.words)

    @api.model
    def _name_domain(self, term):
        """Two letters make no trigram: they begin a name, in one of the usual cases."""
        if not term.is_short:
            return self._words_domain("complete_name", term)
        cases = {
            term.text,
            term.text.lower(),
            term.text.upper(),
            term.text.capitalize(),
        }
        return Domain.OR(
            Domain("name", "=like", f"{escape(text)}%") for text in sorted(cases)
        )

    @api.model
    def _find(self, model, domain, term, fields, limit, title="display_name"):
        """The best ``limit`` of the first candidates: an ORDER BY over a common word
        would read and sort a good part of the table."""
        records = self.env[model].browse(
            self.env[model]._search(domain, limit=CANDIDATES)
        )
        records.fetch(fields)
        typed = term.text.lower()

        def rank(record):
            name = (record[title] or "").lower()
            return (name != typed, not name.startswith(typed), len(name), record.id)

        return records.sorted(rank)[:limit]

    @api.model
    def _prepare_item(self, record, title, subtitle, extra=None):
        parts = [part for part in subtitle if part]
        return {
            "model": record._name,
            "id": record.id,
            "title": title or "",
            "subtitle": " · ".join(parts),
            "extra": extra or {},
        }

    # ------------------------------------------------------------ customers, people

    @api.model
    def _find_customers(self, term, reached, limit):
        return self._find_partners(
            Domain("parent_id", "=", False), term, reached, limit
        )

    @api.model
    def _find_people(self, term, reached, limit):
        return self._find_partners(
            Domain("parent_id", "!=", False), term, reached, limit
        )

    @api.model
    def _find_partners(self, kind, term, reached, limit):
        kind &= Domain("partner_share", "=", True)  # colleagues have their own group
        fields = [
            "name",
            "complete_name",
            "phone",
            "email",
            "city",
            "user_id",
            "is_company",
        ]
        found = self.env["res.partner"]
        if reached:
            found = found.search_fetch(
                kind & Domain("id", "in", list(reached)), fields, limit=limit
            )
            found = found.sorted(lambda partner: (reached[partner.id][1], partner.id))
        if len(found) < limit and not term.is_address:
            exact = Domain.OR(Domain(field, "=", term.text) for field in ("ref", "vat"))
            domains = [exact, self._name_domain(term)]
            for domain in domains:
                found |= self._find(
                    "res.partner", kind & domain, term, fields, limit, "complete_name"
                )
        return [self._prepare_partner(partner, reached) for partner in found[:limit]]

    @api.model
    def _prepare_partner(self, partner, reached):
        value, former = reached.get(partner.id, (partner.phone or partner.email, False))
        return self._prepare_item(
            partner,
            partner.complete_name,
            [value, partner.city, partner.user_id.sudo().name],  # sudo: a name only
            {"is_company": partner.is_company, "former": former},
        )

    # ------------------------------------------------------------ leads, deals

    @api.model
    def _find_leads(self, term, reached, limit):
        return self._find_opportunities("lead", term, reached, limit)

    @api.model
    def _find_deals(self, term, reached, limit):
        return self._find_opportunities("opportunity", term, reached, limit)

    @api.model
    def _find_opportunities(self, kind, term, reached, limit):
        fields = ["name", "contact_name", "partner_name", "partner_id", "stage_id",
                  "user_id", "expected_revenue", "company_id"]  # fmt: skip
        # one question per query: over mixed columns PostgreSQL would read the table
        domains = []
        if reached:
            domains.append(Domain("partner_id", "in", list(reached)))
        if term.phone:
            domains.append(like("phone_sanitized", term.phone))
        if term.email:
            domains.append(Domain("email_normalized", "=", term.email))
        if not term.is_address and not term.is_short:
            names = ("name", "contact_name", "partner_name")
            domains.append(Domain.OR(self._words_domain(name, term) for name in names))
        leads = self.env["crm.lead"]
        for domain in domains:
            if len(leads) < limit:
                domain &= Domain("type", "=", kind)
                leads |= self._find("crm.lead", domain, term, fields, limit)
        leads = leads[:limit]
        return [self._prepare_lead(lead) for lead in leads]

    @api.model
    def _prepare_lead(self, lead):
        return self._prepare_item(
            lead,
            lead.name,
            [
                lead.partner_name or lead.contact_name or lead.partner_id.sudo().name,
                lead.stage_id.name,
                lead.user_id.sudo().name,  # sudo: names only
            ],
            {
                "amount": lead.expected_revenue,
                "currency_id": lead.company_currency.id,
            },
        )

    # ------------------------------------------------------------ colleagues

    @api.model
    def _find_colleagues(self, term, reached, limit):
        names = self._words_domain("name", term) | Domain(
            "login", "=ilike", f"{escape(term.text)}%"
        )
        if reached:
            names |= Domain("partner_id", "in", list(reached))
        domain = Domain("share", "=", False) & names
        fields = ["name", "partner_id", "email", "phone"]
        users = self._find("res.users", domain, term, fields, limit, "name")
        deals = self._count("crm.lead", [("type", "=", "opportunity")], users)
        customers = self._count("res.partner", [], users)
        return [
            self._prepare_item(
                user,
                user.name,
                [user.phone, user.email],
                {
                    "deal_count": deals.get(user.id, 0),
                    "customer_count": customers.get(user.id, 0),
                },
            )
            for user in users
        ]

    @api.model
    def _count(self, model, domain, users):
        """{user id: how many of his records the caller may read}, at most COUNT_LIMIT

        One statement; counting two hundred thousand customers would take longer than
        everything else here.
        """
        if not users or not self.env[model].has_access("read"):
            return {}
        counts = []
        for user in users:
            owned = Domain(domain) & Domain("user_id", "=", user.id)
            query = self.env[model]._search(owned, limit=COUNT_LIMIT)
            counts.append(
                SQL(
                    "(SELECT %s, COUNT(*) FROM %s AS owned)", user.id, query.subselect()
                )
            )
        return dict(self.env.execute_query(SQL(" UNION ALL ").join(counts)))


def like(field, pattern):
    """``=`` where nothing is left open."""
    return Domain(field, "=like" if "%" in pattern else "=", pattern)


def escape(text):
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
