from odoo import models
from odoo.modules.db import FunctionStatus

from ..tools.contact_point import normalize, split_phones


def trigram_index(registry, column):
    """Definition of an index that the ORM's ``ilike`` on ``column`` can use."""
    if not registry.has_trigram or registry.has_unaccent == FunctionStatus.PRESENT:
        return ""  # no trigrams, or an unaccent that no index may use
    return f"USING gin ({registry.unaccent(column)} gin_trgm_ops)"


class Base(models.AbstractModel):
    _inherit = "base"

    def _phone_format_number(
        self, number, country, force_format="E164", raise_exception=False
    ):
        """Read the number by our rules first, so that every host feature finds it.

        The host's reading of ``8 (495) 123-45-67`` is a number in Vietnam, and of two
        numbers in a field the second is an extension of the first.
        """
        pieces = split_phones(number)
        points = [normalize("phone", piece, country.code) for piece in pieces]
        if not points or not all(point.normalized for point in points):
            return super()._phone_format_number(
                number,
                country,
                force_format=force_format,
                raise_exception=raise_exception,
            )
        if force_format == "E164":
            return points[0].normalized
        formatted = []
        for point in points:
            text = super()._phone_format_number(
                point.normalized,
                country,
                force_format=force_format,
                raise_exception=raise_exception,
            )
            formatted.append(
                f"{text} ext. {point.extension}" if point.extension else text
            )
        return ", ".join(formatted)
