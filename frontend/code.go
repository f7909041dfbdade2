package frontend

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"

	gollb "github.com/crossgo/crossgo/llb"
	"github.com/crossgo/crossgo/plan"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerui"
	gwclient "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"
)

// chooseGo chooses Go by the module files.
func (r *request) chooseGo(ctx context.Context) error {
	list := r.askGoList(ctx)
	defer list.stop()
	mods, err := r.moduleFiles(ctx)
	if err != nil {
		return err
	}
	wanted, err := plan.ChooseGo(r.spec, mods, r.build)
	if err != nil {
		return err
	}
	if r.goTool, err = r.newestGo(ctx, wanted, list); err != nil {
		return err
	}
	if err := plan.Outside(mods); err != nil && !r.vendor {
		return err
	}
	r.mods = mods
	r.code = gollb.NewCode(r.inputs, r.goTool, mods.Name(), r.modulesJob())
	return nil
}

// readCode asks Go what the code is.
func (r *request) readCode(ctx context.Context) error {
	job, err := plan.Inspect(r.spec, r.targets, r.spec.Module.V)
	if err != nil {
		return err
	}
	inspect := gollb.Inspect(r.inputs, r.code, job)
	r.read = append(r.read, inspect)
	return r.readJSON(ctx, inspect, plan.FactsFile, &r.facts)
}

func (r *request) modulesJob() *plan.ModulesJob {
	if r.vendor {
		return nil
	}
	job := plan.Modules(r.spec, r.inputs.Args.Proxy)
	return &job
}

// moduleFiles reads go.mod, and the go.work that governs it if there is one: the nearest above the module.
func (r *request) moduleFiles(ctx context.Context) (plan.Mods, error) {
	ref, err := r.solve(ctx, gollb.ModuleFiles(r.inputs))
	if err != nil {
		return plan.Mods{}, err
	}
	dir := r.spec.Module.V
	mods := plan.Mods{GoModName: path.Join(dir, "go.mod")}
	if mods.GoMod, err = readFile(ctx, ref, mods.GoModName); err != nil {
		return plan.Mods{}, err
	}
	if mods.GoWorkName, mods.GoWork, err = findGoWork(ctx, ref, dir); err != nil {
		return plan.Mods{}, err
	}
	if mods.GoMod == nil && (mods.GoWork == nil || path.Dir(mods.GoWorkName) != dir) {
		return plan.Mods{}, fmt.Errorf("%s: not found in the build context: crossgo builds Go modules, run go mod init or name the module's directory with module:", mods.GoModName)
	}
	vendored, err := exists(ctx, ref, path.Join(vendorRoot(dir, mods), "vendor/modules.txt"))
	r.vendor = vendored
	return mods, err
}

// vendorRoot is where the go command looks for a vendor directory: beside go.work in a workspace, else beside go.mod.
func vendorRoot(dir string, mods plan.Mods) string {
	if mods.GoWork != nil {
		return path.Dir(mods.GoWorkName)
	}
	return dir
}

func findGoWork(ctx context.Context, ref gwclient.Reference, dir string) (string, []byte, error) {
	for {
		name := path.Join(dir, "go.work")
		data, err := readFile(ctx, ref, name)
		if err != nil || data != nil {
			return name, data, err
		}
		if dir == "." || dir == "/" || dir == "" {
			return "", nil, nil
		}
		dir = path.Dir(dir)
	}
}

// solve has a state made and gives access to it. Files that a mirror does not give are asked from another.
func (r *request) solve(ctx context.Context, st llb.State) (gwclient.Reference, error) {
	state, err := st.Marshal(ctx, r.inputs.Constraints()...)
	if err != nil {
		return nil, err
	}
	for {
		def, from, err := r.mirrors.rewrite(state.ToPB())
		if err != nil {
			return nil, err
		}
		ref, failed := r.solveGraph(ctx, def)
		if failed == nil {
			return ref, nil
		}
		asked, ok := fetching(def, failed)
		if !ok || !r.mirrors.has(asked) {
			return nil, r.explain(ctx, def, failed)
		}
		address := asked
		if from[asked] != "" {
			address = from[asked]
		}
		if err := r.mirrors.noteBegun(def, from); err != nil {
			return nil, err
		}
		if err := r.otherwise(ctx, address, asked, failed); err != nil {
			return nil, err
		}
	}
}

// solveGraph asks BuildKit for the result of a graph.
func (r *request) solveGraph(ctx context.Context, def *pb.Definition) (gwclient.Reference, error) {
	res, err := r.client.Solve(ctx, gwclient.SolveRequest{Definition: def, Evaluate: true, CacheImports: r.ui.CacheImports})
	if err != nil {
		return nil, err
	}
	return res.SingleRef()
}

// solveLimited is solve for what runs compilers: no more of them at once than the memory allows.
func (r *request) solveLimited(ctx context.Context, st llb.State) (ref gwclient.Reference, err error) {
	err = r.compilations.Do(ctx, func() error {
		ref, err = r.solve(ctx, st)
		return err
	})
	return ref, err
}

// readJSON reads one file of a state.
func (r *request) readJSON(ctx context.Context, st llb.State, name string, v any) error {
	ref, err := r.solve(ctx, st)
	if err != nil {
		return err
	}
	return decode(ctx, ref, name, v)
}

// decode reads a file of JSON.
func decode(ctx context.Context, ref gwclient.Reference, name string, v any) error {
	data, err := dockerui.ReadFile(ctx, ref, name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// readFile is a file's content, or nil when there is no such file.
func readFile(ctx context.Context, ref gwclient.Reference, name string) ([]byte, error) {
	ok, err := exists(ctx, ref, name)
	if err != nil || !ok {
		return nil, err
	}
	data, err := dockerui.ReadFile(ctx, ref, name)
	if data == nil && err == nil {
		data = []byte{}
	}
	return data, err
}

// exists lists the directory, since a failed look at a file does not say over the wire why it failed.
func exists(ctx context.Context, ref gwclient.Reference, name string) (bool, error) {
	dir := path.Dir(name)
	if dir != "." {
		if ok, err := exists(ctx, ref, dir); err != nil || !ok {
			return false, err
		}
	}
	entries, err := ref.ReadDir(ctx, gwclient.ReadDirRequest{Path: dir, IncludePattern: path.Base(name)})
	if err != nil {
		return false, fmt.Errorf("%s: %w", dir, err)
	}
	return len(entries) > 0, nil
}

// distinct drops errors whose text came before: platforms often have the same thing to say.
func distinct(err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return err
	}
	seen := map[string]bool{}
	var errs []error
	for _, e := range flatten(joined.Unwrap()) {
		if !seen[e.Error()] {
			seen[e.Error()] = true
			errs = append(errs, e)
		}
	}
	return errors.Join(errs...)
}

func flatten(list []error) []error {
	var errs []error
	for _, e := range list {
		if joined, ok := e.(interface{ Unwrap() []error }); ok {
			errs = append(errs, flatten(joined.Unwrap())...)
			continue
		}
		errs = append(errs, e)
	}
	return errs
}
