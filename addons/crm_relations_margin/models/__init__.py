from . import crm_invoice_cost
from . import sale_order
from . import sale_order_line
from . import sale_report
