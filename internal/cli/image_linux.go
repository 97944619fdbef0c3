package cli

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// releaseImage gives the pages of the program's own file back that beginning has
// mapped in: most of them belong to what this command does not do. Those that it
// needs come again from the kernel's cache.
func releaseImage() {
	self, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	maps, err := os.Open("/proc/self/smaps")
	if err != nil {
		return
	}
	defer maps.Close()
	var from, to uintptr
	ours := false
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		line := lines.Text()
		var first, last uintptr
		var mode string
		if n, _ := fmt.Sscanf(line, "%x-%x %s", &first, &last, &mode); n == 3 {
			from, to = first, last
			ours = strings.HasSuffix(line, " "+self) && !strings.Contains(mode, "w")
		}
		// What was written before it became read-only is nowhere else.
		if fields := strings.Fields(line); ours && len(fields) == 3 && fields[0] == "Anonymous:" && fields[1] == "0" {
			_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, from, to-from, syscall.MADV_DONTNEED)
		}
	}
}
