"""The one search box: any word, number or address -> what it may be, in groups."""

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from ..tools.contact_point import PHONE_KINDS
from ..tools.search_term import parse_term

CANDIDATES = 60  # looked at per group before ranking; a common word has more
LIMIT = 20
SALE_MOVES = ("out_invoice", "out_refund", "out_receipt")


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
        if term.phone:
            domain = Domain("kind", "in", PHONE_KINDS)
            domain &= Domain(
                "normalized", "=like" if "%" in term.phone else "=", term.phone
            )
        elif term.email:
            pattern = f"%{_escape(term.email)}%"
            domain = Domain("kind", "=", "email") & Domain(
                "normalized", "=like", pattern
            )
        else:
            return {}
        points = self.env["crm.contact.point"].browse(
            self.env["crm.contact.point"]._search(domain, limit=CANDIDATES)
        )
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
        return Domain.AND(Domain(field, "ilike", _escape(word)) for word in term.words)

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
        if len(found) < limit and not term.email:
            exact = Domain.OR(Domain(field, "=", term.text) for field in ("ref", "vat"))
            domains = [exact, self._words_domain("complete_name", term)]
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
        domain = Domain.OR(
            self._words_domain(field, term)
            for field in ("name", "contact_name", "partner_name")
        )
        if term.phone:
            domain |= Domain(
                "phone_sanitized", "=like" if "%" in term.phone else "=", term.phone
            )
        if term.email:
            domain |= Domain("email_normalized", "ilike", _escape(term.email))
        if reached:
            domain |= Domain("partner_id", "in", list(reached))
        fields = ["name", "contact_name", "partner_name", "partner_id", "stage_id", "user_id",
                  "expected_revenue", "company_id"]  # fmt: skip
        leads = self._find(
            "crm.lead", Domain("type", "=", kind) & domain, term, fields, limit
        )
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

    # ------------------------------------------------------------ documents

    @api.model
    def _find_orders(self, term, _reached, limit):
        domain = Domain.OR(
            Domain(field, "ilike", _escape(term.text))
            for field in ("name", "client_order_ref")
        )
        fields = [
            "name",
            "partner_id",
            "state",
            "amount_total",
            "currency_id",
            "date_order",
        ]
        return [
            self._prepare_document(order, order.date_order)
            for order in self._find("sale.order", domain, term, fields, limit, "name")
        ]

    @api.model
    def _find_invoices(self, term, _reached, limit):
        domain = Domain("move_type", "in", SALE_MOVES) & Domain.OR(
            Domain(field, "ilike", _escape(term.text))
            for field in ("name", "ref", "payment_reference")
        )
        fields = [
            "name",
            "partner_id",
            "state",
            "amount_total",
            "currency_id",
            "invoice_date",
        ]
        return [
            self._prepare_document(move, move.invoice_date)
            for move in self._find("account.move", domain, term, fields, limit, "name")
        ]

    @api.model
    def _prepare_document(self, document, date):
        states = dict(document._fields["state"]._description_selection(self.env))
        return self._prepare_item(
            document,
            document.name or document.display_name,
            # sudo: a name only
            [document.partner_id.sudo().name, states.get(document.state)],
            {
                "amount": document.amount_total,
                "currency_id": document.currency_id.id,
                "date": str(date) if date else False,
            },
        )

    # ------------------------------------------------------------ products

    @api.model
    def _find_products(self, term, _reached, limit):
        templates = self.env["product.template"]
        codes = {term.text, term.text.upper()}
        variants = self.env["product.product"].search(
            Domain.OR(
                Domain("default_code", "=like", f"{_escape(code)}%") for code in codes
            )
            | Domain("barcode", "=", term.text),
            limit=CANDIDATES,
        )
        fields = ["name", "default_code", "list_price", "currency_id"]
        domain = Domain("sale_ok", "=", True)
        found = templates.search(
            domain & Domain("id", "in", variants.product_tmpl_id.ids)
        )
        found |= self._find(
            "product.template",
            domain & self._words_domain("name", term),
            term,
            fields,
            limit,
            "name",
        )
        found = found[:limit]
        extra = self._get_product_extra(found)
        return [
            self._prepare_item(
                product,
                product.name,
                [product.default_code],
                {"price": product.list_price, "currency_id": product.currency_id.id}
                | extra[product.id],
            )
            for product in found
        ]

    @api.model
    def _get_product_extra(self, templates):
        """{template id: {"bought_by": [last three customers: {"id", "name", "date"}]}}

        The stock glue adds what is on hand.
        """
        extra = {template.id: {"bought_by": []} for template in templates}
        lines = self.env["sale.order.line"]
        if not templates or not lines.has_access("read"):
            return extra
        lines = lines.search_fetch(
            [
                ("product_id", "in", templates.product_variant_ids.ids),
                ("state", "=", "sale"),
            ],
            ["product_id", "order_partner_id", "create_date"],
            order="id DESC",
            limit=CANDIDATES * 3,
        )
        for line in lines:
            buyers = extra[line.product_id.product_tmpl_id.id]["bought_by"]
            partner_sudo = line.order_partner_id.sudo()  # sudo: a name only
            if len(buyers) < 3 and all(
                buyer["id"] != partner_sudo.id for buyer in buyers
            ):
                date = str(line.create_date.date())
                buyers.append(
                    {"id": partner_sudo.id, "name": partner_sudo.name, "date": date}
                )
        return extra

    # ------------------------------------------------------------ colleagues

    @api.model
    def _find_colleagues(self, term, reached, limit):
        names = self._words_domain("name", term) | Domain(
            "login", "=ilike", f"{_escape(term.text)}%"
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
        """{user id: how many of his records the caller may read}"""
        if not users or not self.env[model].has_access("read"):
            return {}
        groups = self.env[model]._read_group(
            Domain(domain) & Domain("user_id", "in", users.ids),
            ["user_id"],
            ["__count"],
        )
        return {user.id: count for user, count in groups}


def _escape(text):
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
