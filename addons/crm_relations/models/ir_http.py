from odoo import models
from odoo.exceptions import AccessDenied
from odoo.http import request

from .crm_interaction_source import SENDER_GROUP

SENDER_PATH = "/json/2/crm.interaction/ingest"


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _auth_method_bearer(cls):
        """The key of a contact source opens one door.

        Rights alone would not do: public methods that check nothing answer to any user.
        """
        result = super()._auth_method_bearer()
        if (
            request.env.user._has_group(SENDER_GROUP)
            and request.httprequest.path != SENDER_PATH
        ):
            raise AccessDenied(request.env._("This key may only deliver contacts."))
        return result
