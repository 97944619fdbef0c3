package netio

// descriptorLimit tells that Windows sets no limit that a scan could meet.
func descriptorLimit() (int, bool) { return 0, false }

func openDescriptors() int { return 0 }
