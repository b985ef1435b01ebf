"""Which event moves what in the consent service."""

from services.consent.persons import commands as persons
from shared.consumer import Handlers
from shared.contracts.referral import ClientLinked, ClientMerged, ClientUnlinked

HANDLERS: Handlers = dict.fromkeys((ClientLinked, ClientMerged, ClientUnlinked), persons.learn)
