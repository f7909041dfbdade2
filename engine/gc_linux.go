package engine

import (
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/util/disk"
)

// Limits of the state folder. Cache mounts and local sources are cheap to make again; layers are what makes the
// next build fast. The most that is kept is a share of the disk and never more than maxCache.
const (
	gib           = int64(1) << 30
	maxCache      = 40 * gib
	maxCacheShare = 5 // the n-th part of the disk
	minFreeShare  = 20
	maxScratch    = 10 * gib
	scratchAge    = 7 * 24 * time.Hour
	layerAge      = 60 * 24 * time.Hour
)

// gcPolicy returns the rules by which BuildKit removes old state, mildest first.
func gcPolicy(state string) []client.PruneInfo {
	limit, free := maxCache, int64(0)
	if stat, err := disk.GetDiskStat(state); err == nil && stat.Total > 0 {
		limit = min(limit, stat.Total/maxCacheShare)
		free = stat.Total / minFreeShare
	}
	return []client.PruneInfo{
		{Filter: []string{"type==source.local", "type==exec.cachemount", "type==source.git.checkout"}, KeepDuration: scratchAge, MaxUsedSpace: min(maxScratch, limit/2)},
		{KeepDuration: layerAge, MaxUsedSpace: limit, MinFreeSpace: free},
		{MaxUsedSpace: limit, MinFreeSpace: free},
		{All: true, MaxUsedSpace: limit, MinFreeSpace: free},
	}
}
