package plan

import "regexp"

// login is who an address says is asking, up to the last @ before its path.
var login = regexp.MustCompile(`://[^\s/?#"']*@`)

// Redacted is a text in which the addresses carry no user and no password, for logs and messages.
func Redacted(text string) string { return login.ReplaceAllString(text, "://***@") }
