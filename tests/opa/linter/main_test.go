package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	wire "liftgate-tests/opa"
)

func ask(name, language, text string) wire.Answer {
	var got wire.Answer
	oracle.Answer(&wire.Job{
		Rego: language, Files: map[string]string{name: text}, Checks: []string{wire.CheckLint},
	}, &got)
	return got
}

func names(answer wire.Answer) []string {
	found := []string{}
	for _, finding := range answer.Lint {
		found = append(found, finding.Rule)
	}
	return found
}

const clean = `package spacelift

allow if {
	some team in input.session.teams
	team == "Platform"
}
`

func TestCleanPolicy(t *testing.T) {
	got := ask("spacelift/login.rego", "v1", clean)
	if got.Error != "" || got.Lint == nil || len(got.Lint) != 0 || got.Linter == "regal" {
		t.Errorf("%+v", got)
	}
}

func TestFindings(t *testing.T) {
	for rule, policy := range map[string]string{
		"prefer-some-in-iteration": "allow if {\n\tteam := input.session.teams[_]\n\tteam == input.x\n\tstartswith(team, \"a\")\n}",
		"use-in-operator":          "allow if \"Platform\" == input.session.teams[_]",
		"line-length":              "# " + strings.Repeat("long ", 30),
		"no-whitespace-comment":    "#here\nallow := input.x",
		"todo-comment":             "# TODO: think\nallow := input.x",
		"prefer-snake-case":        "isAllowed := input.x",
		"rule-shadows-builtin":     "startswith := input.x",
		"var-shadows-builtin":      "allow if {\n\tlower := input.x\n\tlower == 1\n}",
		"opa-fmt":                  "allow  :=  input.x",
		"yoda-condition":           "allow if \"x\" == input.x",
		"constant-condition":       "allow if {\n\t1 == 1\n}",
		"double-negative":          "not_bad := input.x\n\nallow if not not_bad",
		"messy-rule":               "allow if input.x\n\nb if input.y\n\nallow if input.z",
		"non-raw-regex-pattern":    "allow if regex.match(\"[\\\\d]+\", input.x)",
	} {
		got := ask("spacelift/login.rego", "v1", "package spacelift\n\n"+policy+"\n")
		if got.Error != "" || !slices.Contains(names(got), rule) {
			t.Errorf("%s: %+v", rule, got)
		}
	}
}

func TestPlaceOfTheFile(t *testing.T) {
	if got := ask("elsewhere/login.rego", "v1", clean); !slices.Equal(names(got), []string{"directory-package-mismatch"}) {
		t.Errorf("%+v", got)
	}
}

func TestPlaceOfAFinding(t *testing.T) {
	got := ask("spacelift/login.rego", "v1", clean+"\n#here\nx := input.x\n")
	if len(got.Lint) != 1 || got.Lint[0].Row != 8 || got.Lint[0].Col != 1 || got.Lint[0].Category != "style" {
		t.Errorf("%+v", got)
	}
}

func TestOldLanguage(t *testing.T) {
	got := ask("spacelift/login.rego", "v0", "package spacelift\n\nallow {\n\tinput.x\n}\n")
	if !slices.Contains(names(got), "use-if") {
		t.Errorf("%+v", got)
	}
}

func TestBrokenPolicyIsNotClean(t *testing.T) {
	got := ask("spacelift/login.rego", "v1", "nonsense")
	if len(got.CompileErrors) == 0 || got.Lint != nil {
		t.Errorf("%+v", got)
	}
}

func TestSeveralAtOnce(t *testing.T) {
	var group sync.WaitGroup
	for i := range 24 {
		group.Go(func() {
			got := ask("spacelift/login.rego", "v1", fmt.Sprintf("%s\n#here\nx := %d\n", clean, i))
			if got.Error != "" || !slices.Equal(names(got), []string{"no-whitespace-comment"}) {
				t.Errorf("%+v", got)
			}
		})
	}
	group.Wait()
}
