/* _dl_find_object, which Debian's libgcc_eh.a asks for the unwind table of an address, out of dl_iterate_phdr. Struct
 * and meaning as in glibc's manual. Only where unwinding uses PT_GNU_EH_FRAME: arm's libgcc_eh does not call it. */
#include "compat.h"
#include <link.h>
#include <string.h>

#ifndef __arm__
struct found {
	unsigned long long flags;
	void *start, *end;
	struct link_map *map;
	void *eh_frame;
	unsigned long long reserved[7];
};
struct search {
	ElfW(Addr) address;
	struct found *result;
};

static int look(struct dl_phdr_info *info, size_t size, void *data)
{
	struct search *s = data;
	ElfW(Addr) low = -1, high = 0, table = 0;
	int hit = 0;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		ElfW(Addr) at = info->dlpi_addr + p->p_vaddr;
		if (p->p_type == PT_GNU_EH_FRAME)
			table = at;
		if (p->p_type != PT_LOAD)
			continue;
		low = at < low ? at : low;
		high = at + p->p_memsz > high ? at + p->p_memsz : high;
		hit |= s->address >= at && s->address - at < p->p_memsz;
	}
	if (!hit || !table)
		return 0;
	memset(s->result, 0, sizeof *s->result);
	s->result->start = (void *)low;
	s->result->end = (void *)high;
	s->result->eh_frame = (void *)table;
	return 1;
}

NAME(int, _dl_find_object, (void *address, struct found *result))
{
	struct search s = {(ElfW(Addr))address, result};
	return dl_iterate_phdr(look, &s) ? 0 : -1;
}
#endif
