from . import crm_interaction
from . import crm_interaction_queue
