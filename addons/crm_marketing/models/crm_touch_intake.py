from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

from ..tools import touch as touch_tools

REPEAT_MINUTES = 30  # the same visitor from the same place within this is one visit


class CrmTouchIntake(models.AbstractModel):
    """Takes in what sites' scripts send: limits, repeats, rows of the ledger."""

    _name = "crm.touch.intake"
    _description = "Intake of Touches"

    @api.model
    def _take(self, site, visitor_key, touches, address, now):
        """Write one call of the script into the ledger.

        :param site: ``crm.touch.site``, superuser
        :param visitor_key: what the cookie holds, or None without consent
        :param list touches: of ``tools.touch.parse``
        :param str address: network address of the sender
        :return: HTTP status: 204 taken, 429 too many calls
        """
        sender = self.env["crm.web.form.intake"]._hash_address(address)
        if site._is_over_limit(sender, now):
            return 429
        self.env["crm.touch.hit"].create(
            {"site_id": site.id, "created_at": now, "address_hash": sender}
        )
        visitor = self.env["crm.touch.visitor"]
        if visitor_key:
            visitor = visitor._see(site.company_id, visitor_key, now)
            self.env["crm.touch.letter"]._join(visitor, touches)
        rows = self._prepare_rows(site, visitor, touches, now)
        if rows:
            self.env["crm.interaction"]._feed(rows)
        return 204

    @api.model
    def _prepare_rows(self, site, visitor, touches, now):
        person = self._find_person(visitor)
        products = self._find_products(site, touches)
        utm = self.env["crm.utm"]
        common = {
            "company_id": site.company_id.id,
            "team_id": site.team_id.id,
            "direction": "in",
            "started_at": now,
            "ended_at": now,
            "is_automatic": True,  # nobody spoke: neither a question nor progress
            "visitor_id": visitor.id,
            **person,
        }
        rows, seen = [], self._get_recent_visits(visitor, now)
        for touch in touches:
            row = {**common, **utm._find_ids(touch, now), **self._describe(touch)}
            if touch["kind"] == "visit":
                origin = _origin(row)
                if visitor and origin in seen:
                    continue
                seen.add(origin)
            else:
                row["product_id"] = products.get(touch["product"])
                if not row["product_id"] or not visitor:
                    continue
            row["external_key"] = self._make_key(touch, row, visitor, now)
            rows.append(row)
        return rows

    @api.model
    def _describe(self, touch):
        return {
            "channel": "ad" if touch.get("is_ad") else "site",
            "touch_kind": touch["kind"],
            "page": touch.get("page"),
            "utm_term": touch.get("term"),
            "utm_content": touch.get("content"),
            "click_kind": touch.get("click_kind"),
            "click_ref": touch.get("click_ref"),
        }

    @api.model
    def _make_key(self, touch, row, visitor, now):
        """An advertiser's click counts once, a product once a day and visitor."""
        if touch["kind"] != "visit":
            return f"{touch['kind']}:{visitor.id}:{row['product_id']}:{now.date()}"
        if touch.get("click_ref"):
            return f"{touch['click_kind']}:{touch['click_ref']}"[:128]
        return f"visit:{touch['id']}"

    @api.model
    def _get_recent_visits(self, visitor, now):
        """Where this visitor came from within the last half an hour."""
        if not visitor:
            return set()
        self.env["crm.interaction"].flush_model()
        return set(
            self.env.execute_query(
                SQL(
                    """
                    SELECT source_id, medium_id, campaign_id, click_ref
                      FROM crm_interaction
                     WHERE visitor_id = %s AND touch_kind = 'visit' AND started_at > %s
                    """,
                    visitor.id,
                    now - timedelta(minutes=REPEAT_MINUTES),
                )
            )
        )

    @api.model
    def _find_person(self, visitor):
        """Who this visitor is by now: a person, else the lead he made."""
        if visitor.partner_id:
            return {"partner_id": visitor.partner_id.id}
        if not visitor:
            return {}
        rows = self.env["crm.interaction"].search(
            [("visitor_id", "=", visitor.id), ("lead_id", "!=", False)], limit=1
        )
        return {"lead_id": rows.lead_id.id}

    @api.model
    def _find_products(self, site, touches):
        """``{what the site calls it: product id}``: internal references of its company."""
        names = {touch["product"] for touch in touches if touch.get("product")}
        if not names:
            return {}
        products = self.env["product.product"].search_fetch(
            [
                ("default_code", "in", list(names)),
                ("company_id", "in", [site.company_id.id, False]),
            ],
            ["default_code"],
        )
        return {product.default_code: product.id for product in products}

    @api.model
    def _find_site(self, key):
        """The site with this key (superuser's environment: a visitor has no rights)."""
        site = self.env["crm.touch.site"].search([("key", "=", key)], limit=1)
        return site.with_company(site.company_id) if site else site

    @api.model
    def _parse(self, body):
        """:func:`tools.touch.parse`, or None for what no script of ours sends."""
        try:
            return touch_tools.parse(body)
        except ValueError:
            return None


def _origin(row):
    names = ("source_id", "medium_id", "campaign_id", "click_ref")
    return tuple(row.get(name) for name in names)
