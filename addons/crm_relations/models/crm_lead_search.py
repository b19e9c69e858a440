from odoo import models


class CrmLead(models.Model):
    _inherit = "crm.lead"

    # resolve(): the open leads of an address nobody else has; crm.search
    _email_normalized_idx = models.Index(
        "(email_normalized) WHERE email_normalized IS NOT NULL"
    )
    # crm.search: a part of a number
    _phone_sanitized_trgm_idx = models.Index(
        lambda registry: (
            "USING gin (phone_sanitized gin_trgm_ops)" if registry.has_trigram else ""
        )
    )
