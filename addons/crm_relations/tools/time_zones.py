"""Where is it what time? A person's time zone from what is known about him. Pure Python."""

import functools

import phonenumbers
import pytz
from phonenumbers import timezone as phone_timezone

# Countries with several zones: where most of the people live. Countries that are
# missing here and have several zones: pytz names the most populous one first.
_MAIN = {
    "AR": "America/Argentina/Buenos_Aires",
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "MX": "America/Mexico_City",
    "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv",
    "US": "America/New_York",
    "UZ": "Asia/Tashkent",
}

# {country: {zone: state codes}}; a state that is not named has the main zone.
_STATES = {
    "US": {
        "America/Chicago": "AL AR IA IL KS LA MN MO MS ND NE OK SD TN TX WI",
        "America/Denver": "CO ID MT NM UT WY",
        "America/Phoenix": "AZ",
        "America/Los_Angeles": "CA NV OR WA",
        "America/Anchorage": "AK",
        "Pacific/Honolulu": "HI",
        "America/Puerto_Rico": "PR VI",
        "Pacific/Guam": "GU MP",
        "Pacific/Pago_Pago": "AS",
    },
    "CA": {
        "America/Vancouver": "BC YT",
        "America/Edmonton": "AB NT",
        "America/Regina": "SK",
        "America/Winnipeg": "MB",
        "America/Halifax": "NB NS PE",
        "America/St_Johns": "NL",
    },
    "AU": {
        "Australia/Brisbane": "QLD",
        "Australia/Adelaide": "SA",
        "Australia/Darwin": "NT",
        "Australia/Perth": "WA",
    },
    "BR": {
        "America/Rio_Branco": "AC",
        "America/Manaus": "AM RO RR MT MS",
    },
    "MX": {
        "America/Tijuana": "BCN",
        "America/Hermosillo": "SON",
        "America/Mazatlan": "BCS NAY SIN",
        "America/Cancun": "ROO",
    },
    "ID": {
        "Asia/Makassar": "BA KS KI KU NB NT SR SN ST SG SA GO",
        "Asia/Jayapura": "MA MU PA PB PD PS PT PE",
    },
    "RU": {
        "Europe/Kaliningrad": "KGD",
        "Europe/Samara": "SAM UD SAR AST ULY",
        "Asia/Yekaterinburg": "BA CHE KGN KHM ORE PER SVE TYU YAN",
        "Asia/Omsk": "OMS",
        "Asia/Krasnoyarsk": "AL ALT KEM KK KYA NVS TOM TY",
        "Asia/Irkutsk": "BU IRK",
        "Asia/Yakutsk": "AMU SA",
        "Asia/Vladivostok": "KHA PRI YEV",
        "Asia/Magadan": "MAG SAK",
        "Asia/Kamchatka": "CHU KAM",
    },
}
_STATE_ZONES = {
    (country, state): zone
    for country, zones in _STATES.items()
    for zone, states in zones.items()
    for state in states.split()
}


def country_zone(country, state=None):
    """The zone of a state, else the one where most people of the country live.

    >>> country_zone("US", "CA"), country_zone("US", "NY"), country_zone("US")
    ('America/Los_Angeles', 'America/New_York', 'America/New_York')
    >>> country_zone("UA"), country_zone("PL"), country_zone("RU", "PRI")
    ('Europe/Kyiv', 'Europe/Warsaw', 'Asia/Vladivostok')
    >>> country_zone("XX"), country_zone(None), country_zone(False, "CA")
    (None, None, None)
    """
    if not country:
        return None
    zone = _STATE_ZONES.get((country, state)) or _MAIN.get(country)
    return zone or next(iter(pytz.country_timezones.get(country, ())), None)


@functools.lru_cache(maxsize=4096)
def phone_zones(number):
    """Zones a number may ring in: one for most, many for mobiles of large countries.

    >>> phone_zones("+380671234567")
    ('Europe/Kyiv',)
    >>> phone_zones("+12125551234")
    ('America/New_York',)
    >>> len(phone_zones("+79161234567")) > 5
    True
    >>> phone_zones("nonsense"), phone_zones(None)
    ((), ())
    """
    if not number:
        return ()
    try:
        zones = phone_timezone.time_zones_for_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return ()
    return tuple(zone for zone in zones if zone in pytz.all_timezones_set)


def phone_main_zone(number):
    """The main zone of the number's country.

    >>> phone_main_zone("+447400123456")
    'Europe/London'
    """
    return country_zone(phonenumbers.region_code_for_number(phonenumbers.parse(number)))


def choose_zone(own, phone, country, state, company, now):
    """(zone, why): own choice, else the phone's region, else state or country, else ours.

    A number that may ring in several zones decides only when the clocks of all of them
    show the same; otherwise the address says which of them it is.

    >>> from datetime import datetime
    >>> now = datetime(2026, 3, 2, 12)
    >>> choose_zone("Asia/Tokyo", "+380671234567", "UA", None, "UTC", now)
    ('Asia/Tokyo', 'own')
    >>> choose_zone(None, "+380671234567", "US", "CA", "UTC", now)
    ('Europe/Kyiv', 'phone')
    >>> choose_zone(None, "+447400123456", None, None, "UTC", now)  # London and islands
    ('Europe/London', 'phone')
    >>> choose_zone(None, "+79161234567", "RU", "PRI", "UTC", now)  # a mobile of Russia
    ('Asia/Vladivostok', 'address')
    >>> choose_zone(None, None, "US", "HI", "UTC", now)
    ('Pacific/Honolulu', 'address')
    >>> choose_zone(None, None, None, None, "Europe/Kyiv", now)
    ('Europe/Kyiv', 'company')
    >>> choose_zone(None, None, None, None, None, now)
    ('UTC', 'company')
    """
    if own:
        return own, "own"
    zones = phone_zones(phone or None)
    address = country_zone(country, state)
    if len({pytz.timezone(zone).utcoffset(now) for zone in zones}) == 1:
        known = [zone for zone in (address, phone_main_zone(phone)) if zone in zones]
        return (known or zones)[0], "phone"
    if address:
        return address, "address"
    return company or "UTC", "company"
