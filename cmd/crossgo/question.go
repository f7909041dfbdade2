package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/crossgo/crossgo/engine"
	"github.com/crossgo/crossgo/frontend"
	"github.com/moby/buildkit/client"
	gwclient "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/frontend/subrequests/lint"
	"github.com/moby/buildkit/frontend/subrequests/outline"
	"github.com/moby/buildkit/frontend/subrequests/targets"
	"github.com/moby/buildkit/util/progress/progressui"
)

// question is something that is asked about a spec in place of a build.
type question struct {
	request string
	print   func(data []byte, w io.Writer) error
	json    bool // print what the frontend says as it is
	checks  bool // an answer with findings is a failure
}

// questions are the values of --call that build nothing.
var questions = map[string]question{
	"check":   {request: lint.SubrequestLintDefinition.Name, checks: true, print: printCheck},
	"outline": {request: outline.SubrequestsOutlineDefinition.Name, print: outline.PrintOutline},
	"targets": {request: targets.SubrequestsTargetsDefinition.Name, print: targets.PrintTargets},
}

// printCheck prints warnings, and the problems of a spec that cannot be read, which BuildKit's function for this leaves out.
func printCheck(data []byte, w io.Writer) error {
	var results lint.LintResults
	if err := json.Unmarshal(data, &results); err != nil {
		return err
	}
	if err := results.PrintTo(w, nil); err != nil {
		return err
	}
	results.PrintErrorTo(w, nil)
	return nil
}

// question is what --call or --check asks; nil for a build.
func (f *buildFlags) question() (*question, error) {
	name, format, _ := strings.Cut(f.call, ",")
	if f.check {
		name = "check"
	}
	if name == "lint" { // docker's other name
		name = "check"
	}
	if name == "build" || name == "" {
		return nil, nil
	}
	q, ok := questions[name]
	if !ok || format != "" && format != "format=json" {
		return nil, fmt.Errorf("--call %s: want build, check, outline or targets, with ,format=json for programs", f.call)
	}
	q.json = format != ""
	return &q, nil
}

// errFindings ends a check that found something.
var errFindings = exitError{code: exitFailed}

// ask has the frontend answer.
func (f *buildFlags) ask(ctx context.Context, e *engine.Engine, opt client.SolveOpt, q *question, display progressui.Display) error {
	opt.FrontendAttrs["requestid"], opt.Internal = q.request, true
	answer := map[string][]byte{}
	run := func(ctx context.Context, c gwclient.Client) (*gwclient.Result, error) {
		res, err := frontend.New()(ctx, c)
		if err == nil {
			answer = res.Metadata
		}
		return res, err
	}
	if _, err := f.build(ctx, e, opt, run, display); err != nil {
		return err
	}
	data := answer["result.json"]
	var err error
	if q.json {
		_, err = fmt.Fprintf(os.Stdout, "%s\n", data)
	} else {
		err = q.print(data, os.Stdout)
	}
	if err != nil || !q.checks {
		return err
	}
	return checked(answer, q.json)
}

// checked is how a check ends.
func checked(answer map[string][]byte, quiet bool) error {
	if string(answer["result.statuscode"]) == "1" {
		return errFindings
	}
	if !quiet {
		fmt.Println("Check complete, no warnings found.")
	}
	return nil
}
