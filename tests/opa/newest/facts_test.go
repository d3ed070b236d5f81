package main

import (
	"fmt"
	"strings"
	"testing"
)

// What the generator relies on, kept here so that a newer OPA that thinks
// otherwise is noticed.

func document(t *testing.T, language, policy, input string) map[string]any {
	t.Helper()
	got := ask(t, language, "package spacelift\n\n"+policy+"\n", "none", input)
	if len(got.CompileErrors) != 0 || got.Decisions[0].Error != "" {
		t.Fatalf("%s: %s", policy, text(t, got))
	}
	return got.Decisions[0].Document.(map[string]any)
}

// A negated call of a missing value does not hold, unless the file imports
// future.keywords.not, by name, by importing all of future.keywords or by
// rego.v2.
func TestNegationOfAMissingValue(t *testing.T) {
	const rules = `helper if input.x

same(x) if x == 1

call if not net.cidr_contains("10.0.0.0/8", input.ip)

member if not "x" in input.teams

ids := {"a"}

element if not ids[input.k]

function if not same(input.u)

less if not input.n < 5

other if not input.n != 5

safe_equal if not input.a == "x"

safe_helper if not helper

safe_path if not input.a.b
`
	hoisted := `{"ids":["a"],"safe_equal":true,"safe_helper":true,"safe_path":true}`
	everything := `{"call":true,"element":true,"function":true,"ids":["a"],"less":true,"member":true,"other":true,` + strings.TrimPrefix(hoisted, `{"ids":["a"],`)
	for header, want := range map[string]string{
		"v1":                            hoisted,
		"v1 import rego.v1":             hoisted,
		"v0 import rego.v1":             hoisted,
		"v1 import future.keywords.not": everything,
		"v1 import future.keywords":     everything,
		"v0 import future.keywords":     everything,
		"v1 import rego.v2":             everything,
		"v0 import future.keywords.if\nimport future.keywords.in": hoisted,
	} {
		language, imports, _ := strings.Cut(header, " ")
		if have := text(t, document(t, language, imports+"\n\n"+rules, "{}")); have != want {
			t.Errorf("%s: %s", header, have)
		}
	}
}

func TestAddresses(t *testing.T) {
	for _, test := range []struct{ network, address, want string }{
		{"203.0.113.0/24", "203.0.113.9", "true"},
		{"203.0.113.0/24", "::ffff:203.0.113.9", "true"},
		{"203.0.113.0/24", "0:0:0:0:0:ffff:cb00:7109", "true"},
		{"203.0.113.0/24", "203.0.113.0/28", "true"},
		{"203.0.113.0/24", "2001:db8::1", "false"},
		{"0.0.0.0/0", "::ffff:cb00:7109", "true"},
		{"::/0", "::ffff:203.0.113.9", "false"},
		{"::/0", "203.0.113.9", "false"},
		{"::ffff:203.0.113.0/120", "203.0.113.9", "true"},
		{"2001:db8::/32", "2001:DB8::1", "true"},
		{"203.0.113.0/24", "203.0.113.009", "none"},
		{"203.0.113.0/24", "203.0.113.9:443", "none"},
		{"203.0.113.0/24", " 203.0.113.9", "none"},
		{"::/0", "fe80::1%eth0", "none"},
		{"203.0.113.9", "203.0.113.9", "none"},
	} {
		got := document(t, "v1", fmt.Sprintf("x := net.cidr_contains(%q, input.a)", test.network), fmt.Sprintf(`{"a":%q}`, test.address))
		have := "none"
		if x, defined := got["x"]; defined {
			have = fmt.Sprint(x)
		}
		if have != test.want {
			t.Errorf("%s in %s: %s, want %s", test.address, test.network, have, test.want)
		}
	}
}

func TestTimes(t *testing.T) {
	for number, want := range map[string]string{
		"1764000000000000000":   "time integer",
		"-1":                    "time integer",
		"1.7e18":                "time",
		"1764000000000000000.0": "time",
		"-0":                    "time",
		"1764000000000000000.5": "",
		"9223372036854775808":   "integer",
		`"1764000000000000000"`: "",
		"null":                  "",
	} {
		got := document(t, "v1", "time_ if time.clock([input.t, \"UTC\"])\n\ninteger if json.marshal(input.t) == format_int(input.t, 10)", `{"t":`+number+`}`)
		have := ""
		if got["time_"] == true {
			have = "time "
		}
		if got["integer"] == true {
			have += "integer"
		}
		if strings.TrimSpace(have) != want {
			t.Errorf("%s: %q, want %q", number, have, want)
		}
	}
}

func TestStringLiterals(t *testing.T) {
	for literal, want := range map[string]string{
		`\ud83d\ude00`: "\U0001f600",
		`\ud83d`:       "\ufffd",
		`\ufeff\u202e`: "\ufeff\u202e",
		`\u0000`:       "\x00",
		"\u202e\u2028": "\u202e\u2028",
	} {
		if have := document(t, "v1", `x := "`+literal+`"`, "{}")["x"]; have != want {
			t.Errorf("%s: %q", literal, have)
		}
	}
	for _, literal := range []string{"\ufeff", "\x00", "\n", `\U0001f600`, `\u{1f600}`, `\x41`, `\a`} {
		if got := ask(t, "v1", "package spacelift\n\nx := \"a"+literal+"b\"\n", "none"); len(got.CompileErrors) == 0 {
			t.Errorf("%q is taken", literal)
		}
	}
}
