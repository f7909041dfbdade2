package verify

import (
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// The rights that the kernel asks for (man 7 path_resolution, man 2 execve): search for each directory on the way, execute for the
// program and its loader, read for what the loader opens.
const (
	mayRead    fs.FileMode = 4
	mayExecute fs.FileMode = 1
)

// user is who runs a program.
type user struct {
	name string // as it was asked for
	uid  int
	gids []int // the first is the primary one
}

func (u user) String() string {
	if u.name == "" {
		return "root"
	}
	return "user " + u.name
}

// lookupUser reads "", "ID", "ID:ID", "NAME" or "NAME:GROUP" as container runtimes do: names are in the image's /etc/passwd and
// /etc/group, a number need not be there. A number that is not has the group 0.
func lookupUser(t tree, name string) (user, error) {
	who, group, grouped := strings.Cut(name, ":")
	u := user{name: name}
	passwd, err := t.text("/etc/passwd")
	if err != nil {
		return u, err
	}
	groups, err := t.text("/etc/group")
	if err != nil {
		return u, err
	}
	if who == "" {
		who = "0"
	}
	row, known := account(passwd, who, 3) // name:password:uid:gid:…
	uid, notNumber := strconv.Atoi(who)
	switch {
	case known:
		u.uid, _ = strconv.Atoi(row[2])
		gid, _ := strconv.Atoi(row[3])
		u.gids = append([]int{gid}, memberships(groups, row[0])...)
	case notNumber == nil && uid > maxID:
		return u, fmt.Errorf("the user %s is above %d, the last number that container runtimes take", who, maxID)
	case notNumber == nil:
		u.uid, u.gids = uid, []int{0}
	default:
		return u, fmt.Errorf("the image has no user %s in /etc/passwd", who)
	}
	if !grouped {
		return u, nil
	}
	gid, notNumber := strconv.Atoi(group)
	if row, known := account(groups, group, 2); known { // name:password:gid:members
		gid, _ = strconv.Atoi(row[2])
	} else if notNumber != nil {
		return u, fmt.Errorf("the image has no group %s in /etc/group", group)
	} else if gid > maxID {
		return u, fmt.Errorf("the group %s is above %d, the last number that container runtimes take", group, maxID)
	}
	u.gids = []int{gid}
	return u, nil
}

// maxID is the last number of a user or group that container runtimes take (moby/sys/user, minID and maxID).
const maxID = 1<<31 - 1

// account is the line of a passwd or group file whose name or number is who; it has numbers up to column last.
func account(text, who string, last int) ([]string, bool) {
	for line := range strings.Lines(text) {
		row := strings.Split(strings.TrimSpace(line), ":")
		if len(row) <= last || !allNumbers(row[2:last+1]) {
			continue
		}
		if row[0] == who || row[2] == who {
			return row, true
		}
	}
	return nil, false
}

func allNumbers(words []string) bool {
	return !slices.ContainsFunc(words, func(w string) bool { _, err := strconv.ParseUint(w, 10, 31); return err != nil })
}

// memberships are the groups that list a user as a member.
func memberships(groups, name string) []int {
	var gids []int
	for line := range strings.Lines(groups) {
		row := strings.Split(strings.TrimSpace(line), ":")
		if len(row) < 4 || !slices.Contains(strings.Split(row[3], ","), name) {
			continue
		}
		if gid, err := strconv.Atoi(row[2]); err == nil {
			gids = append(gids, gid)
		}
	}
	return gids
}

// may reports whether the user has a right to what info describes. Root, with the capabilities that containers leave it, lacks
// only the right to execute what nobody may.
func (u user) may(info fs.FileInfo, right fs.FileMode) bool {
	mode := info.Mode()
	if u.uid == 0 {
		return right == mayRead || mode.IsDir() || mode&0o111 != 0
	}
	uid, gid := owner(info)
	switch {
	case uid == u.uid:
		right <<= 6
	case slices.Contains(u.gids, gid):
		right <<= 3
	}
	return mode&right != 0
}

// denied says what keeps the user from a path of the tree; it is empty when nothing does, or when the path leads nowhere, which
// other checks tell.
func (u user) denied(t tree, name string, right fs.FileMode) string {
	why := ""
	_, info, err := t.walk(name, func(real string, dir fs.FileInfo) {
		if why == "" && !u.may(dir, mayExecute) {
			why = fmt.Sprintf("%s may not enter %s (%s)", u, real, describeMode(dir))
		}
	})
	if err != nil || why != "" {
		return why
	}
	return u.deniedFile(name, info, right)
}

func (u user) deniedFile(name string, info fs.FileInfo, right fs.FileMode) string {
	if u.may(info, right) {
		return ""
	}
	verb := map[fs.FileMode]string{mayRead: "read", mayExecute: "execute"}[right]
	return fmt.Sprintf("%s may not %s %s (%s)", u, verb, name, describeMode(info))
}

// Owner is who owns a file of a tree: root, where nothing says another.
func Owner(info fs.FileInfo) (uid, gid int) { return owner(info) }

func describeMode(info fs.FileInfo) string {
	uid, gid := owner(info)
	return fmt.Sprintf("mode %04o, owner %d:%d", info.Mode().Perm(), uid, gid)
}

// placed is what a file will be in the image that it is not in yet.
type placed struct {
	fs.FileInfo
	mode fs.FileMode
}

func (p placed) Mode() fs.FileMode { return p.mode }
func (p placed) Sys() any          { return nil }

// modes checks that the image's user may start the program and open what it loads.
func (t tree) modes(name string, p Program, loaded []*object) []Finding {
	u, err := lookupUser(t, name)
	if err != nil {
		return fail("fits-modes", name, "a user of the image", err.Error())
	}
	var denied []string
	add := func(why string) {
		if why != "" && !slices.Contains(denied, why) {
			denied = append(denied, why)
		}
	}
	if p.File != nil && p.Mode != 0 {
		add(u.deniedFile(p.Path, placed{mode: p.Mode}, mayExecute))
	}
	for i, o := range loaded {
		if o.asked == "" {
			continue
		}
		right := mayRead
		if i == 0 || i == len(loaded)-1 {
			right = mayExecute
		}
		add(u.denied(t, o.asked, right))
	}
	if len(denied) > 0 {
		return fail("fits-modes", "not allowed", u.String(), strings.Join(denied, "; "))
	}
	return pass("fits-modes", "allowed", u.String(), u.String()+" may execute it and read all that it loads")
}
