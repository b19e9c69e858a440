from . import test_attribution
from . import test_crm_campaign_report
from . import test_touch
