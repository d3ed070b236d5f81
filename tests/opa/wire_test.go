package opa

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

var echo = &Oracle{
	Languages: []string{"v1"},
	Checks:    []string{CheckStrict},
	Answer: func(job *Job, answer *Answer) {
		if job.Query == "crash" {
			panic("boom")
		}
		if job.Query == "slow" {
			time.Sleep(20 * time.Millisecond)
		}
		answer.Decisions = Decide(job.Inputs, func(text json.RawMessage) Decision {
			value, err := ParseInput(text)
			if err != nil {
				return Decision{Error: err.Error()}
			}
			return Decision{Document: value}
		})
	},
}

func TestParseRefusesWhatItCannotAnswer(t *testing.T) {
	const files = `"files":{"a.rego":"package spacelift"}`
	for name, test := range map[string]struct{ line, want string }{
		"good":          {`{"rego":"v1",` + files + `}`, ""},
		"unknown field": {`{"rego":"v1","input":{},` + files + `}`, "unknown field"},
		"language":      {`{"rego":"v0",` + files + `}`, "is not one of"},
		"no language":   {`{` + files + `}`, "is not one of"},
		"check":         {`{"rego":"v1","checks":["lint"],` + files + `}`, "is not one of"},
		"no files":      {`{"rego":"v1"}`, "no files"},
		"taken name":    {`{"rego":"v1","files":{"preamble.rego":""}}`, "is taken"},
		"two values":    {`{"rego":"v1",` + files + `} {}`, "more than one value"},
		"not JSON":      {`hello`, "bad job"},
	} {
		job, err := echo.Parse([]byte(test.line))
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case test.want == "" && job.Query != "data.spacelift":
			t.Errorf("%s: query %q", name, job.Query)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: %v does not say %q", name, err, test.want)
		}
	}
}

func TestPreambles(t *testing.T) {
	one := (&Job{Rego: "v1", Preamble: "login"}).PreambleText()
	old := (&Job{Rego: "v0", Preamble: "login"}).PreambleText()
	const imports = "import future.keywords.contains\nimport future.keywords.if\n\n"
	if strings.Replace(old, imports, "", 1) != one || old == one {
		t.Error("the two preambles must differ by the imports only")
	}
	for _, name := range []string{
		"allow", "admin", "deny", "deny_admin", "roles", "space_admin", "space_write", "space_read", "team", "flag", "sample",
	} {
		if !strings.Contains(one, fmt.Sprintf("\t%q: %s,\n", name, name)) {
			t.Errorf("result lacks %s", name)
		}
	}
	access := (&Job{Rego: "v1", Preamble: "access"}).PreambleText()
	if !strings.Contains(access, "default deny_write := false") || access != (&Job{Rego: "v0", Preamble: "access"}).PreambleText() {
		t.Error("an access policy has outputs of its own, the same in both")
	}
	for preamble, want := range map[string]string{"": "", "none": "", "package x": "package x"} {
		if got := (&Job{Rego: "v1", Preamble: preamble}).PreambleText(); got != want {
			t.Errorf("%q gives %q", preamble, got)
		}
	}
}

func TestStreamKeepsOrderAndSurvivesCrashes(t *testing.T) {
	var in strings.Builder
	for i := range 500 {
		query := "fast"
		switch i % 50 {
		case 7:
			query = "slow"
		case 9:
			query = "crash"
		}
		fmt.Fprintf(&in, `{"id":"%d","rego":"v1","files":{"a":""},"query":%q,"inputs":[%d]}`+"\n\n", i, query, i)
	}
	var out bytes.Buffer
	if err := Stream(strings.NewReader(in.String()), &out, 4, echo.line); err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(&out)
	for i := range 500 {
		var answer Answer
		if err := decoder.Decode(&answer); err != nil {
			t.Fatal(err)
		}
		if answer.ID != fmt.Sprint(i) {
			t.Fatalf("answer %d has id %q", i, answer.ID)
		}
		if crashed := answer.Error == "crashed: boom"; crashed != (i%50 == 9) {
			t.Errorf("answer %d: error %q", i, answer.Error)
		} else if !crashed && (len(answer.Decisions) != 1 || answer.Decisions[0].Document != float64(i)) {
			t.Errorf("answer %d: %v", i, answer.Decisions)
		}
	}
	if decoder.More() {
		t.Error("more answers than jobs")
	}
}

func TestNumbersKeepTheirText(t *testing.T) {
	const input = `{"a":1764000000000000001,"b":1.7e18,"c":1764000000000000000.0}`
	line := []byte(`{"rego":"v1","files":{"a":""},"inputs":[` + input + `]}`)
	if got := string(encode(echo.line(line))); !strings.Contains(got, `"document":`+input) {
		t.Error(got)
	}
}

func TestManyInputsKeepTheirOrder(t *testing.T) {
	inputs := make([]json.RawMessage, 1000)
	for i := range inputs {
		inputs[i] = json.RawMessage(fmt.Sprint(i))
	}
	decisions := Decide(inputs, func(text json.RawMessage) Decision {
		if string(text) == "13" {
			panic("unlucky")
		}
		return Decision{Document: string(text)}
	})
	for i, decision := range decisions {
		if i == 13 {
			if decision.Error != "crashed: unlucky" {
				t.Errorf("decision 13: %v", decision)
			}
		} else if decision.Document != fmt.Sprint(i) {
			t.Errorf("decision %d: %v", i, decision)
		}
	}
}

func TestUnformatted(t *testing.T) {
	for _, test := range []struct{ have, want, diff string }{
		{"a\n", "a\n", ""},
		{"a\nb\n", "a\nc\n", `f:2: have "b", want "c"`},
		{"a", "a\n", `f:2: missing line ""`},
		{"a\n\n", "a\n", `f:3: excess line ""`},
	} {
		if got := Unformatted("f", test.have, test.want); got != test.diff {
			t.Errorf("%q and %q: %s", test.have, test.want, got)
		}
	}
}
