//! Random conditions of place and time.

use std::fmt::Write as _;

use super::chance::NEVER;
use super::mapping::Author;

const NETWORKS: [&str; 8] = [
    "203.0.113.0/24",
    "203.0.113.128/25",
    "10.0.0.0/8",
    "192.0.2.4/31",
    "0.0.0.0/1",
    "0.0.0.0/0",
    "198.51.100.0/30",
    "255.255.255.252/30",
];
const NETWORKS_V6: [&str; 6] = [
    "2001:db8::/32",
    "2001:DB8:AB::/48",
    "2001:db8::8/125",
    "8000::/1",
    "::/0",
    "fd00::/8",
];
const HOSTS: [&str; 3] = ["203.0.113.9", "255.255.255.255", "192.0.2.5"];
const HOSTS_V6: [&str; 2] = ["2001:db8::9", "2001:0db8:0:0:1::0009"];

/// Zones whose rules are settled, with clock changes north and south, of half an hour, and offsets of odd minutes.
const ZONES: [(&str, &str); 4] = [
    (
        "zone: clocks change",
        "America/Los_Angeles, Europe/Berlin, America/St_Johns",
    ),
    ("zone: clocks change by half an hour", "Australia/Lord_Howe"),
    ("zone: odd offset", "Asia/Kathmandu, Pacific/Kiritimati"),
    ("zone: UTC", "Etc/UTC"),
];

impl Author {
    pub fn write_conditions(&mut self) {
        self.out.push_str("conditions:\n");
        for at in 0..self.chance.random.between(1, 3) {
            let name = self.name("condition");
            // What is wished for of a condition has its place in one of both kinds.
            let part = ["zone:", "condition:"]
                .iter()
                .any(|part| self.chance.wishes_for(part));
            let shape = self.chance.any(&[
                ("condition: place", if part && at == 0 { NEVER } else { 35 }),
                ("condition: time", if part && at == 0 { NEVER } else { 35 }),
                ("condition: place and time", 30),
            ]);
            let parts = match shape {
                "condition: place" => self.networks(),
                "condition: time" => self.window(),
                _ => format!("{}, {}", self.networks(), self.window()),
            };
            let key = self.spelt(&name);
            writeln!(self.out, "  {key}: {{{parts}}}").unwrap();
            self.conditions.push(name);
        }
    }

    fn networks(&mut self) -> String {
        let kind = self.chance.any(&[
            ("condition: v4", 45),
            ("condition: v6", 25),
            ("condition: host", 15),
            ("condition: v6 host", 15),
        ]);
        let network = match kind {
            "condition: v4" => self.pick(&NETWORKS),
            "condition: v6" => self.pick(&NETWORKS_V6),
            "condition: host" => self.pick(&HOSTS),
            _ => self.pick(&HOSTS_V6),
        };
        if !self.chance.flip("condition: several networks", 40) {
            return format!("ip: \"{network}\"");
        }
        let others = [&NETWORKS[..], &NETWORKS_V6].concat();
        let other = self.pick(&others);
        format!("ip: [\"{network}\", \"{other}\"]")
    }

    fn window(&mut self) -> String {
        let kind = self.chance.any(&ZONES.map(|(kind, _)| (kind, 1)));
        let zones = ZONES.iter().find(|(name, _)| *name == kind).unwrap().1;
        let zones: Vec<&str> = zones.split(", ").collect();
        let zone = self.pick(&zones);
        let days = self.pick(&[
            "mon, tue, wed, thu, fri",
            "sat, sun",
            "thu",
            "sun, tue, wed",
        ]);
        let hours = self.chance.any(&[
            ("condition: hours", 2),
            ("condition: to the end of the day", 1),
            ("condition: over midnight", 2),
            ("condition: several hours", 1),
            ("condition: every hour", 1),
        ]);
        let hours = match hours {
            "condition: hours" => self.pick(&[
                "\"09:00-17:00\"",
                "[\"01:30-02:30\"]",
                "\"00:00-00:01\"",
                "\"02:00-03:00\"",
            ]),
            "condition: to the end of the day" => {
                self.pick(&["\"18:00-24:00\"", "\"23:59-24:00\""])
            }
            "condition: over midnight" => {
                self.pick(&["\"22:00-06:00\"", "\"23:59-00:01\"", "\"02:30-02:00\""])
            }
            "condition: several hours" => "[\"00:00-02:00\", \"12:00-12:01\", \"23:00-01:00\"]",
            _ => return format!("days: [{days}], timezone: {zone}"),
        };
        if self.chance.flip("condition: days", 60) {
            format!("days: [{days}], hours: {hours}, timezone: {zone}")
        } else {
            format!("hours: {hours}, timezone: {zone}")
        }
    }
}
