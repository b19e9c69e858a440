from . import crm_ad_spend_load
from . import crm_ad_spend_load_column
