// Command linter answers policy jobs with the findings of Regal, the usual
// linter of Rego. It is a program of its own since Regal does not compile
// together with the newest OPA.
package main

import (
	"cmp"
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/version"
	"github.com/open-policy-agent/regal/pkg/linter"
	"github.com/open-policy-agent/regal/pkg/rules"

	wire "liftgate-tests/opa"
)

func main() { oracle.Main() }

var oracle = &wire.Oracle{
	Languages: []string{"v0", "v1"},
	Checks:    []string{wire.CheckLint},
	Answer:    answer,
}

// prepared holds Regal's own configuration, nothing turned on or off: what
// may be ignored is for the caller to decide.
var prepared = linter.NewLinter().MustPrepare(context.Background())

// linting holds one policy at a time: a prepared linter cannot serve several,
// and does its own work in parallel.
var linting sync.Mutex

var regalVersion = func() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if module.Path == "github.com/open-policy-agent/regal" {
				return "regal " + strings.TrimPrefix(module.Version, "v")
			}
		}
	}
	return "regal"
}()

// answer lints each file alone: the preamble is not ours to judge, and a
// finding must not depend on the other files.
func answer(job *wire.Job, answer *wire.Answer) {
	answer.OPA, answer.Linter = version.Version, regalVersion
	language := ast.RegoV1
	if job.Rego == "v0" {
		language = ast.RegoV0
	}
	linting.Lock()
	defer linting.Unlock()
	findings := []wire.Finding{}
	for _, name := range job.FileNames() {
		input, err := rules.InputFromTextWithOptions(name, job.Files[name], ast.ParserOptions{
			RegoVersion:       language,
			ProcessAnnotation: true,
		})
		if err != nil {
			answer.CompileErrors = append(answer.CompileErrors, err.Error())
			continue
		}
		report, err := prepared.WithInputModules(&input).Lint(context.Background())
		if err != nil {
			answer.Error = fmt.Sprintf("%s: %v", name, err)
			return
		}
		for _, violation := range report.Violations {
			findings = append(findings, wire.Finding{
				Rule:     violation.Title,
				Category: violation.Category,
				File:     violation.Location.File,
				Row:      violation.Location.Row,
				Col:      violation.Location.Column,
				Text:     violation.Description,
			})
		}
	}
	if answer.CompileErrors != nil {
		return
	}
	slices.SortFunc(findings, func(a, b wire.Finding) int {
		return cmp.Or(
			cmp.Compare(a.File, b.File), cmp.Compare(a.Row, b.Row), cmp.Compare(a.Col, b.Col),
			cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Text, b.Text),
		)
	})
	answer.CompileErrors, answer.Lint = []string{}, findings
}
