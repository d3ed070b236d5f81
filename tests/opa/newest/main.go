// Command newest answers policy jobs with the newest OPA, for Rego v0 and v1.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/format"
	"github.com/open-policy-agent/opa/v1/profiler"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/version"

	wire "liftgate-tests/opa"
)

func main() { oracle.Main() }

var oracle = &wire.Oracle{
	Languages: []string{"v0", "v1"},
	Checks:    []string{wire.CheckStrict, wire.CheckFormat},
	Answer:    answer,
	Measure:   measure,
	Profile:   profile,
}

var capabilities = map[string]*ast.Capabilities{"v0": without(ast.RegoV0), "v1": without(ast.RegoV1)}

// without is everything OPA can do but for what Spacelift turns off.
func without(language ast.RegoVersion) *ast.Capabilities {
	all := ast.CapabilitiesForThisVersion(ast.CapabilitiesRegoVersion(language))
	kept := *all
	kept.Builtins = slices.DeleteFunc(slices.Clone(all.Builtins), func(b *ast.Builtin) bool {
		return slices.Contains(wire.Forbidden, b.Name)
	})
	return &kept
}

func parserOptions(job *wire.Job) ast.ParserOptions {
	language := ast.RegoV1
	if job.Rego == "v0" {
		language = ast.RegoV0
	}
	return ast.ParserOptions{RegoVersion: language, Capabilities: capabilities[job.Rego]}
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
	options := parserOptions(job)
	modules := make(map[string]*ast.Module, len(names))
	var all []error
	for _, name := range names {
		module, err := ast.ParseModuleWithOpts(name, texts[name], options)
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

func compile(job *wire.Job, modules map[string]*ast.Module, strict bool) (*ast.Compiler, error) {
	copies := make(map[string]*ast.Module, len(modules))
	for name, module := range modules {
		copies[name] = module.Copy()
	}
	options := parserOptions(job)
	compiler := ast.NewCompiler().
		WithCapabilities(options.Capabilities).
		WithDefaultRegoVersion(options.RegoVersion).
		WithStrict(strict)
	compiler.SetErrorLimit(0)
	compiler.Compile(copies)
	if compiler.Failed() {
		return nil, compiler.Errors
	}
	return compiler, nil
}

func prepare(job *wire.Job, compiler *ast.Compiler) (rego.PreparedEvalQuery, error) {
	options := parserOptions(job)
	return rego.New(
		rego.Query(job.Query),
		rego.Compiler(compiler),
		rego.Capabilities(options.Capabilities),
		rego.SetRegoVersion(options.RegoVersion),
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
	compiler, err := compile(job, modules, false)
	if err != nil {
		answer.CompileErrors = lines(err)
		return
	}
	answer.CompileErrors = []string{}
	if job.Wants(wire.CheckStrict) {
		_, err := compile(job, modules, true)
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
	options := parserOptions(job)
	for _, name := range job.FileNames() {
		text := job.Files[name]
		formatted, err := format.SourceWithOpts(name, []byte(text), format.Opts{
			RegoVersion:   options.RegoVersion,
			ParserOptions: &options,
		})
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
	compiler, err := compile(job, modules, false)
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

// profile asks OPA's own profiler, and adds up the lines of each rule.
func profile(job *wire.Job, times int) ([]wire.Spent, error) {
	modules, err := parse(job)
	if err != nil {
		return nil, err
	}
	compiler, err := compile(job, modules, false)
	if err != nil {
		return nil, err
	}
	prepared, err := prepare(job, compiler)
	if err != nil {
		return nil, err
	}
	raw, err := wire.ParseInput(job.Inputs[0])
	if err != nil {
		return nil, err
	}
	input, err := ast.InterfaceToValue(raw)
	if err != nil {
		return nil, err
	}
	spent := map[string]*wire.Spent{}
	took := map[string][]float64{}
	for range times {
		one := profiler.New()
		results, err := prepared.Eval(context.Background(), rego.EvalParsedInput(input), rego.EvalQueryTracer(one))
		if err != nil {
			return nil, err
		}
		if len(results) == 0 {
			return nil, errors.New("undefined")
		}
		now := map[string]*wire.Spent{}
		for file, report := range one.ReportByFile().Files {
			for _, line := range report.Result {
				rule := ruleAt(modules[file], line.Location.Row)
				if now[rule] == nil {
					now[rule] = &wire.Spent{Rule: rule}
				}
				now[rule].US += float64(line.ExprTimeNs) / 1e3
				now[rule].Evals += line.NumEval
				now[rule].Redos += line.NumRedo
			}
		}
		for rule, one := range now {
			spent[rule] = one
			took[rule] = append(took[rule], one.US)
		}
	}
	rules := make([]wire.Spent, 0, len(spent))
	for rule, one := range spent {
		slices.Sort(took[rule])
		one.US = took[rule][len(took[rule])/2]
		rules = append(rules, *one)
	}
	slices.SortFunc(rules, func(a, b wire.Spent) int {
		return cmp.Or(cmp.Compare(b.US, a.US), cmp.Compare(a.Rule, b.Rule))
	})
	return rules, nil
}

// ruleAt is the rule that a line belongs to, by its name; the query has no module.
func ruleAt(module *ast.Module, row int) string {
	name := "the query"
	if module != nil {
		for _, rule := range module.Rules {
			if rule.Location.Row <= row {
				name = rule.Head.Ref().String()
			}
		}
	}
	return name
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
