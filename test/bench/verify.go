package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/crossgo/crossgo/test/env"
)

// verifyCase is crossgo verify of one program of verifyBytes, of which most is data that no scan can pass over.
const (
	verifyCase  = "verify"
	verifyBytes = 50 << 20
	verifyTimes = 5
)

// measureVerify measures the command from its start to its end, on a file that was just written and so is in memory.
func (b *bench) measureVerify() Case {
	c := Case{Name: verifyCase, Seconds: map[string][]float64{}}
	file := b.largeProgram()
	for range verifyTimes {
		began := time.Now()
		r := b.env.Crossgo(b, b.env.Dir, nil, "verify", "--platform", "linux/amd64", file).OK(b)
		c.Seconds[crossgo.name] = append(c.Seconds[crossgo.name], round(time.Since(began).Seconds()))
		c.Memory = append(c.Memory, r.Peak)
	}
	fmt.Printf("%-16s %-14s %8.2f s\n", verifyCase, crossgo.name, median(c.Seconds[crossgo.name]))
	return c
}

// largeProgram is a Go program with an embedded file of random bytes, the same each time.
func (b *bench) largeProgram() string {
	dir := b.tempDir("verify-")
	random, data := rand.NewChaCha8([32]byte{}), make([]byte, verifyBytes-2<<20)
	must(random.Read(data))
	for name, text := range map[string]string{
		"go.mod":  "module example.com/large\n\ngo 1.26\n",
		"main.go": "package main\n\nimport _ \"embed\"\n\n//go:embed data\nvar data string\n\nfunc main() { println(len(data)) }\n",
		"data":    string(data),
	} {
		b.check(os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	env.Run(b, env.Cmd{Dir: dir, Args: []string{"go", "build", "-o", "large", "."}, Env: append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")}).OK(b)
	return filepath.Join(dir, "large")
}
