from . import touch
from . import mailing
