from . import crm_lead_nurture
from . import crm_lead_qualify
from . import crm_lead_reject
