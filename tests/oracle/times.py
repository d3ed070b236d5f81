"""Moments, days, windows, lengths of time, and the addresses of requests.

Moments are nanoseconds since 1970 in UTC, as the input of a policy has them. A function that reads text of a mapping gives None
where the text is not of the language.
"""

import re
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

SECOND = 1_000_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EPOCH = date(1970, 1, 1)


def _day(year, month, day):
    try:
        return (date(year, month, day) - _EPOCH).days * DAY
    except ValueError:
        return None


FIRST_KNOWN = _day(2020, 1, 1)
FIRST_AFTER = _day(2100, 1, 1)

_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?(?:Z|([-+])([0-9]{2}):([0-9]{2}))")
_RANGE = re.compile(r"([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})")
_LENGTH = re.compile(r"([1-9][0-9]{0,5})([dh])")


def moment(text, is_end):
    """The moment of a day or of a time with an offset. The day of an end is part of what ends."""
    match = _DATE.fullmatch(text)
    if match:
        year = int(match[1])
        if not 1970 <= year <= 2099:
            return None
        first = _day(year, int(match[2]), int(match[3]))
        return first if first is None or not is_end else first + DAY
    match = _TIME.fullmatch(text)
    if not match:
        return None
    first = moment(match[1], False)
    hour, minute, second = int(match[2]), int(match[3]), int(match[4] or 0)
    ahead, behind = int(match[7] or 0), int(match[8] or 0)
    fraction = int((match[5] or "").ljust(9, "0"))
    if first is None or hour > 23 or minute > 59 or second > 59 or ahead > 23 or behind > 59:
        return None
    offset = (ahead * 60 + behind) * (-1 if match[6] == "-" else 1)
    return first + ((hour * 60 + minute - offset) * 60 + second) * SECOND + fraction


def length(text, hours_too=True):
    """A length such as `90d` or `12h`."""
    match = _LENGTH.fullmatch(text)
    if not match or (match[2] == "h" and not hours_too):
        return None
    return int(match[1]) * (DAY if match[2] == "d" else HOUR)


def hours(text):
    """The minutes of a day from the first of a range to the one after its last. The end is before the start over midnight."""
    match = _RANGE.fullmatch(text)
    if not match:
        return None
    first, last, other, end = (int(part) for part in match.groups())
    start, stop = first * 60 + last, other * 60 + end
    if first > 23 or last > 59 or end > 59 or stop > 24 * 60 or start == stop:
        return None
    return start, stop


@lru_cache(maxsize=None)
def zone(name):
    """The zone of an IANA name of area and city."""
    return ZoneInfo(name) if "/" in name and name in _zones() else None


@lru_cache(maxsize=None)
def _zones():
    return frozenset(name for name in available_timezones() if not name.startswith(("posix/", "right/")))


def known(value):
    """The moment that an input names, or None where it is unknown."""
    return value if type(value) is int and FIRST_KNOWN <= value < FIRST_AFTER else None


def wall(moment_ns, where):
    """The weekday (Monday is 0) and the minute of the day by the clock on the wall."""
    there = (datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=moment_ns // SECOND)).astimezone(where)
    return there.weekday(), there.hour * 60 + there.minute


def in_window(weekday, minute, days, ranges):
    """Whether one of the ranges that start on one of these days is open."""
    before = (weekday - 1) % 7
    for start, stop in ranges:
        if start < stop:
            if start <= minute < stop and weekday in days:
                return True
        elif (minute >= start and weekday in days) or (minute < stop and before in days):
            return True
    return False


# ---- Addresses ----

_FOUR = re.compile(r"(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})", re.ASCII)
_GROUP = re.compile(r"[0-9a-fA-F]{1,4}")


def _four(text):
    match = _FOUR.fullmatch(text)
    if not match:
        return None
    number = 0
    for part in match.groups():
        if int(part) > 255:
            return None
        number = number << 8 | int(part)
    return number


def _groups(text):
    """The 16-bit groups of colon-separated text, of which the last may be an IPv4 address."""
    if text == "":
        return []
    found = []
    parts = text.split(":")
    for place, part in enumerate(parts):
        if _GROUP.fullmatch(part):
            found.append(int(part, 16))
        elif place == len(parts) - 1 and _four(part) is not None:
            number = _four(part)
            found += [number >> 16, number & 0xFFFF]
        else:
            return None
    return found


def _six(text):
    if text.count("::") > 1 or ":::" in text:
        return None
    if "::" in text:
        left, right = text.split("::")
        if "." in left:
            return None
        head, tail = _groups(left), _groups(right)
        if head is None or tail is None or len(head) + len(tail) > 7:
            return None
        groups = head + [0] * (8 - len(head) - len(tail)) + tail
    else:
        groups = _groups(text)
        if groups is None or len(groups) != 8:
            return None
    number = 0
    for group in groups:
        number = number << 16 | group
    return number


@lru_cache(maxsize=65536)
def address(text):
    """The family (4 or 6) and number of the address of a request, or None where it is not one address alone."""
    if not isinstance(text, str):
        return None
    number = _four(text)
    if number is not None:
        return 4, number
    if "." in text:
        number = _four(text[7:]) if text.lower().startswith("::ffff:") else None
        return None if number is None else (4, number)
    number = _six(text)
    if number is None or number >> 48 == 0:
        return None
    return 6, number


def network(text):
    """The family, first number and bits after the prefix of an address or a network of a mapping: `(network, complaint)`."""
    host, slash, prefix = text.partition("/")
    family, number = 4, _four(host)
    if number is None:
        family, number = 6, _six(host)
    if number is None:
        return None, "this is no address and no network"
    bits = 32 if family == 4 else 128
    if slash and (not re.fullmatch(r"0|[1-9][0-9]{0,2}", prefix) or int(prefix) > bits):
        return None, "this is no prefix of a network"
    if family == 6 and number >> 48 == 0 and (not slash or int(prefix) >= 80):
        return None, "addresses in `::/80` cannot be named"
    rest = bits - int(prefix) if slash else 0
    if number & ((1 << rest) - 1):
        return None, "bits are set after the prefix"
    return (family, number >> rest, rest), None
