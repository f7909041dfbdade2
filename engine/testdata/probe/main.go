// Command probe is the program that the engine's tests run in a container. It does what its first argument says.
package main

import (
	"fmt"
	"net"
	"os"
	"time"
)

func main() {
	switch os.Args[1] {
	case "write": // write FILE TEXT
		must(os.WriteFile(os.Args[2], []byte(os.Args[3]), 0o644))
	case "interfaces": // interfaces FILE: the names of the network interfaces that are up
		list, err := net.Interfaces()
		must(err)
		out := ""
		for _, i := range list {
			if i.Flags&net.FlagUp != 0 {
				out += i.Name + "\n"
			}
		}
		must(os.WriteFile(os.Args[2], []byte(out), 0o644))
	case "dial": // dial ADDRESS FILE
		_, err := net.DialTimeout("tcp", os.Args[2], 2*time.Second)
		must(os.WriteFile(os.Args[3], fmt.Appendf(nil, "%v\n", err), 0o644))
	case "now": // now FILE: differs each time it really runs
		must(os.WriteFile(os.Args[2], fmt.Appendf(nil, "%d\n", time.Now().UnixNano()), 0o644))
	case "sleep":
		fmt.Println("asleep")
		time.Sleep(time.Hour)
	default:
		fmt.Fprintln(os.Stderr, "unknown:", os.Args[1])
		os.Exit(3)
	}
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
