from . import crm_ad_spend_load
from . import crm_ad_spend_load_preview
from . import crm_ad_spend_load_column
from . import crm_segment_import
from . import crm_campaign_return_choice
from . import crm_audience_download
from . import crm_touch_code
