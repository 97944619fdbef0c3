package hostnet

import (
	"context"
	"errors"
	"unsafe"

	"golang.org/x/sys/windows"

	"sekisho/internal/exposure"
)

// Inspect tells the services that processes run and the modules that they have
// loaded, as the service manager and the tool help library tell them. Modules
// of another user's process need administrator rights; those of the system's
// protected ones nobody gets.
func Inspect(ctx context.Context, pids []int) map[int]Details {
	services, err := runningServices()
	found := make(map[int]Details, len(pids))
	for _, pid := range pids {
		if ctx.Err() != nil {
			break
		}
		d := Details{ServicesSeen: err == nil, Services: services[uint32(pid)]}
		if pid != 0 { // the process of nobody, for which the library reads this one
			d.Modules, d.ModulesLimited, d.ModulesSeen = modulesOf(uint32(pid))
		}
		found[pid] = d
	}
	return found
}

// runningServices lists the services that run in a process, by its number.
func runningServices() (map[uint32][]exposure.HostService, error) {
	manager, err := windows.OpenSCManager(nil, nil, windows.SC_MANAGER_ENUMERATE_SERVICE)
	if err != nil {
		return nil, err
	}
	defer windows.CloseServiceHandle(manager)
	var need, count, resume uint32
	enumerate := func(buffer *byte, size uint32) error {
		return windows.EnumServicesStatusEx(manager, windows.SC_ENUM_PROCESS_INFO, windows.SERVICE_WIN32, windows.SERVICE_ACTIVE, buffer, size, &need, &count, &resume, nil)
	}
	var buffer []byte
	for range 4 { // services may start meanwhile
		var at *byte
		if len(buffer) > 0 {
			at = &buffer[0]
		}
		resume = 0
		if err = enumerate(at, uint32(len(buffer))); !errors.Is(err, windows.ERROR_MORE_DATA) {
			break
		}
		buffer = make([]byte, len(buffer)+int(need))
	}
	if err != nil || count == 0 {
		return nil, err
	}
	found := map[uint32][]exposure.HostService{}
	for _, s := range unsafe.Slice((*windows.ENUM_SERVICE_STATUS_PROCESS)(unsafe.Pointer(&buffer[0])), count) {
		pid := s.ServiceStatusProcess.ProcessId
		found[pid] = append(found[pid], exposure.HostService{
			Name:    clean(windows.UTF16PtrToString(s.ServiceName), maxDisplay),
			Display: clean(windows.UTF16PtrToString(s.DisplayName), maxDisplay),
			Shared:  s.ServiceStatusProcess.ServiceType&windows.SERVICE_WIN32_SHARE_PROCESS != 0,
		})
	}
	return found, nil
}

// modulesOf lists the modules of a process.
func modulesOf(pid uint32) (modules []exposure.LoadedModule, limited, seen bool) {
	snapshot, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPMODULE|windows.TH32CS_SNAPMODULE32, pid)
	if err != nil {
		return nil, false, false
	}
	defer windows.CloseHandle(snapshot)
	entry := windows.ModuleEntry32{Size: uint32(unsafe.Sizeof(windows.ModuleEntry32{}))}
	for err = windows.Module32First(snapshot, &entry); err == nil; err = windows.Module32Next(snapshot, &entry) {
		if len(modules) == maxModules {
			return modules, true, true
		}
		modules = append(modules, exposure.LoadedModule{
			Path: clean(windows.UTF16ToString(entry.ExePath[:]), maxPath), Base: uint64(entry.ModBaseAddr),
		})
	}
	return modules, false, errors.Is(err, windows.ERROR_NO_MORE_FILES)
}
