package verify

import (
	"fmt"
	"slices"
	"strings"
)

// wasiFunctions are all that wasi_snapshot_preview1 has (WASI, phases/snapshot/docs.md; sock_accept came last).
var wasiFunctions = []string{
	"args_get", "args_sizes_get", "clock_res_get", "clock_time_get", "environ_get", "environ_sizes_get",
	"fd_advise", "fd_allocate", "fd_close", "fd_datasync", "fd_fdstat_get", "fd_fdstat_set_flags", "fd_fdstat_set_rights",
	"fd_filestat_get", "fd_filestat_set_size", "fd_filestat_set_times", "fd_pread", "fd_prestat_dir_name", "fd_prestat_get",
	"fd_pwrite", "fd_read", "fd_readdir", "fd_renumber", "fd_seek", "fd_sync", "fd_tell", "fd_write",
	"path_create_directory", "path_filestat_get", "path_filestat_set_times", "path_link", "path_open", "path_readlink",
	"path_remove_directory", "path_rename", "path_symlink", "path_unlink_file", "poll_oneoff", "proc_exit", "proc_raise",
	"random_get", "sched_yield", "sock_accept", "sock_recv", "sock_send", "sock_shutdown",
}

// checkWasmImports: what a module imports beyond the system's own interface has to come from the host that runs it.
func checkWasmImports(s *subject) []Finding {
	if s.bin.format != formatWasm {
		return nil
	}
	var foreign []string
	for _, f := range s.bin.wasm {
		if wasmSystems[f.module] != s.want.GOOS || s.want.GOOS == "wasip1" && !slices.Contains(wasiFunctions, f.name) {
			foreign = append(foreign, f.module+"."+f.name)
		}
	}
	want := "functions of " + s.want.GOOS
	if len(foreign) > 0 {
		return fail("wasm-imports", shorten(foreign), want, fmt.Sprintf("imports %s, which is no part of %s: only a host that has it can run the module", shorten(foreign), s.want.GOOS))
	}
	return pass("wasm-imports", fmt.Sprintf("%d imports", len(s.bin.wasm)), want, fmt.Sprintf("imports functions of %s alone", s.want.GOOS))
}

// wasmProblem says what a host of the asked system would miss in a program.
func (s *subject) wasmProblem() string {
	row, ok := wasmRows[s.want.GOOS]
	if s.bin.format != formatWasm || s.bin.kindBad != "" || !ok {
		return ""
	}
	var missing []string
	for _, name := range append([]string{row.start}, row.exports...) {
		if _, found := slices.BinarySearch(s.bin.exports, name); !found {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return ""
	}
	return fmt.Sprintf("does not export %s, without which no host of %s runs it", strings.Join(missing, ", "), s.want.GOOS)
}
