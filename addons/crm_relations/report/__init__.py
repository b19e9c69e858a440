from . import crm_expected_money
from . import crm_day_item
from . import crm_day_item_source
from . import crm_day_item_contact
from . import crm_lead_stage_report
from . import crm_contact_worth
