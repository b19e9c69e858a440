from . import test_crm_alarm_delivery
from . import test_crm_automatic_move
from . import test_crm_search
from . import test_path
from . import test_path_tour
from . import test_stock
from . import test_timeline
from . import test_invoice_cost
