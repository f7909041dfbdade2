package verify

import (
	"bufio"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// Start is how an image starts its program, from its config.
type Start struct {
	Args    []string // entrypoint and command
	Env     []string // NAME=value; only PATH is read
	WorkDir string   // empty is "/"
}

// defaultPath is what container runtimes look in when an image sets no PATH (containerd's and Docker's default).
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// maxScripts is how many scripts may interpret one another, as in the kernel (fs/exec.c, exec_binprm).
const maxScripts = 5

// Entry finds the program that the image starts. program is its path in the image, behind scripts that of their interpreter; it is
// empty when there is none to look at, which the findings tell.
func (r Rootfs) Entry(s Start) (program string, findings []Finding) {
	t := tree{r.FS}
	if len(s.Args) == 0 {
		return "", note("fits-entrypoint", "none", "", "the image has neither entrypoint nor command: it starts what its user says")
	}
	name, bad := t.lookPath(s)
	how, scripts := "starts "+name, []string(nil)
	for depth := 0; bad == ""; depth++ {
		interpreter, script, err := t.shebang(name)
		switch {
		case err != nil:
			bad = err.Error()
		case !script:
			return name, append(pass("fits-entrypoint", name, "", how), t.scriptModes(r.User, scripts)...)
		case depth == maxScripts:
			bad = fmt.Sprintf("%s is behind more than %d scripts", name, maxScripts)
		default:
			how, scripts = how+", a script for "+interpreter, append(scripts, name)
			bad = t.hasInterpreter(name, interpreter)
			name = interpreter
		}
	}
	return "", fail("fits-entrypoint", "missing", strings.Join(s.Args, " "), bad)
}

// scriptModes checks that the image's user may start the scripts and their interpreters may read them. What they end with, Fits looks at.
func (t tree) scriptModes(name string, scripts []string) []Finding {
	u, err := lookupUser(t, name)
	if err != nil {
		return nil // told with the program
	}
	for _, script := range scripts {
		for _, right := range []fs.FileMode{mayExecute, mayRead} {
			if why := u.denied(t, script, right); why != "" {
				return fail("fits-modes", "not allowed", u.String(), why)
			}
		}
	}
	return nil
}

// hasInterpreter says what is wrong with the interpreter of a script.
func (t tree) hasInterpreter(script, interpreter string) string {
	switch {
	case strings.HasSuffix(interpreter, "\r"):
		return fmt.Sprintf("starts the script %s, whose first line ends with a carriage return: the kernel looks for %q", script, interpreter)
	case !t.regular(interpreter):
		return fmt.Sprintf("starts the script %s for %s, which the image does not have", script, interpreter)
	}
	return ""
}

func (t tree) regular(name string) bool {
	_, info, err := t.resolve(name)
	return err == nil && info.Mode().IsRegular()
}

// lookPath finds the first of the arguments as a container runtime does: a path with a slash from the working directory, else in PATH.
func (t tree) lookPath(s Start) (name, bad string) {
	asked := s.Args[0]
	if strings.Contains(asked, "/") {
		return t.lookFile(asked, path.Join("/", s.WorkDir, asked))
	}
	dirs := defaultPath
	for _, e := range s.Env {
		if value, ok := strings.CutPrefix(e, "PATH="); ok {
			dirs = value
		}
	}
	for _, dir := range strings.Split(dirs, ":") {
		if !path.IsAbs(dir) {
			dir = path.Join("/", s.WorkDir, dir)
		}
		if name := path.Join(dir, asked); t.executable(name) {
			return name, ""
		}
	}
	return "", fmt.Sprintf("starts %s, which is in no directory of PATH (%s)", asked, dirs)
}

func (t tree) executable(name string) bool {
	_, info, err := t.resolve(name)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// lookFile is lookPath for a path.
func (t tree) lookFile(asked, place string) (name, bad string) {
	if path.IsAbs(asked) {
		place = path.Clean(asked)
	}
	_, info, err := t.resolve(place)
	switch {
	case err != nil && asked == "/bin/sh":
		return "", "starts /bin/sh, which the image does not have: an entrypoint that is no list needs a shell"
	case err != nil:
		return "", fmt.Sprintf("starts %s, which the image does not have", place)
	case !info.Mode().IsRegular():
		return "", fmt.Sprintf("starts %s, which is %s", place, kindOf(info))
	}
	return place, ""
}

// maxShebang is how much of a script's first line the kernel reads (BINPRM_BUF_SIZE of linux/binfmts.h).
const maxShebang = 256

// shebang reads whether a file is a script, and for which interpreter.
func (t tree) shebang(name string) (interpreter string, script bool, err error) {
	f, _, _, err := t.open(name)
	if err != nil {
		return "", false, err
	}
	defer f.Close()
	line, err := bufio.NewReader(io.LimitReader(f, maxShebang)).ReadString('\n')
	if err != nil && err != io.EOF {
		return "", false, err
	}
	rest, script := strings.CutPrefix(line, "#!")
	words := strings.FieldsFunc(rest, func(c rune) bool { return c == ' ' || c == '\t' || c == '\n' })
	if !script || len(words) == 0 {
		return "", false, nil
	}
	return words[0], true, nil
}

// Known says whether the image has the user that it runs as.
func (r Rootfs) Known() []Finding {
	if _, err := lookupUser(tree{r.FS}, r.User); err != nil {
		return fail("fits-modes", r.User, "a user of the image", err.Error())
	}
	return pass("fits-modes", r.User, "a user of the image", "the image has its user")
}

// Owner is the image's user and group as numbers: what is made for it belongs to these.
func (r Rootfs) Owner() (uid, gid int, err error) {
	u, err := lookupUser(tree{r.FS}, r.User)
	if err != nil {
		return 0, 0, err
	}
	return u.uid, u.gids[0], nil
}

// Enters says whether the image's user can begin in the working directory. One that is not there is made by container runtimes.
func (r Rootfs) Enters(dir string) []Finding {
	t := tree{r.FS}
	u, err := lookupUser(t, r.User)
	if err != nil {
		return nil // Known tells it
	}
	real, info, err := t.resolve(dir)
	switch {
	case err != nil:
		return nil
	case !info.IsDir():
		return fail("fits-entrypoint", real, "a directory", fmt.Sprintf("the working directory %s is no directory", dir))
	}
	if why := u.denied(t, dir, mayExecute); why != "" {
		why = strings.Replace(why, "may not execute", "may not enter", 1)
		return fail("fits-modes", "not allowed", u.String(), why+", which is the working directory")
	}
	return pass("fits-modes", "allowed", u.String(), u.String()+" may enter the working directory")
}
