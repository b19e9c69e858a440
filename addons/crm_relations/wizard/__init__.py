from . import base_partner_merge_interaction
from . import crm_interaction_erase
from . import crm_interaction_log
from . import crm_lead_nurture
from . import crm_lead_qualify
from . import crm_lead_reject
from . import base_partner_merge
from . import crm_partner_merge
