package verify

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Run is what a program has to do when it is started.
type Run struct {
	Args      []string `json:"args,omitempty"`
	Exit      int      `json:"exit,omitempty"` // exit code
	Stdout    Output   `json:"stdout,omitzero"`
	Stderr    Output   `json:"stderr,omitzero"`
	Timeout   int64    `json:"timeout"`             // milliseconds
	MaxMemory int64    `json:"maxMemory,omitempty"` // bytes of its resident set; 0: any
	Emulated  bool     `json:"emulated,omitempty"`  // by another processor: its memory is not its own
}

// Output is what a program has to print; the zero Output is any text.
type Output struct {
	Is       *string `json:"is,omitempty"` // the whole text, but for a line feed at the end
	Contains string  `json:"contains,omitempty"`
	Matches  string  `json:"matches,omitempty"` // regular expression
}

// Outcome is what a program did.
type Outcome struct {
	NotStarted string // why it could not be started; empty when it could
	Exit       int    // exit code; of no meaning with Signal
	Signal     string // that ended it: "segmentation fault"; empty without one
	TimedOut   bool
	Memory     int64 // bytes of its resident set, at most; 0 when not measured
	Stdout     []byte
	Stderr     []byte
}

// RunID is the id of the rule that a program does as expected.
const RunID = "run"

// Judge compares what a program did with what it has to do: one finding, of level Note when the rule is among those allowed to
// break. What differs from one time to the next stands in it only when it does not hold.
func (r Run) Judge(o Outcome, allow []string) Finding {
	want := r.words()
	bad := r.bad(o)
	if len(bad) == 0 {
		return Finding{Check: RunID, Level: Pass, Found: want, Want: want, Text: r.how() + want}
	}
	text := r.how() + strings.Join(bad, "; ")
	if last := lastLines(o.Stderr); last != "" {
		text += "; the end of stderr: " + last
	}
	return RunFailed(bad[0], want, text, allow)
}

// RunFailed is the finding of a run that did not do as wanted.
func RunFailed(found, want, text string, allow []string) Finding {
	return rule(RunID).settle(fail(RunID, found, want, text), allow)[0]
}

// NotRun is the finding for a program that the builder cannot run.
func NotRun(why string) Finding {
	return Finding{Check: RunID, Level: Note, Found: "unknown", Text: "not started: " + why}
}

// how begins the text: the command line, and by whom it is run.
func (r Run) how() string {
	text := "started without arguments: "
	if len(r.Args) > 0 {
		text = fmt.Sprintf("started with %s: ", strings.Join(quoted(r.Args), " "))
	}
	if r.Emulated {
		text = "emulated, " + text
	}
	return text
}

func quoted(words []string) []string {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = w
		if w == "" || strings.ContainsAny(w, " \t\n\"'") {
			list[i] = fmt.Sprintf("%q", w)
		}
	}
	return list
}

// words is what is expected, for people.
func (r Run) words() string {
	list := []string{fmt.Sprintf("exit code %d", r.Exit)}
	for _, o := range []struct {
		name string
		want Output
	}{{"stdout", r.Stdout}, {"stderr", r.Stderr}} {
		if w := o.want.words(); w != "" {
			list = append(list, o.name+" "+w)
		}
	}
	if r.MaxMemory > 0 && !r.Emulated {
		list = append(list, fmt.Sprintf("at most %s of memory", size(r.MaxMemory)))
	}
	return strings.Join(list, ", ")
}

func (o Output) words() string {
	switch {
	case o.Is != nil:
		return "is " + short(*o.Is)
	case o.Contains != "":
		return "contains " + short(o.Contains)
	case o.Matches != "":
		return "matches " + short(o.Matches)
	}
	return ""
}

// bad says what is not as expected. How a program ended says more than what it printed, and comes first.
func (r Run) bad(o Outcome) []string {
	var list []string
	switch {
	case o.NotStarted != "":
		return []string{"it does not start: " + o.NotStarted}
	case r.MaxMemory > 0 && !r.Emulated && o.Memory > r.MaxMemory:
		list = append(list, fmt.Sprintf("it took %s of memory, want at most %s", size(o.Memory), size(r.MaxMemory)))
	case o.TimedOut:
		list = append(list, fmt.Sprintf("it was not done after %s", duration(r.Timeout)))
	case o.Signal != "":
		list = append(list, fmt.Sprintf("it was ended by a signal (%s), want exit code %d", o.Signal, r.Exit))
	case o.Exit != r.Exit:
		list = append(list, fmt.Sprintf("exit code %d, want %d", o.Exit, r.Exit))
	}
	for _, t := range []struct {
		name string
		got  []byte
		want Output
	}{{"stdout", o.Stdout, r.Stdout}, {"stderr", o.Stderr, r.Stderr}} {
		if !t.want.holds(t.got) {
			list = append(list, fmt.Sprintf("%s is %s, want that it %s", t.name, short(string(t.got)), t.want.words()))
		}
	}
	return list
}

func (o Output) holds(got []byte) bool {
	switch {
	case o.Is != nil:
		return string(bytes.TrimSuffix(got, []byte("\n"))) == strings.TrimSuffix(*o.Is, "\n")
	case o.Contains != "":
		return bytes.Contains(got, []byte(o.Contains))
	case o.Matches != "":
		re, err := regexp.Compile(o.Matches)
		return err == nil && re.Match(got)
	}
	return true
}

// short is a text as a message shows it: quoted, and not longer than a line or two.
func short(s string) string {
	const most = 200
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most]) + "…"
	}
	return fmt.Sprintf("%q", s)
}

// lastLines is the end of what a program said, on one line.
func lastLines(text []byte) string {
	const most = 400
	text = bytes.TrimSpace(text)
	if len(text) > most {
		text = text[len(text)-most:]
	}
	if len(text) == 0 {
		return ""
	}
	return fmt.Sprintf("%q", strings.ToValidUTF8(string(text), "?"))
}

func size(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }

func duration(ms int64) string {
	if ms%1000 != 0 {
		return fmt.Sprintf("%d ms", ms)
	}
	return fmt.Sprintf("%d s", ms/1000)
}
