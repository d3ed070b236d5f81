//! Rows 44 to 54: where and when.

super::rows! {
    row_44_hours_end_before_their_end: r#"
grants: [{who: payments, roles: space-reader, spaces: payments, when: business_hours}]"# {
        r#"{"at": "2026-12-03T09:00:00-08:00 -1"}"# => "deny",
        r#"{"at": "2026-12-03T09:00:00-08:00"}"# => "allow payments=space-reader",
        r#"{"at": "2026-12-03T17:00:00-08:00 -1"}"# => "allow payments=space-reader",
        r#"{"at": "2026-12-03T17:00:00-08:00"}"# => "deny",
        r#"{"at": "2026-12-05T10:00:00-08:00"}"# => "deny",
    }

    row_45_a_window_over_midnight_belongs_to_the_day_on_which_it_starts: r#"
conditions: {night: {days: [fri], hours: "22:00-06:00", timezone: Europe/Berlin}}
grants: [{who: payments, roles: space-reader, spaces: payments, when: night}]"# {
        r#"{"at": "2026-12-04T22:00:00+01:00 -1"}"# => "deny",
        r#"{"at": "2026-12-04T22:00:00+01:00"}"# => "allow payments=space-reader",
        r#"{"at": "2026-12-05T00:00:00+01:00"}"# => "allow payments=space-reader",
        r#"{"at": "2026-12-05T06:00:00+01:00 -1"}"# => "allow payments=space-reader",
        r#"{"at": "2026-12-05T06:00:00+01:00"}"# => "deny",
        r#"{"at": "2026-12-04T05:00:00+01:00"}"# => "deny",
        r#"{"at": "2026-12-05T23:00:00+01:00"}"# => "deny",
    }

    row_45_from_sunday_to_monday: r#"
conditions: {night: {days: [sun], hours: "23:00-01:00", timezone: Etc/UTC}}
grants: [{who: payments, roles: space-reader, spaces: payments, when: night}]"# {
        r#"{"at": "2026-12-06T23:30:00Z"}"# => "allow payments=space-reader",
        r#"{"at": "2026-12-07T00:30:00Z"}"# => "allow payments=space-reader",
        r#"{"at": "2026-12-06T00:30:00Z"}"# => "deny",
        r#"{"at": "2026-12-07T23:30:00Z"}"# => "deny",
    }

    row_46_twenty_four_is_an_end: r#"
conditions: {evening: {hours: "18:00-24:00", timezone: Etc/UTC}}
grants: [{who: payments, roles: space-reader, spaces: payments, when: evening}]"# {
        r#"{"at": "2026-12-03T18:00:00Z"}"# => "allow payments=space-reader",
        r#"{"at": "2026-12-04T00:00:00Z -1"}"# => "allow payments=space-reader",
        r#"{"at": "2026-12-04T00:00:00Z"}"# => "deny",
    }

    row_47_days_are_those_of_the_zone: r#"
conditions: {thursday: {days: [thu], timezone: Pacific/Kiritimati}}
grants: [{who: payments, roles: space-reader, spaces: payments, when: thursday}]"# {
        r#"{"at": "2026-12-02T10:00:00Z -1"}"# => "deny",
        r#"{"at": "2026-12-02T10:00:00Z"}"# => "allow payments=space-reader",
        r#"{"at": "2026-12-03T10:00:00Z -1"}"# => "allow payments=space-reader",
        r#"{"at": "2026-12-03T10:00:00Z"}"# => "deny",
    }

    row_48_a_repeated_hour_counts_twice_and_a_skipped_one_never: r#"
conditions: {small_hours: {hours: "02:00-03:00", timezone: Europe/Berlin}}
grants: [{who: payments, roles: space-reader, spaces: payments, when: small_hours}]"# {
        r#"{"at": "2026-10-25T02:30:00+02:00"}"# => "allow payments=space-reader",
        r#"{"at": "2026-10-25T02:30:00+01:00"}"# => "allow payments=space-reader",
        r#"{"at": "2026-10-25T03:00:00+01:00"}"# => "deny",
        r#"{"at": "2026-03-29T01:00:00Z -1"}"# => "deny",
        r#"{"at": "2026-03-29T01:00:00Z"}"# => "deny",
        r#"{"at": "2026-03-30T00:30:00Z"}"# => "allow payments=space-reader",
    }

    row_48_half_an_hour_is_skipped: r#"
conditions: {small_hours: {hours: "02:00-02:30", timezone: Australia/Lord_Howe}}
grants: [{who: payments, roles: space-reader, spaces: payments, when: small_hours}]"# {
        r#"{"at": "2026-10-03T15:30:00Z -1"}"# => "deny",
        r#"{"at": "2026-10-03T15:30:00Z"}"# => "deny",
        r#"{"at": "2026-10-04T15:00:00Z"}"# => "allow payments=space-reader",
    }

    row_48_clocks_change_until_2100_and_nothing_is_known_after_it: r#"
conditions: {small_hours: {hours: "02:00-03:00", timezone: Europe/Berlin}}
grants: [{who: payments, roles: space-reader, spaces: payments, when: small_hours}]"# {
        r#"{"at": "2038-07-01T00:30:00Z"}"# => "allow payments=space-reader",
        r#"{"at": "2099-07-01T00:30:00Z"}"# => "allow payments=space-reader",
        r#"{"at": "2099-07-01T01:30:00Z"}"# => "deny",
        r#"{"at": "2099-12-01T01:30:00Z"}"# => "allow payments=space-reader",
        r#"{"at": "2100-07-01T00:30:00Z"}"# => "deny",
        r#"{"at": "2100-12-01T01:30:00Z"}"# => "deny",
    }

    row_49_dates_are_whole_days_in_utc_and_times_are_instants: r#"
grants:
  - {who: payments, roles: space-reader, spaces: payments, starts: "2026-12-01", ends: "2026-12-02"}
  - {who: payments, roles: deployer, spaces: old, starts: "2026-12-03T10:00-08:00", ends: "2026-12-03T14:00:00.000000001-08:00"}"# {
        r#"{"at": "2026-12-01T00:00:00Z -1"}"# => "deny",
        r#"{"at": "2026-12-01T00:00:00Z"}"# => "allow payments=space-reader",
        r#"{"at": "2026-12-03T00:00:00Z -1"}"# => "allow payments=space-reader",
        r#"{"at": "2026-12-03T00:00:00Z"}"# => "deny",
        r#"{"at": "2026-12-03T18:00:00Z -1"}"# => "deny",
        r#"{"at": "2026-12-03T18:00:00Z"}"# => "allow old=deployer",
        r#"{"at": "2026-12-03T22:00:00Z"}"# => "allow old=deployer",
        r#"{"at": "2026-12-03T22:00:00Z +1"}"# => "deny",
    }

    row_50_nobody_signs_in_with_a_grant_after_its_end: r#"
grants: [{who: payments, roles: space-reader, spaces: payments, ends: "2026-12-03T18:00:00Z"}]"# {
        r#"{"at": "2026-12-03T18:00:00Z -1"}"# => "allow payments=space-reader",
        r#"{}"# => "deny",
        r#"{"at": "2099-12-31T00:00:00Z"}"# => "deny",
    }

    row_51_the_address_is_that_of_the_request: r#"
grants: [{who: payments, roles: space-reader, spaces: payments, when: office}]"# {
        r#"{"ip": "203.0.113.0"}"# => "allow payments=space-reader",
        r#"{"ip": "203.0.113.255"}"# => "allow payments=space-reader",
        r#"{"ip": "203.0.112.255"}"# => "deny",
        r#"{"ip": "203.0.114.0"}"# => "deny",
        r#"{"ip": "2001:db8::"}"# => "allow payments=space-reader",
        r#"{"ip": "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"}"# => "allow payments=space-reader",
        r#"{"ip": "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff"}"# => "deny",
        r#"{"ip": "2001:db9::"}"# => "deny",
        r#"{"session": {"login": "a", "member": true, "teams": ["Payments"], "creator_ip": "203.0.113.9"}, "ip": "198.51.100.7"}"# => "deny",
    }

    row_52_mapped_addresses_are_unwrapped_and_odd_ones_unknown: r#"
grants: [{who: payments, roles: space-reader, spaces: payments, when: office}]"# {
        r#"{"ip": "::ffff:203.0.113.9"}"# => "allow payments=space-reader",
        r#"{"ip": "::FFFF:203.0.113.9"}"# => "allow payments=space-reader",
        r#"{"ip": "2001:DB8::1"}"# => "allow payments=space-reader",
        r#"{"ip": "::ffff:198.51.100.7"}"# => "deny",
        r#"{"ip": "203.0.113.9:443"}"# => "deny",
        r#"{"ip": "203.0.113.009"}"# => "deny",
        r#"{"ip": "2001:db8::1%eth0"}"# => "deny",
        r#"{"ip": "[2001:db8::1]"}"# => "deny",
        r#"{"ip": "203.0.113.0/25"}"# => "deny",
        r#"{"ip": "::203.0.113.9"}"# => "deny",
        r#"{"ip": " 203.0.113.9"}"# => "deny",
        r#"{"ip": ""}"# => "deny",
    }

    row_52_an_unknown_address_is_in_no_network_not_even_in_all: r#"
conditions: {anywhere: {ip: [0.0.0.0/0, "::/0"]}}
grants: [{who: payments, roles: space-reader, spaces: payments, when: anywhere}]"# {
        r#"{"ip": "8.8.8.8"}"# => "allow payments=space-reader",
        r#"{"ip": "2a00::1"}"# => "allow payments=space-reader",
        r#"{"ip": "::1"}"# => "deny",
        r#"{"ip": "::ffff:808:808"}"# => "deny",
        r#"{"ip": "8.8.8"}"# => "deny",
    }

    row_53_a_bare_address_is_one_host: r#"
conditions: {home: {ip: [198.51.100.7, "2001:db8::7"]}}
grants: [{who: payments, roles: space-reader, spaces: payments, when: home}]"# {
        r#"{"ip": "198.51.100.7"}"# => "allow payments=space-reader",
        r#"{"ip": "2001:0db8:0::0007"}"# => "allow payments=space-reader",
        r#"{"ip": "198.51.100.6"}"# => "deny",
        r#"{"ip": "198.51.100.8"}"# => "deny",
        r#"{"ip": "2001:db8::8"}"# => "deny",
    }

    row_54_every_field_of_a_condition_must_hold: r#"
conditions: {desk: {ip: 203.0.113.0/24, days: [thu], hours: ["09:00-10:00", "11:00-12:00"], timezone: Etc/UTC}}
grants: [{who: payments, roles: space-reader, spaces: payments, when: desk}]"# {
        r#"{"at": "2026-12-03T09:30:00Z"}"# => "allow payments=space-reader",
        r#"{"at": "2026-12-03T11:30:00Z"}"# => "allow payments=space-reader",
        r#"{"at": "2026-12-03T10:30:00Z"}"# => "deny",
        r#"{"at": "2026-12-04T09:30:00Z"}"# => "deny",
        r#"{"at": "2026-12-03T09:30:00Z", "ip": "203.0.114.0"}"# => "deny",
    }
}
