"""What a web form and a watched site have in common: anybody's page may call them."""

from datetime import timedelta
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL


class CrmPublicDoorMixin(models.AbstractModel):
    """Which sites may call, and how often.

    The calls are rows of ``_door_hits``, a model made of ``crm.public.hit.mixin``, whose
    field ``_door_field`` names the door.
    """

    _name = "crm.public.door.mixin"
    _description = "Door Open to Other Sites"

    _door_hits = None
    _door_field = None

    allowed_origins = fields.Text()
    limit_minute = fields.Integer(string="Per Minute and Address", default=10)
    limit_hour = fields.Integer(string="Per Hour", default=500)

    @api.constrains("allowed_origins")
    def _check_allowed_origins(self):
        for door in self:
            for origin in door._get_allowed_origins():
                parts = urlsplit(origin)
                if (
                    parts.scheme not in ("http", "https")
                    or not parts.netloc
                    or parts.path
                ):
                    raise ValidationError(
                        self.env._(
                            "%(origin)s is not the address of a site, such as "
                            "https://www.example.com",
                            origin=origin,
                        )
                    )

    def _get_allowed_origins(self):
        lines = (self.allowed_origins or "").splitlines()
        return [line.strip().rstrip("/").lower() for line in lines if line.strip()]

    def _is_over_limit(self, sender, now):
        """Whether one more call is too many.

        :param str sender: hash of the caller's network address
        """
        self.ensure_one()
        hits = self.env[self._door_hits]
        hits.flush_model()
        [(minute, hour)] = self.env.execute_query(
            SQL(
                """
                SELECT count(*) FILTER (
                           WHERE address_hash = %(sender)s AND created_at > %(minute)s),
                       count(*)
                  FROM %(hits)s
                 WHERE %(door)s = %(id)s AND created_at > %(hour)s
                """,
                hits=SQL.identifier(hits._table),
                door=SQL.identifier(self._door_field),
                id=self.id,
                sender=sender,
                minute=now - timedelta(minutes=1),
                hour=now - timedelta(hours=1),
            )
        )
        return minute >= self.limit_minute or hour >= self.limit_hour
