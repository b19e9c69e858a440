from . import test_crm_contact_point
from . import test_crm_interaction
from . import test_crm_search
from . import test_feed
from . import test_feed_email
from . import test_crm_customer_asset
from . import test_arrival
from . import test_web_form
