// Package opa is what the three oracle programs below this directory share:
// the job and answer types, the streaming loop and the preamble texts.
package opa

import (
	"bufio"
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"syscall"
	"time"
)

//go:embed preamble/*.rego
var preambles embed.FS

// The checks a job may ask for.
const (
	CheckStrict = "strict"
	CheckFormat = "format"
	CheckLint   = "lint"
)

// Job is one line of input.
type Job struct {
	ID    string            `json:"id"`
	Rego  string            `json:"rego"`
	Files map[string]string `json:"files"`
	// Preamble is "login", "access", "none" or a literal text.
	Preamble string `json:"preamble"`
	// Query is "data.spacelift" when left out.
	Query  string            `json:"query"`
	Checks []string          `json:"checks"`
	Inputs []json.RawMessage `json:"inputs"`
}

// Wants tells whether the job asks for a check.
func (j *Job) Wants(check string) bool { return slices.Contains(j.Checks, check) }

// FileNames lists the job's files in a fixed order.
func (j *Job) FileNames() []string {
	names := make([]string, 0, len(j.Files))
	for name := range j.Files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// PreambleText is the second module of the policy, empty when there is none.
func (j *Job) PreambleText() string {
	switch j.Preamble {
	case "", "none":
		return ""
	case "login", "access":
		text, err := preambles.ReadFile("preamble/" + j.Preamble + "." + j.Rego + ".rego")
		if err != nil {
			panic(err)
		}
		return string(text)
	default:
		return j.Preamble
	}
}

// PreambleName is the file name given to the preamble, in errors too.
const PreambleName = "preamble.rego"

// Answer is one line of output. A list that is null was not asked for, or
// could not be made because of Error or CompileErrors; an empty one is clean.
type Answer struct {
	ID            string     `json:"id"`
	OPA           string     `json:"opa"`
	Linter        string     `json:"linter,omitempty"`
	Error         string     `json:"error,omitempty"`
	CompileErrors []string   `json:"compile_errors"`
	Strict        []string   `json:"strict"`
	Formatted     *bool      `json:"formatted"`
	FormatDiff    string     `json:"format_diff,omitempty"`
	Lint          []Finding  `json:"lint"`
	Decisions     []Decision `json:"decisions"`
}

// Finding is one finding of the linter.
type Finding struct {
	Rule     string `json:"rule"`
	Category string `json:"category"`
	File     string `json:"file"`
	Row      int    `json:"row"`
	Col      int    `json:"col"`
	Text     string `json:"text"`
}

// Decision is the answer to one input: a document, or the reason for none.
type Decision struct {
	Document any    `json:"document,omitempty"`
	Error    string `json:"error,omitempty"`
}

// Cost is what -measure prints for one job, in microseconds of processor time:
// who else works on the machine is not measured.
type Cost struct {
	ID         string  `json:"id"`
	Times      int     `json:"times"`
	ColdUS     float64 `json:"cold_us"`
	PreparedUS float64 `json:"prepared_us"`
	Error      string  `json:"error,omitempty"`
}

// Oracle is one program's ability.
type Oracle struct {
	// Languages and Checks are what this program answers; a job that asks
	// for more gets an error, never a silent gap.
	Languages []string
	Checks    []string
	// Answer fills everything but the ID.
	Answer func(*Job, *Answer)
	// Measure parses, compiles and decides the job's first input, and
	// returns a function that decides it again; nil where not offered.
	Measure func(*Job) (again func() error, err error)
	// Profile decides the job's first input so many times, and says where
	// the time of one decision goes; nil where not offered.
	Profile func(job *Job, times int) ([]Spent, error)
}

// Spent is what one rule costs a decision: the time between the steps of its
// own bodies, without the rules that it asks, as a median of several
// decisions, and how often an expression was evaluated or taken up again.
type Spent struct {
	Rule  string  `json:"rule"`
	US    float64 `json:"us"`
	Evals int     `json:"evals"`
	Redos int     `json:"redos"`
}

// Profiled is what -profile prints for one job: dearest rules first.
type Profiled struct {
	ID    string  `json:"id"`
	Rules []Spent `json:"rules"`
	Error string  `json:"error,omitempty"`
}

// Parse reads one line and refuses whatever the program cannot answer in full.
func (o *Oracle) Parse(line []byte) (*Job, error) {
	var job Job
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&job); err != nil {
		return &job, fmt.Errorf("bad job: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return &job, errors.New("bad job: more than one value on the line")
	}
	if !slices.Contains(o.Languages, job.Rego) {
		return &job, fmt.Errorf("bad job: rego %q is not one of %q", job.Rego, o.Languages)
	}
	for _, check := range job.Checks {
		if !slices.Contains(o.Checks, check) {
			return &job, fmt.Errorf("bad job: check %q is not one of %q", check, o.Checks)
		}
	}
	if job.Query == "" {
		job.Query = "data.spacelift"
	}
	if len(job.Files) == 0 {
		return &job, errors.New("bad job: no files")
	}
	if _, taken := job.Files[PreambleName]; taken {
		return &job, fmt.Errorf("bad job: the file name %q is taken", PreambleName)
	}
	return &job, nil
}

// Main is the whole of a program: flags, then a line out for every line in.
func (o *Oracle) Main() {
	measure := flag.Bool("measure", false, "print what each job costs instead of answering it")
	profile := flag.Bool("profile", false, "print where the time of a decision goes instead of the decision")
	times := flag.Int("n", 21, "how often -measure and -profile repeat each step")
	flag.Parse()
	debug.SetGCPercent(400) // short-lived garbage, plenty of it
	work := o.line
	workers := runtime.GOMAXPROCS(0)
	if *measure {
		if o.Measure == nil {
			fmt.Fprintln(os.Stderr, "this program does not measure")
			os.Exit(2)
		}
		workers = 1
		work = func(line []byte) any { return o.measure(line, *times) }
	}
	if *profile {
		if o.Profile == nil {
			fmt.Fprintln(os.Stderr, "this program does not profile")
			os.Exit(2)
		}
		workers = 1
		work = func(line []byte) any { return o.profile(line, *times) }
	}
	if err := Stream(os.Stdin, os.Stdout, workers, work); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func (o *Oracle) line(line []byte) (result any) {
	job, err := o.Parse(line)
	answer := &Answer{ID: job.ID}
	if err != nil {
		answer.Error = err.Error()
		return answer
	}
	// A crash of the engine must not be mistaken for an answer, nor end the others.
	defer func() {
		if caught := recover(); caught != nil {
			result = &Answer{ID: job.ID, Error: fmt.Sprintf("crashed: %v", caught)}
		}
	}()
	o.Answer(job, answer)
	return answer
}

func (o *Oracle) measure(line []byte, times int) any {
	job, err := o.Parse(line)
	cost := &Cost{ID: job.ID, Times: times}
	if err == nil && len(job.Inputs) == 0 {
		err = errors.New("bad job: nothing to measure without inputs")
	}
	var cold, prepared []time.Duration
	for range max(times, 1) {
		if err != nil {
			cost.Error = err.Error()
			return cost
		}
		var again func() error
		start := worked()
		if again, err = o.Measure(job); err != nil {
			continue
		}
		cold = append(cold, worked()-start)
		start = worked()
		err = again()
		prepared = append(prepared, worked()-start)
	}
	if err != nil {
		cost.Error = err.Error()
		return cost
	}
	cost.ColdUS, cost.PreparedUS = median(cold), median(prepared)
	return cost
}

func (o *Oracle) profile(line []byte, times int) any {
	job, err := o.Parse(line)
	profiled := &Profiled{ID: job.ID}
	if err == nil && len(job.Inputs) == 0 {
		err = errors.New("bad job: nothing to profile without inputs")
	}
	if err == nil {
		profiled.Rules, err = o.Profile(job, max(times, 1))
	}
	if err != nil {
		profiled.Error = err.Error()
	}
	return profiled
}

// worked is how long the processors have worked for this program.
func worked() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func median(of []time.Duration) float64 {
	slices.Sort(of)
	return float64(of[len(of)/2].Nanoseconds()) / 1e3
}

// Stream answers lines in their order, several at once, and flushes whenever
// no finished answer is waiting, so that a driver may wait for one.
func Stream(in io.Reader, out io.Writer, workers int, work func([]byte) any) error {
	type task struct {
		line []byte
		done chan []byte
	}
	tasks := make(chan task)
	queue := make(chan chan []byte, 4*workers)
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for next := range tasks {
				next.done <- encode(work(next.line))
			}
		})
	}
	var readErr error
	go func() {
		defer close(queue)
		defer close(tasks)
		reader := bufio.NewReaderSize(in, 1<<16)
		for {
			line, err := reader.ReadBytes('\n')
			if len(bytes.TrimSpace(line)) > 0 {
				done := make(chan []byte, 1)
				queue <- done
				tasks <- task{line, done}
			}
			if err != nil {
				if !errors.Is(err, io.EOF) {
					readErr = err
				}
				return
			}
		}
	}()
	writer := bufio.NewWriterSize(out, 1<<16)
	var writeErr error
	for done := range queue {
		var text []byte
		select {
		case text = <-done:
		default:
			if writeErr == nil {
				writeErr = writer.Flush()
			}
			text = <-done
		}
		if writeErr != nil {
			continue
		}
		if _, writeErr = writer.Write(text); writeErr == nil && len(queue) == 0 {
			writeErr = writer.Flush()
		}
	}
	group.Wait()
	if writeErr == nil {
		writeErr = writer.Flush()
	}
	return errors.Join(readErr, writeErr)
}

func encode(value any) []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		text.Reset()
		id := ""
		if answer, ok := value.(*Answer); ok {
			id = answer.ID
		}
		_ = encoder.Encode(&Answer{ID: id, Error: "answer could not be written: " + err.Error()})
	}
	return text.Bytes()
}

// Decide fills one decision per input, splitting a long list among the
// processors. The function must be safe for use from several at once.
func Decide(inputs []json.RawMessage, decide func(json.RawMessage) Decision) []Decision {
	decisions := make([]Decision, len(inputs))
	parts := 1
	if len(inputs) >= 256 {
		parts = runtime.GOMAXPROCS(0)
	}
	var group sync.WaitGroup
	for part := range parts {
		group.Go(func() {
			for i := part; i < len(inputs); i += parts {
				decisions[i] = guarded(inputs[i], decide)
			}
		})
	}
	group.Wait()
	return decisions
}

func guarded(input json.RawMessage, decide func(json.RawMessage) Decision) (decision Decision) {
	defer func() {
		if caught := recover(); caught != nil {
			decision = Decision{Error: fmt.Sprintf("crashed: %v", caught)}
		}
	}()
	return decide(input)
}

// ParseInput keeps the text of every number: 1.7e18 stays 1.7e18.
func ParseInput(text json.RawMessage) (any, error) {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	err := decoder.Decode(&value)
	return value, err
}

// Unformatted compares a text with its formatted form and shows the first
// line that differs; empty when they are the same.
func Unformatted(name, text, formatted string) string {
	if text == formatted {
		return ""
	}
	have, want := bytes.Split([]byte(text), []byte("\n")), bytes.Split([]byte(formatted), []byte("\n"))
	for i := 0; ; i++ {
		switch {
		case i >= len(have):
			return fmt.Sprintf("%s:%d: missing line %q", name, i+1, want[i])
		case i >= len(want):
			return fmt.Sprintf("%s:%d: excess line %q", name, i+1, have[i])
		case !bytes.Equal(have[i], want[i]):
			return fmt.Sprintf("%s:%d: have %q, want %q", name, i+1, have[i], want[i])
		}
	}
}

// Forbidden are the built-ins that Spacelift turns off.
var Forbidden = []string{"http.send", "opa.runtime", "rego.parse_module", "time.now_ns", "trace"}

// TimeLimit is how long Spacelift lets a login policy run.
const TimeLimit = 5 * time.Second
