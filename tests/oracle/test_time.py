"""Rows 44 to 54: when and where."""

import unittest

import times
from support import HEAD, Rows


def at(text):
    return times.moment(text, False)


class Time(Rows):
    def open(self, fields, moment):
        head = HEAD + "  w: {%s}\n" % fields
        rest = "grants: [{who: a, roles: deployer, spaces: prod, when: w}]\n"
        return self.decide(self.policy(rest, head=head), at=at(moment))["login"] == "allow"

    def wrong(self, fields, expected):
        self.refused("", expected, head=HEAD + "  w: {%s}\n" % fields)

    def test_row_44_hours_are_half_open(self):
        window = 'hours: "09:00-17:00", timezone: Etc/UTC'
        for moment, found in (("08:59:59", False), ("09:00:00", True), ("16:59:59", True), ("17:00:00", False)):
            self.assertEqual(self.open(window, f"2026-12-02T{moment}Z"), found)

    def test_row_45_over_midnight_the_day_is_that_of_the_start(self):
        window = 'days: [fri], hours: "22:00-06:00", timezone: Europe/Berlin'
        # The 4th of December 2026 is a Friday.
        for moment, found in (
            ("04T21:59:59", False), ("04T22:00:00", True), ("05T05:59:59", True), ("05T06:00:00", False),
            ("04T05:00:00", False), ("05T22:30:00", False),
        ):  # fmt: skip
            self.assertEqual(self.open(window, f"2026-12-{moment}+01:00"), found)

    def test_row_46_ends(self):
        self.wrong('hours: "09:00-09:00", timezone: Etc/UTC', "no range")
        self.wrong('hours: "24:00-09:00", timezone: Etc/UTC', "no range")
        self.assertTrue(self.open('hours: "09:00-24:00", timezone: Etc/UTC', "2026-12-02T23:59:59Z"))
        self.assertTrue(self.open('hours: "00:00-24:00", timezone: Etc/UTC', "2026-12-02T00:00Z"))
        self.assertTrue(self.open('hours: ["09:00-10:00", "12:00-13:00"], timezone: Etc/UTC', "2026-12-02T12:00Z"))
        self.assertFalse(self.open('hours: ["09:00-10:00", "12:00-13:00"], timezone: Etc/UTC', "2026-12-02T11:00Z"))
        for text in ("9:00-17:00", "09:00-25:00", "09:60-10:00", "09:00", "09:00-24:01"):
            self.wrong(f'hours: "{text}", timezone: Etc/UTC', "no range")

    def test_row_47_days_need_a_zone(self):
        self.wrong("days: [mon]", "`timezone` is missing")
        self.wrong('hours: "09:00-17:00"', "`timezone` is missing")
        for zone in ("PST", "UTC", "Mars/Olympus", "europe/berlin", "EST5EDT"):
            self.wrong(f"days: [mon], timezone: {zone}", "no zone")
        # Days are those of the zone: it is still Sunday in Los Angeles.
        self.assertFalse(self.open("days: [mon], timezone: America/Los_Angeles", "2026-12-07T07:00Z"))
        self.assertTrue(self.open("days: [mon], timezone: Asia/Tokyo", "2026-12-06T16:00Z"))

    def test_row_48_the_clock_on_the_wall(self):
        # In Berlin two o'clock comes twice on the 25th of October 2026, and never on the 29th of March.
        window = 'hours: "02:00-03:00", timezone: Europe/Berlin'
        self.assertTrue(self.open(window, "2026-10-25T00:30Z"))
        self.assertTrue(self.open(window, "2026-10-25T01:30Z"))
        self.assertFalse(self.open(window, "2026-10-25T02:30Z"))
        for moment in ("00:30", "00:59", "01:00", "01:30"):
            self.assertFalse(self.open(window, f"2026-03-29T{moment}Z"))

    def test_row_49_dates(self):
        def gets(dates, moment):
            return self.gets(f"who: a, {dates}", at=at(moment))

        self.assertTrue(gets('starts: "2026-12-02"', "2026-12-02T00:00Z"))
        self.assertFalse(gets('starts: "2026-12-02"', "2026-12-01T23:59:59Z"))
        self.assertTrue(gets('ends: "2026-12-02"', "2026-12-02T23:59:59Z"))
        self.assertFalse(gets('ends: "2026-12-02"', "2026-12-03T00:00Z"))
        self.assertFalse(gets('ends: "2026-12-02T10:00-08:00"', "2026-12-02T18:00Z"))
        self.assertTrue(gets('ends: "2026-12-02T10:00-08:00"', "2026-12-02T17:59:59Z"))
        self.assertEqual(times.moment("2026-12-02T10:00:00.5Z", True) % times.SECOND, times.SECOND // 2)
        for text in (
            "2026-12-02T10:00", "2026-12-02 10:00Z", "2026-13-01", "2026-02-30", "1969-12-31", "2100-01-01",
            "2026-12-02T24:00Z", "2026-12-02T10:00:60Z", "2026-12-2", "2026-12-02T10:00:00.Z", "tomorrow",
        ):  # fmt: skip
            self.refused(f'grants: [{{who: a, roles: deployer, spaces: prod, ends: "{text}"}}]\n', "no day")
        for text in ("2026-12-02", "2026-12-02T10:00Z", "2026-12-02T10:00:00Z"):
            self.refused(f"grants:\n  - {{who: a, roles: deployer, spaces: prod}}\n  - who: a\n    ends: {text}\n", "quotes")

    def test_row_50_nobody_signs_in_after_the_end(self):
        rest = 'grants: [{who: a, roles: deployer, spaces: prod, ends: "2026-12-01"}]\n'
        self.assertEqual(self.login(rest, at=at("2026-12-01T12:00Z")), "allow")
        self.assertEqual(self.login(rest, at=at("2026-12-02T12:00Z")), "deny")


class Place(Rows):
    def test_row_51_the_address_of_the_request(self):
        self.assertTrue(self.gets("who: a, when: office", creator_ip="198.51.100.7"))
        self.assertFalse(self.gets("who: a, when: office", ip="198.51.100.7", creator_ip="203.0.113.9"))

    def test_row_52_one_address_alone(self):
        for text in (
            "203.0.113.9:443", "203.0.113.09", "203.0.113.9/32", " 203.0.113.9", "203.0.113.9\n", "203.0.113", "::cb00:7109",
            "::ffff:cb00:7109", "::203.0.113.9", "0:0:0:0:0:ffff:203.0.113.9", "::ffff:203.0.113.009", "fe80::1%eth0",
            "[2001:db8::1]", "::", "::1", "1::2::3", "2001:db8:::1", "12345::", "g::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
            "1:2:3:4:5:6:7::8", ":1:2:3:4:5:6:7", "2001:db8::1.2.3.4", "256.1.1.1", "\uff11.1.1.1", "",
        ):  # fmt: skip
            self.assertIsNone(times.address(text), text)
        self.assertEqual(times.address("::ffff:203.0.113.9"), times.address("203.0.113.9"))
        self.assertEqual(times.address("::FFFF:203.0.113.9"), times.address("203.0.113.9"))
        self.assertEqual(times.address("2001:DB8::1"), (6, 0x20010DB8 << 96 | 1))
        self.assertEqual(times.address("2001:0db8::0001"), (6, 0x20010DB8 << 96 | 1))
        self.assertEqual(times.address("2001:db8:0:0:0:0:0:1"), times.address("2001:db8::1"))
        self.assertEqual(times.address("1::"), (6, 1 << 112))
        self.assertTrue(self.gets("who: a, when: office", ip="::ffff:203.0.113.9"))

    def test_row_53_networks(self):
        self.assertEqual(times.network("192.0.2.10"), ((4, 0xC000020A, 0), None))
        self.assertEqual(times.network("2001:db8::/32"), ((6, 0x20010DB8, 96), None))
        self.assertEqual(times.network("0.0.0.0/0"), ((4, 0, 32), None))
        for text in ("203.0.113.9/24", "203.0.113.0/33", "203.0.113.0/024", "203.0.113.0/", "2001:db8::1/64", "::1", "::/80", "x"):
            self.assertIsNone(times.network(text)[0], text)
        head = HEAD + '  v6: {ip: "2001:db8:40::/48"}\n'
        policy = self.policy("grants: [{who: a, roles: deployer, spaces: prod, when: v6}]\n", head=head)
        for ip, login in (("2001:db8:40::9", "allow"), ("2001:db8:41::9", "deny"), ("203.0.113.9", "deny")):
            self.assertEqual(self.decide(policy, ip=ip)["login"], login)

    def test_row_54_conditions_have_fields_and_do_not_nest(self):
        self.refused("", "without a field", head=HEAD + "  w: {}\n")
        self.refused("", "without a field", head=HEAD + "  w: {timezone: Etc/UTC}\n")
        self.refused("", "unknown field", head=HEAD + "  w: {all: [office]}\n")
        self.refused("", "line", head=HEAD + "  w: office\n")


if __name__ == "__main__":
    unittest.main()
