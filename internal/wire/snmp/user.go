package snmp

import (
	"errors"
	"fmt"
	"strings"
)

// The causes of credentials that no user is made of.
var (
	errPrivAlone = errors.New("what is encrypted is signed too (RFC 3414 section 1.4.3): --priv needs --auth")
	errPassword  = fmt.Errorf("a password of version 3 has at least %d characters (RFC 3414 section 11.2)", MinPassword)
)

// Credentials makes a user of what people write: protocols as SHA, sha256 or
// AES-128, none or nothing, and a secret that is asked for only when one is
// needed. Its first line is the password of both protocols; where they differ
// the second one is that of the cipher.
func Credentials(name, auth, priv string, secret func() (string, error)) (User, error) {
	sign, err := named(Auths, func(p Auth) string { return p.Name }, "auth", auth)
	if err != nil {
		return User{}, err
	}
	hide, err := named(Privs, func(p Priv) string { return p.Name }, "priv", priv)
	if err != nil {
		return User{}, err
	}
	if sign.Name == "" {
		if hide.Name != "" {
			return User{}, errPrivAlone
		}
		return User{Name: name}, nil
	}
	text, err := secret()
	if err != nil {
		return User{}, err
	}
	one, two, both := strings.Cut(text, "\n")
	one, two = strings.TrimRight(one, "\r"), strings.TrimRight(two, "\r\n")
	if !both {
		two = one
	}
	if len(one) < MinPassword || hide.Name != "" && len(two) < MinPassword {
		return User{}, errPassword
	}
	return NewUser(name, sign, one, hide, two), nil
}

// named finds a protocol by what people call it.
func named[P any](all []P, name func(P) string, flag, word string) (P, error) {
	var none P
	plain := strings.TrimSuffix(strings.NewReplacer("-", "", "_", "", "CISCO", "C", "REEDER", "C").Replace(strings.ToUpper(word)), "128")
	var names []string
	for _, p := range all {
		if strings.ReplaceAll(name(p), "-", "") == plain || plain == "SHA1" && name(p) == "SHA" {
			return p, nil
		}
		names = append(names, name(p))
	}
	if plain == "" || plain == "NONE" {
		return none, nil
	}
	return none, fmt.Errorf("--%s is one of %s or none, not %q", flag, strings.Join(names, ", "), word)
}
