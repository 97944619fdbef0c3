//go:build !lab

// Demo raises a home network with a router and a server, and the service outside
// of it, and hands a browser of this machine in: whoever opens the address that it
// prints is a visitor who sits in that home network. The script demo in the
// project's folder builds and runs it.
//
// It is two programs. This one opens the listener while it is still in the
// machine's network; what raises the lab leaves that network before it begins.
package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		var ended *exec.ExitError
		if !errors.As(err, &ended) { // that one has said why
			fmt.Fprintln(os.Stderr, "demo:", err)
		}
		os.Exit(1)
	}
}

// run starts the program that raises the lab: its path, the path of sekisho and
// the address to listen at, which is one of loopback.
func run(args []string) error {
	if len(args) != 3 {
		return fmt.Errorf("wants the program that raises, sekisho and an address, got %q", args)
	}
	at, err := net.ResolveTCPAddr("tcp", args[2])
	if err != nil {
		return err
	}
	if !at.IP.IsLoopback() {
		return fmt.Errorf("%s is no address of loopback: what the lab shows is for this machine alone", args[2])
	}
	l, err := net.ListenTCP("tcp", at)
	if err != nil {
		return fmt.Errorf("%w; name another port: ./demo 127.0.0.1:8090", err)
	}
	defer l.Close()
	file, err := l.File()
	if err != nil {
		return err
	}
	defer file.Close()
	// An interrupt at the terminal reaches both: the lab takes itself down, and then
	// this ends. What is meant for this alone is handed on.
	told := make(chan os.Signal, 1)
	signal.Notify(told, os.Interrupt, syscall.SIGTERM)
	cmd := exec.Command(args[0], args[1], l.Addr().String())
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = os.Stdout, os.Stderr, []*os.File{file}
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() {
		for range told {
			_ = cmd.Process.Signal(syscall.SIGTERM)
		}
	}()
	return cmd.Wait()
}
