from . import crm_channel
from . import crm_contact_point
from . import crm_contact_point_seen
from . import crm_interaction
from . import crm_interaction_upsert
from . import res_users
