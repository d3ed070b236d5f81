// Command oldest answers policy jobs with the oldest OPA whose Rego knows the
// rules we write (`roles[space] contains role`, 0.57), for Rego v0 only.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/ast"
	"github.com/open-policy-agent/opa/format"
	"github.com/open-policy-agent/opa/rego"
	"github.com/open-policy-agent/opa/version"

	wire "liftgate-tests/opa"
)

func main() { oracle.Main() }

var oracle = &wire.Oracle{
	Languages: []string{"v0"},
	Checks:    []string{wire.CheckStrict, wire.CheckFormat},
	Answer:    answer,
	Measure:   measure,
}

var capabilities = without()

// without is everything OPA can do but for what Spacelift turns off.
func without() *ast.Capabilities {
	all := ast.CapabilitiesForThisVersion()
	kept := *all
	kept.Builtins = nil
	for _, builtin := range all.Builtins {
		if !slices.Contains(wire.Forbidden, builtin.Name) {
			kept.Builtins = append(kept.Builtins, builtin)
		}
	}
	return &kept
}

// parse reads the job's files and its preamble.
func parse(job *wire.Job) (map[string]*ast.Module, error) {
	texts := make(map[string]string, len(job.Files)+1)
	for name, text := range job.Files {
		texts[name] = text
	}
	names := job.FileNames()
	if text := job.PreambleText(); text != "" {
		texts[wire.PreambleName] = text
		names = append(names, wire.PreambleName)
	}
	modules := make(map[string]*ast.Module, len(names))
	var all []error
	for _, name := range names {
		module, err := ast.ParseModuleWithOpts(name, texts[name], ast.ParserOptions{Capabilities: capabilities})
		switch {
		case err != nil:
			all = append(all, err)
		case module == nil:
			all = append(all, errors.New(name+": empty"))
		default:
			modules[name] = module
		}
	}
	return modules, errors.Join(all...)
}

func compile(modules map[string]*ast.Module, strict bool) (*ast.Compiler, error) {
	copies := make(map[string]*ast.Module, len(modules))
	for name, module := range modules {
		copies[name] = module.Copy()
	}
	compiler := ast.NewCompiler().
		WithCapabilities(capabilities).
		WithStrict(strict)
	compiler.SetErrorLimit(0)
	compiler.Compile(copies)
	if compiler.Failed() {
		return nil, compiler.Errors
	}
	return compiler, nil
}

func prepare(job *wire.Job, compiler *ast.Compiler) (rego.PreparedEvalQuery, error) {
	return rego.New(
		rego.Query(job.Query),
		rego.Compiler(compiler),
		rego.Capabilities(capabilities),
		rego.StrictBuiltinErrors(false),
	).PrepareForEval(context.Background())
}

func decide(prepared *rego.PreparedEvalQuery, text json.RawMessage) wire.Decision {
	raw, err := wire.ParseInput(text)
	if err != nil {
		return wire.Decision{Error: "bad input: " + err.Error()}
	}
	input, err := ast.InterfaceToValue(raw)
	if err != nil {
		return wire.Decision{Error: "bad input: " + err.Error()}
	}
	ctx, cancel := context.WithTimeout(context.Background(), wire.TimeLimit)
	defer cancel()
	results, err := prepared.Eval(ctx, rego.EvalParsedInput(input))
	switch {
	case err != nil:
		return wire.Decision{Error: err.Error()}
	case len(results) != 1 || len(results[0].Expressions) != 1:
		return wire.Decision{Error: "undefined"}
	}
	return wire.Decision{Document: results[0].Expressions[0].Value}
}

func answer(job *wire.Job, answer *wire.Answer) {
	answer.OPA = version.Version
	if job.Wants(wire.CheckFormat) {
		diff := unformatted(job)
		clean := diff == ""
		answer.Formatted, answer.FormatDiff = &clean, diff
	}
	modules, err := parse(job)
	if err != nil {
		answer.CompileErrors = lines(err)
		return
	}
	compiler, err := compile(modules, false)
	if err != nil {
		answer.CompileErrors = lines(err)
		return
	}
	answer.CompileErrors = []string{}
	if job.Wants(wire.CheckStrict) {
		_, err := compile(modules, true)
		answer.Strict = lines(err)
	}
	prepared, err := prepare(job, compiler)
	if err != nil {
		answer.CompileErrors = lines(err)
		return
	}
	answer.Decisions = wire.Decide(job.Inputs, func(text json.RawMessage) wire.Decision {
		return decide(&prepared, text)
	})
}

func unformatted(job *wire.Job) string {
	for _, name := range job.FileNames() {
		text := job.Files[name]
		formatted, err := format.Source(name, []byte(text))
		if err != nil {
			return err.Error()
		}
		if diff := wire.Unformatted(name, text, string(formatted)); diff != "" {
			return diff
		}
	}
	return ""
}

func measure(job *wire.Job) (func() error, error) {
	modules, err := parse(job)
	if err != nil {
		return nil, err
	}
	compiler, err := compile(modules, false)
	if err != nil {
		return nil, err
	}
	prepared, err := prepare(job, compiler)
	if err != nil {
		return nil, err
	}
	again := func() error {
		if decision := decide(&prepared, job.Inputs[0]); decision.Error != "" {
			return errors.New(decision.Error)
		}
		return nil
	}
	return again, again()
}

// lines makes one entry of each error, in a fixed order; none of no error.
func lines(err error) []string {
	list := []string{}
	var collect func(error)
	collect = func(err error) {
		var several ast.Errors
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			for _, one := range joined.Unwrap() {
				collect(one)
			}
		} else if errors.As(err, &several) {
			for _, one := range several {
				list = append(list, one.Error())
			}
		} else {
			list = append(list, strings.TrimSpace(err.Error()))
		}
	}
	if err != nil {
		collect(err)
	}
	slices.Sort(list)
	return slices.Compact(list)
}
