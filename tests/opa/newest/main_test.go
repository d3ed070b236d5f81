package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	wire "liftgate-tests/opa"
)

// ask runs one job; files is the text of the only file.
func ask(t *testing.T, language, text, preamble string, inputs ...string) wire.Answer {
	t.Helper()
	job := wire.Job{
		Rego:     language,
		Files:    map[string]string{"spacelift/login.rego": text},
		Preamble: preamble,
		Query:    "data.spacelift",
		Checks:   []string{wire.CheckStrict, wire.CheckFormat},
	}
	for _, input := range inputs {
		job.Inputs = append(job.Inputs, json.RawMessage(input))
	}
	var got wire.Answer
	oracle.Answer(&job, &got)
	return got
}

func text(t *testing.T, value any) string {
	t.Helper()
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

const grantsV1 = `package spacelift

grants := {"Platform": {"root": ["space-admin", "space-reader"]}}

roles[space] contains role if {
	some team in input.session.teams
	some space, slugs in grants[team]
	some role in slugs
}

allow if count(roles) > 0
`

var grants = map[string]string{
	"v1": grantsV1,
	"v0": strings.Replace(grantsV1, "\n\n", "\n\nimport future.keywords.contains\nimport future.keywords.if\nimport future.keywords.in\n\n", 1),
}

func TestDecisions(t *testing.T) {
	for language, policy := range grants {
		t.Run(language, func(t *testing.T) {
			got := ask(t, language, policy, "login",
				`{"session":{"teams":["Platform"]}}`, `{"session":{"teams":null}}`, `{}`, `{"a":`)
			if len(got.CompileErrors) != 0 || len(got.Strict) != 0 || got.Strict == nil || !*got.Formatted {
				t.Fatalf("not clean: %s", text(t, got))
			}
			result := func(i int) string {
				return text(t, got.Decisions[i].Document.(map[string]any)["result"])
			}
			const want = `{"admin":false,"allow":%s,"deny":false,"deny_admin":false,"flag":[],"roles":%s,` +
				`"sample":false,"space_admin":[],"space_read":[],"space_write":[],"team":[]}`
			granted := fmt.Sprintf(want, "true", `{"root":["space-admin","space-reader"]}`)
			if got := result(0); got != granted {
				t.Errorf("granted: %s", got)
			}
			for i := 1; i < 3; i++ {
				if got, refused := result(i), fmt.Sprintf(want, "false", "{}"); got != refused {
					t.Errorf("refused %d: %s", i, got)
				}
			}
			if got.Decisions[3].Error == "" || got.Decisions[3].Document != nil {
				t.Error("a broken input must be an error")
			}
		})
	}
}

func TestAccessDecisions(t *testing.T) {
	const policy = "package spacelift\n\n%sread if input.session.login == \"a\"\n\ndeny_write if not input.stack\n"
	for language, imports := range map[string]string{"v1": "", "v0": "import future.keywords.if\n\n"} {
		got := ask(t, language, fmt.Sprintf(policy, imports), "access", `{"session":{"login":"a"},"stack":{}}`, `{}`)
		if len(got.CompileErrors) != 0 || len(got.Strict) != 0 || got.Strict == nil || !*got.Formatted {
			t.Fatalf("not clean: %s", text(t, got))
		}
		const want = `{"deny":false,"deny_write":%t,"read":%t,"sample":false,"write":false}`
		for i, read := range []bool{true, false} {
			result := text(t, got.Decisions[i].Document.(map[string]any)["result"])
			if result != fmt.Sprintf(want, !read, read) {
				t.Errorf("%s, input %d: %s", language, i, result)
			}
		}
	}
}

func TestForbiddenBuiltins(t *testing.T) {
	for call, language := range map[string]string{
		`http.send({"method": "get", "url": "x"})`: "v1",
		`opa.runtime()`:               "v1",
		`rego.parse_module("x", "y")`: "v0",
		`time.now_ns()`:               "v0",
		`trace("x")`:                  "v1",
	} {
		got := ask(t, language, "package spacelift\n\nx := "+call+"\n", "login", "{}")
		if len(got.CompileErrors) != 1 || !strings.Contains(got.CompileErrors[0], "undefined function") || got.Decisions != nil {
			t.Errorf("%s: %s", call, text(t, got))
		}
	}
}

func TestRefusals(t *testing.T) {
	for name, test := range map[string]struct{ language, policy, preamble, want string }{
		"second default":    {"v1", "default allow := true", "login", "multiple default rules"},
		"other type":        {"v1", "allow contains 1", "login", "conflicting rules"},
		"flag not a set":    {"v1", `flag := "x"`, "login", "conflicting rules"},
		"undefined name":    {"v1", "allow if nothing_here", "login", "unsafe"},
		"recursion":         {"v1", "allow if not allow", "none", "recursive"},
		"unsafe":            {"v1", "allow if x == input.y", "login", "unsafe"},
		"v0 syntax in v1":   {"v1", "allow { true }", "login", "`if` keyword is required"},
		"v1 syntax in v0":   {"v0", "allow if { true }", "login", "future.keywords.if"},
		"type error":        {"v1", `allow if lower(1) == "x"`, "login", "rego_type_error"},
		"broken preamble":   {"v1", "allow := true", "nonsense", "preamble.rego:1"},
		"literal preamble":  {"v1", "allow := true", "package spacelift\n\ndefault allow := false", ""},
		"preamble of other": {"v1", "allow := true", "package other", ""},
	} {
		got := ask(t, test.language, "package spacelift\n\n"+test.policy+"\n", test.preamble, "{}")
		all := strings.Join(got.CompileErrors, "\n")
		if test.want == "" != (len(got.CompileErrors) == 0) || !strings.Contains(all, test.want) {
			t.Errorf("%s: %s", name, text(t, got))
		}
	}
}

func TestStrictFindings(t *testing.T) {
	got := ask(t, "v1", "package spacelift\n\nallow if {\n\tunused := input.x\n}\n", "login", "{}")
	if len(got.CompileErrors) != 0 || len(got.Strict) != 1 || !strings.Contains(got.Strict[0], "unused") {
		t.Error(text(t, got))
	}
	if len(got.Decisions) != 1 {
		t.Error("a strict finding must not stop decisions")
	}
}

func TestFormatFindings(t *testing.T) {
	got := ask(t, "v1", "package spacelift\nallow if  input.x\n", "login", "{}")
	if *got.Formatted || !strings.Contains(got.FormatDiff, "login.rego:2") {
		t.Error(text(t, got))
	}
}

func TestConflictingOutputsAreAnError(t *testing.T) {
	got := ask(t, "v1", "package spacelift\n\nx := 1 if input.a\n\nx := 2 if input.b\n", "login", `{"a":1,"b":1}`, `{"a":1}`)
	if !strings.Contains(got.Decisions[0].Error, "eval_conflict_error") || got.Decisions[1].Error != "" {
		t.Error(text(t, got.Decisions))
	}
}

func TestFailingBuiltinsAreUndefined(t *testing.T) {
	got := ask(t, "v1", "package spacelift\n\nallow if to_number(input.x) == 1\n", "login", `{"x":"no"}`, `{"x":"1"}`)
	for i, want := range []bool{false, true} {
		if document, ok := got.Decisions[i].Document.(map[string]any); !ok || document["allow"] != want {
			t.Errorf("%d: %s", i, text(t, got.Decisions[i]))
		}
	}
}

func TestNumbersAndSets(t *testing.T) {
	got := ask(t, "v1", "package spacelift\n\nat := input.at\n\ns := {3, 1, \"b\", \"a\", 2}\n", "none",
		`{"at":1.7e18}`, `{"at":1764000000000000001}`)
	for i, want := range []string{`{"at":1.7e18,"s":[1,2,3,"a","b"]}`, `{"at":1764000000000000001,"s":[1,2,3,"a","b"]}`} {
		if have := text(t, got.Decisions[i].Document); have != want {
			t.Errorf("have %s, want %s", have, want)
		}
	}
}

func TestMeasure(t *testing.T) {
	job := &wire.Job{
		Rego: "v1", Files: map[string]string{"a.rego": grants["v1"]}, Preamble: "login",
		Query: "data.spacelift.result", Inputs: []json.RawMessage{[]byte("{}")},
	}
	again, err := measure(job)
	if err != nil || again() != nil {
		t.Error(err)
	}
	job.Files["a.rego"] = "nonsense"
	if _, err := measure(job); err == nil {
		t.Error("a policy that does not parse cannot be measured")
	}
}

func TestProfile(t *testing.T) {
	job := &wire.Job{
		Rego: "v1", Preamble: "none", Query: "data.spacelift.dear",
		Files: map[string]string{"a.rego": `package spacelift

dear if {
	some number in numbers.range(1, 500)
	number == 500
	cheap
}

cheap if input.session.member
`},
		Inputs: []json.RawMessage{[]byte(`{"session":{"member":true}}`)},
	}
	rules, err := profile(job, 3)
	if err != nil || len(rules) != 3 || rules[0].Rule != "dear" || rules[0].Evals < 500 || rules[0].US <= 0 {
		t.Errorf("%v, %v", rules, err)
	}
	if at := slices.IndexFunc(rules, func(one wire.Spent) bool { return one.Rule == "cheap" }); at < 0 || rules[at].Evals != 1 {
		t.Error(rules)
	}
	job.Inputs[0] = []byte(`{}`)
	if _, err := profile(job, 1); err == nil {
		t.Error("a decision that does not come about cannot be profiled")
	}
	job.Files["a.rego"] = "nonsense"
	if _, err := profile(job, 1); err == nil {
		t.Error("a policy that does not parse cannot be profiled")
	}
}

func TestErrorsAreSortedAndSingle(t *testing.T) {
	got := ask(t, "v1", "package spacelift\n\na := opa.runtime()\n\nb := time.now_ns()\n", "none")
	if len(got.CompileErrors) != 2 || !slices.IsSorted(got.CompileErrors) {
		t.Error(got.CompileErrors)
	}
}
