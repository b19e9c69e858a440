from . import test_path
from . import test_stock
from . import test_timeline
