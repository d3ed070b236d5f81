package main

import (
	"encoding/json"
	"fmt"
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

const grants = `package spacelift

import future.keywords.contains
import future.keywords.every
import future.keywords.if
import future.keywords.in

grants := {"Platform": {"root": ["space-admin", "space-reader"]}}

roles[space] contains role if {
	some team in input.session.teams
	some space, slugs in grants[team]
	some role in slugs
}

allow if {
	count(roles) > 0
	every team in input.session.teams {
		team != "Banned"
	}
}
`

func TestDecisions(t *testing.T) {
	for language, policy := range map[string]string{"v0": grants} {
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

func TestForbiddenBuiltins(t *testing.T) {
	for _, call := range []string{
		`http.send({"method": "get", "url": "x"})`, `opa.runtime()`, `rego.parse_module("x", "y")`, `time.now_ns()`, `trace("x")`,
	} {
		got := ask(t, "v0", "package spacelift\n\nx := "+call+"\n", "login", "{}")
		if len(got.CompileErrors) != 1 || !strings.Contains(got.CompileErrors[0], "undefined function") || got.Decisions != nil {
			t.Errorf("%s: %s", call, text(t, got))
		}
	}
}

func TestFindings(t *testing.T) {
	got := ask(t, "v0", "package spacelift\nallow {\n\tunused := input.x\n}\n", "login", "{}")
	if *got.Formatted || got.FormatDiff == "" || len(got.Strict) != 1 || !strings.Contains(got.Strict[0], "unused") {
		t.Error(text(t, got))
	}
	if len(got.Decisions) != 1 || got.Decisions[0].Error != "" {
		t.Error("findings must not stop decisions")
	}
}

func TestDocumentedOldShape(t *testing.T) {
	got := ask(t, "v0", "package spacelift\n\nroles[\"a\"][\"b\"] {\n\tinput.x\n}\n", "login", `{"x":1}`)
	if len(got.CompileErrors) != 0 {
		t.Fatal(got.CompileErrors)
	}
	if have := text(t, got.Decisions[0].Document.(map[string]any)["roles"]); have != `{"a":{"b":true}}` {
		t.Error(have)
	}
}

func TestNumbersKeepTheirText(t *testing.T) {
	got := ask(t, "v0", "package spacelift\n\nat := input.at\n", "none", `{"at":1.7e18}`, `{"at":1764000000000000001}`)
	for i, want := range []string{`{"at":1.7e18}`, `{"at":1764000000000000001}`} {
		if have := text(t, got.Decisions[i].Document); have != want {
			t.Errorf("have %s, want %s", have, want)
		}
	}
}
