from . import crm_campaign_report
from . import crm_campaign_cost
from . import crm_campaign_return
from . import crm_campaign_return_segment
from . import crm_campaign_return_payback
from . import crm_campaign_funnel
from . import crm_loyalty_balance
from . import crm_retention_cohort
