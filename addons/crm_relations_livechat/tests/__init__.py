from . import test_feed_livechat
