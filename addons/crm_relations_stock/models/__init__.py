from . import crm_search
from . import crm_lead
from . import crm_timeline
from . import sale_order
from . import sale_order_line
from . import stock_move
from . import stock_picking
from . import stock_warehouse
