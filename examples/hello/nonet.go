//go:build wasip1 || js

package main

// WebAssembly has no sockets, no certificates and no users.
func tlsRoundTrip() (string, error) { return "none", nil }
func systemRoots() (string, error)  { return "none", nil }
func userName() (string, error)     { return "none", nil }
