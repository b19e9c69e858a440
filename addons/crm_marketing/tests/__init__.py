from . import test_attribution
from . import test_crm_campaign_report
from . import test_crm_segment
from . import test_crm_segment_members
from . import test_touch
from . import test_crm_ad_spend
from . import test_crm_campaign_cost
from . import test_crm_attribution
