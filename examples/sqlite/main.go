// Command sqlite talks to a database that lives in C (github.com/mattn/go-sqlite3), and uses the parts of the standard
// library that have C in them as well: net and os/user.
package main

import (
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/user"

	"github.com/mattn/go-sqlite3"
)

// version is set by the linker.
var version = "unset"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "sqlite:", err)
		os.Exit(1)
	}
}

func run() error {
	sum, found, err := query()
	if err != nil {
		return err
	}
	lib, _, _ := sqlite3.Version()
	fmt.Println("sqlite: ok")
	fmt.Println("version: " + version)
	fmt.Println("library: " + lib)
	fmt.Printf("sum: %d\n", sum)
	fmt.Println("search: " + found)
	fmt.Println("net: " + loopback())
	fmt.Println("user: " + userName())
	return nil
}

// query fills a table in memory and asks it two things: a sum, and a full text search, which only the build tag
// sqlite_fts5 brings in.
func query() (sum int, found string, err error) {
	db, err := sql.Open("sqlite3", ":memory:")
	if err != nil {
		return 0, "", err
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // every connection has a memory of its own
	if _, err := db.Exec(`create table n(v integer); insert into n values (1), (2), (39)`); err != nil {
		return 0, "", err
	}
	if err := db.QueryRow(`select sum(v) from n`).Scan(&sum); err != nil {
		return 0, "", err
	}
	return sum, search(db), nil
}

func search(db *sql.DB) string {
	if _, err := db.Exec(`create virtual table t using fts5(text); insert into t values ('one fish'), ('two birds')`); err != nil {
		return "none (built without the tag sqlite_fts5)"
	}
	var text string
	if err := db.QueryRow(`select text from t where t match 'birds'`).Scan(&text); err != nil {
		return err.Error()
	}
	return text
}

// loopback connects to a port of its own, and looks up a name, which goes through the resolver of the libc in a cgo build.
func loopback() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "none"
	}
	defer l.Close()
	go func() {
		if c, err := l.Accept(); err == nil {
			c.Close()
		}
	}()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		return err.Error()
	}
	defer c.Close()
	if _, err := net.LookupHost("localhost"); err != nil {
		return "ok, localhost unknown"
	}
	return "ok"
}

// userName is the name of the user, or its number where no database knows one.
func userName() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return fmt.Sprintf("uid %d", os.Getuid())
}
