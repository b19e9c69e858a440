from . import test_crm_interaction
from . import test_feed
