from . import test_path
from . import test_stock
