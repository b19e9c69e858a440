from . import crm_utm
from . import crm_touch_site
from . import crm_touch_visitor
from . import crm_touch_hit
from . import crm_interaction
from . import crm_touch_intake
from . import crm_web_form_intake
from . import res_partner
