"""Partner's own fields -> points, and back where the card is empty. Sets, not loops."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.contact_point import normalize, split_emails, split_phones

TYPING = timedelta(minutes=10)  # a value gone so soon was a slip of the finger
CARD_SPLITTERS = {
    "phone": split_phones,
    "email": split_emails,
}  # {kind = field: function}
_TYPES = {
    "partner_id": "int4",
    "company_id": "int4",
    "kind": "text",
    "value": "text",
    "normalized": "text",
    "extension": "text",
    "card_value": "text",
    "is_primary": "bool",
    "state": "text",
}


class CrmContactPoint(models.Model):
    _inherit = "crm.contact.point"

    # ------------------------------------------------------------ partner -> points

    @api.model
    def _sync_partners(self, partner_ids, now=None, fresh=False):
        """Make the points of these partners agree with their cards.

        :param bool fresh: the partners were created just now and have no points
        :return: how many points had to change
        """
        if not partner_ids:
            return 0
        self.flush_model()
        wanted = self._get_card_points(partner_ids)
        existing = {} if fresh else self._get_existing_points(partner_ids)
        upserts = []
        for key, row in wanted.items():
            point = existing.get(key)
            if not point or any(point[name] != row[name] for name in _TYPES):
                upserts.append(row | {"id": point["id"] if point else 0})
        gone = [
            point
            for key, point in existing.items()
            if point["card_value"] is not None and key not in wanted
        ]
        self._leave_card(gone, now or fields.Datetime.now())
        self._upsert_card_points(upserts)
        moved = self._copy_company(existing.values())
        if upserts or gone or moved:
            self.invalidate_model()
        return len(upserts) + len(gone) + moved

    @api.model
    def _get_key(self, row):
        """Same key = same point; an unusable one is known by its text."""
        return (
            row["partner_id"],
            row["kind"],
            row["normalized"] or ("unusable", row["value"]),
        )

    @api.model
    def _get_card_points(self, partner_ids):
        """{key: row of _TYPES} as the cards say; from memory where they are in it"""
        partners = self.env["res.partner"].browse(partner_ids)
        wanted = {}
        for partner in partners:
            company = partner.company_id or self.env.company
            region = partner.country_id.code or company.country_id.code
            for kind, split in CARD_SPLITTERS.items():
                text = partner[kind] or None
                for index, piece in enumerate(split(text)):
                    point = normalize(kind, piece, region)
                    row = {
                        "partner_id": partner.id,
                        "company_id": partner.company_id.id or None,
                        "kind": kind,
                        "value": piece,
                        "normalized": point.normalized,
                        "extension": point.extension,
                        "card_value": text,
                        "is_primary": index == 0,
                        "state": "ok" if point.normalized else "unusable",
                    }
                    wanted.setdefault(self._get_key(row), row)
        return wanted

    @api.model
    def _get_existing_points(self, partner_ids):
        rows = self.env.execute_query_dict(
            SQL(
                """
                SELECT id, origin, create_date, last_seen_at, verified_at, %s
                  FROM crm_contact_point
                 WHERE partner_id = ANY(%s)
                """,
                SQL(", ").join(map(SQL.identifier, _TYPES)),
                list(partner_ids),
            )
        )
        return {self._get_key(row): row for row in rows}

    @api.model
    def _leave_card(self, points, now):
        """A slip is deleted, what was once right becomes former."""
        slips, former = [], []
        for point in points:
            fresh = point["origin"] == "partner" and point["create_date"] > now - TYPING
            used = point["last_seen_at"] or point["verified_at"]
            slip = not point["normalized"] or (fresh and not used)
            (slips if slip else former).append(point["id"])
        if slips:
            self.env.cr.execute(
                "DELETE FROM crm_contact_point WHERE id = ANY(%s)", [slips]
            )
        if former:
            self.env.cr.execute(
                """
                UPDATE crm_contact_point
                   SET state = 'former', is_primary = FALSE, card_value = NULL,
                       write_uid = %s, write_date = %s
                 WHERE id = ANY(%s)
                """,
                [self.env.uid, now, former],
            )

    @api.model
    def _upsert_card_points(self, rows):
        """Known points (``id`` > 0) say what the card says; new ones appear."""
        known = [row for row in rows if row["id"]]
        new = [row for row in rows if not row["id"]]
        if known:
            self._update_card_points(known)
        if new:
            self._insert_card_points(new)

    @api.model
    def _unnest_card_points(self, rows):
        """The rows as a table ``new(id, …)``."""
        arrays = [[row["id"] for row in rows]]
        arrays += [[row[name] for row in rows] for name in _TYPES]
        types = ["int4", *_TYPES.values()]
        return SQL(
            "unnest(%s) AS new(id, %s)",
            SQL(", ").join(
                SQL("%s::%s[]", array, SQL.identifier(kind))
                for array, kind in zip(arrays, types, strict=True)
            ),
            SQL(", ").join(map(SQL.identifier, _TYPES)),
        )

    @api.model
    def _update_card_points(self, rows):
        assignments = [
            SQL("%s = new.%s", SQL.identifier(n), SQL.identifier(n)) for n in _TYPES
        ]
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_contact_point point
                   SET %s, write_uid = %s, write_date = now() AT TIME ZONE 'UTC'
                  FROM %s
                 WHERE point.id = new.id
                """,
                SQL(", ").join(assignments),
                self.env.uid,
                self._unnest_card_points(rows),
            )
        )

    @api.model
    def _insert_card_points(self, rows):
        excluded = [
            SQL("%s = EXCLUDED.%s", SQL.identifier(n), SQL.identifier(n))
            for n in _TYPES
        ]
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_contact_point
                       (%(names)s, origin, create_uid, write_uid, create_date, write_date)
                SELECT %(names)s, 'partner', %(uid)s, %(uid)s,
                       now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
                  FROM %(source)s
           ON CONFLICT (kind, normalized, partner_id) DO UPDATE SET %(excluded)s
                """,
                names=SQL(", ").join(map(SQL.identifier, _TYPES)),
                uid=self.env.uid,
                source=self._unnest_card_points(rows),
                excluded=SQL(", ").join(excluded),
            )
        )

    @api.model
    def _copy_company(self, points):
        """Points that are not on the card follow the partner's company too."""
        partners = self.env["res.partner"].browse({row["partner_id"] for row in points})
        company = {partner.id: partner.company_id.id or None for partner in partners}
        strayed = [
            point
            for point in points
            if point["card_value"] is None
            and point["company_id"] != company[point["partner_id"]]
        ]
        if strayed:
            self.env.cr.execute(
                """
                UPDATE crm_contact_point point SET company_id = partner.company_id
                  FROM res_partner partner
                 WHERE partner.id = point.partner_id AND point.id = ANY(%s)
                """,
                [[point["id"] for point in strayed]],
            )
        return len(strayed)

    # ------------------------------------------------------------ points -> partner

    @api.model
    def _learn(self, partner, kind, value, origin, now):
        """A contact came through this number or address of ``partner``.

        :return: the point, empty when the value is unusable
        """
        ids = self._learn_many([(partner.id, kind, value)], origin, now)
        return self.browse(ids[0] or [])

    @api.model
    def _learn_many(self, rows, origin, now):
        """Remember what the channels showed, in sets; fill empty cards, never others.

        :param rows: list of ``(partner id, kind, value as given)``
        :param origin: ``lead``, ``ingest`` or ``hand``
        :return: point ids in the order of ``rows``; None for unusable values
        """
        partners = self.env["res.partner"].browse({row[0] for row in rows})
        regions = self._get_regions(partners.ids)
        keys, points = [], {}  # {(partner, kind, normalized): NormalizedPoint}
        for partner, kind, value in rows:
            point = normalize(kind, value, regions.get(partner))
            keys.append((partner, kind, point.normalized))
            if point.normalized:
                points.setdefault(keys[-1], point)
        if not points:
            return [None] * len(rows)
        ids = self._upsert_seen(points, origin, now)
        self._fill_cards(points)
        self.invalidate_model()
        return [ids.get(key) for key in keys]

    @api.model
    def _upsert_seen(self, points, origin, now):
        """New points at once; a known one is heard of through the queue, so that two
        senders of one number never fight for its row.

        :return: ``{(partner, kind, normalized): id}``
        """
        self.flush_model()
        arrays = {
            "partners": [key[0] for key in points],
            "kinds": [key[1] for key in points],
            "normalized": [key[2] for key in points],
        }
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_contact_point
                       (partner_id, company_id, kind, normalized, value, extension, state,
                        is_primary, origin, create_uid, write_uid, create_date, write_date)
                SELECT new.partner, partner.company_id, new.kind, new.normalized, new.value,
                       new.extension, 'ok', FALSE, %(origin)s, %(uid)s, %(uid)s, %(now)s, %(now)s
                  FROM unnest(%(partners)s::int[], %(kinds)s::text[], %(normalized)s::text[],
                              %(values)s::text[], %(extensions)s::text[])
                       AS new(partner, kind, normalized, value, extension)
                  JOIN res_partner partner ON partner.id = new.partner
              ORDER BY 1, 3, 4
           ON CONFLICT (kind, normalized, partner_id) DO NOTHING
                """,
                origin=origin,
                now=now,
                uid=self.env.uid,
                values=[point.value for point in points.values()],
                extensions=[point.extension for point in points.values()],
                **arrays,
            )
        )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT point.partner_id, point.kind, point.normalized, point.id,
                       point.verified_at
                  FROM unnest(%(partners)s::int[], %(kinds)s::text[], %(normalized)s::text[])
                       AS asked(partner, kind, normalized)
                  JOIN crm_contact_point point ON point.kind = asked.kind
                       AND point.normalized = asked.normalized
                       AND point.partner_id = asked.partner
                """,
                **arrays,
            )
        )
        self._mark_seen([row[3] for row in rows], now)
        if origin == "ingest":  # the customer himself used it
            self._mark_verified([row[3] for row in rows if not row[4]], now)
        return {tuple(row[:3]): row[3] for row in rows}

    @api.model
    def _mark_seen(self, point_ids, now):
        self.env.cr.execute(
            "INSERT INTO crm_contact_point_seen (point_id, seen_at) "
            "SELECT id, %s FROM unnest(%s::int[]) AS seen(id)",
            [now, point_ids],
        )

    @api.model
    def _mark_verified(self, point_ids, now):
        if point_ids:
            self.env.cr.execute(
                "UPDATE crm_contact_point SET verified_at = %s WHERE id = ANY(%s)",
                [now, point_ids],
            )

    @api.model
    def _fill_cards(self, points):
        """Write a learned phone or e-mail to a card that has none."""
        # sudo: a feed may learn for a customer its user cannot write
        partners_sudo = self.env["res.partner"].sudo()
        partners_sudo = partners_sudo.browse({key[0] for key in points}).exists()
        known = set(partners_sudo.ids)
        filled = []
        for (partner_id, kind, _normalized), point in points.items():
            partner_sudo = partners_sudo.browse(partner_id)
            if (
                kind in CARD_SPLITTERS
                and partner_id in known
                and not partner_sudo[kind]
            ):
                partner_sudo.with_context(crm_point_sync=True).write(
                    {kind: point.value}
                )
                filled.append(partner_id)
        self._sync_partners(filled)

    def action_make_primary(self):
        """Put this number or address on the customer's card; the old one stays usable."""
        self.ensure_one()
        self.partner_id.check_access("write")
        if self.kind in CARD_SPLITTERS and self.state != "unusable":
            self._detach_from_card()
            self.partner_id.with_context(crm_point_sync=True).write(
                {self.kind: self.value}
            )
            # sudo: the card may carry several points, the user's right was checked
            self.sudo()._sync_partners(self.partner_id.ids)
        return True

    def _detach_from_card(self):
        """Forget where the present card values came from, so that they stay usable."""
        # sudo: hands do not write these, the right to change the card was checked
        siblings_sudo = self.sudo().search(
            [("partner_id", "=", self.partner_id.id), ("kind", "=", self.kind)]
        )
        siblings_sudo.write({"card_value": False, "is_primary": False})
