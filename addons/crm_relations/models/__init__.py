from . import crm_channel
from . import crm_contact_point
from . import crm_interaction
from . import res_users
