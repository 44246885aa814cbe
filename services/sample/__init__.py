"""The sample shop: a small real HTTP server on loopback that speaks Mastodon's API and serves feeds, with a
bakery's week in it.

``SampleShop`` is the way in; ``python -m services.sample`` runs it alone. It imports nothing of the
application but its clock.
"""

from services.sample.faults import Fault
from services.sample.requestlog import Seen
from services.sample.shop import SampleShop

__all__ = ["Fault", "SampleShop", "Seen"]
